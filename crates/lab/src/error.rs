//! Why a lab cannot be served. What its clients do is never an error.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a lab cannot be served.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A listener could not be bound.
    Bind {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// A key or certificate could not be made.
    Certificate(String),
    /// A port plus the offset is above 65535.
    PortOffset {
        /// The service's port.
        port: u16,
        /// The offset asked for.
        offset: u16,
    },
    /// A TLS server could not be configured.
    Tls(String),
    /// The process may not open enough files.
    TooFewDescriptors {
        /// Listeners plus the least reserve for connections.
        needed: u64,
        /// The limit after raising it as far as allowed.
        available: u64,
    },
    /// More hosts than addresses.
    TooManyHosts {
        /// Asked for.
        hosts: u32,
        /// Addresses there are.
        capacity: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { address, source } => {
                write!(f, "cannot listen on {address}: {source}")?;
                match source.kind() {
                    io::ErrorKind::PermissionDenied => {
                        write!(f, " (ports below 1024 need root or a port offset)")
                    }
                    io::ErrorKind::AddrInUse => {
                        write!(f, " (another server holds it: use another port offset)")
                    }
                    _ => Ok(()),
                }
            }
            Self::Certificate(reason) => write!(f, "cannot make a certificate: {reason}"),
            Self::PortOffset { port, offset } => {
                write!(f, "port {port} plus offset {offset} is above 65535")
            }
            Self::Tls(reason) => write!(f, "cannot configure a TLS server: {reason}"),
            Self::TooFewDescriptors { needed, available } => write!(
                f,
                "this population needs {needed} file descriptors and the limit is {available}: \
                 raise it (ulimit -n), or ask for fewer hosts or services"
            ),
            Self::TooManyHosts { hosts, capacity } => {
                write!(f, "{hosts} hosts asked for, {capacity} addresses are there")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

impl From<openssl::error::ErrorStack> for Error {
    fn from(error: openssl::error::ErrorStack) -> Self {
        Self::Tls(error.to_string())
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(error.to_string())
    }
}
