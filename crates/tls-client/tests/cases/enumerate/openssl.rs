//! Vendored OpenSSL.
