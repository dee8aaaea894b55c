//! TLS as bytes, SSL 2 to 1.3: decode everything, keep the unknown, judge nothing.
