//! What the client must do, by the server it meets.

mod enumerate;
mod hostile;
mod openssl;
mod rustls;
mod splits;
mod stop;
