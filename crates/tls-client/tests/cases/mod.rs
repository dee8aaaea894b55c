//! What the client must do, by the server it meets.

mod hostile;
mod openssl;
mod rustls;
mod splits;
mod ssl2;
