//! The monitor against other readers of captures, against real clients and servers, and on live interfaces.

mod differential;
mod live;
mod sessions;
mod watch;
