//! What an enumeration must find out, and in how many connections.

mod certificate_curve;
mod model;
mod openssl;
mod rustls;
mod sslyze;
