//! who answers: SYN out, SYN-ACK in.
