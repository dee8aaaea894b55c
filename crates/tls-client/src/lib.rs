//! The measuring client: offers a profile, walks the handshake, reports what it saw.
