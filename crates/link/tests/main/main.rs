//! Frames on a real wire: two namespaces of the test's own, joined by a veth pair.

mod support;

mod interfaces;
mod neighbours;
mod receive;
mod transmit;
mod tun;
