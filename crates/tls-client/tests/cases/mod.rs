//! What the client must do, by the server it meets.

mod hostile;
mod openssl;
mod profiles;
mod rustls;
mod splits;
