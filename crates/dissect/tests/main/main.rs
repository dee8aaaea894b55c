//! The crate as others use it: the one integration binary.

mod tls;
mod tls_corpora;
mod tls_holes;
mod tls_made;
mod tls_streams;
