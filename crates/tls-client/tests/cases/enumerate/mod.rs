//! What an enumeration must find out, and in how many connections.

mod model;
mod openssl;
mod rustls;
mod sslyze;
