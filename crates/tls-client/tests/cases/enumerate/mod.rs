//! What an enumeration must find out, and in how many connections.

mod certificate_curve;
mod certificates;
mod model;
mod openssl;
mod resumption;
mod reuse;
mod rustls;
mod sslyze;
