//! A population of real TLS servers on loopback, with known ground truth.
