//! raw frames in and out; the only crate with `unsafe`.
//!
//! Linux only. An [`Interface`] is looked up by name, a [`Route`] and the [`neighbour`]'s address say what the first header of a
//! frame holds; a [`Transmit`] puts frames on the wire, in place and many at a time; a [`Receiver`] takes off those that its
//! [`Filter`] lets through. A [`LiveCapture`] hears both directions of an interface, a [`CaptureReader`] reads what others captured,
//! and a [`PcapWriter`] writes it. What the frames mean is the caller's business.

#![expect(
    unsafe_code,
    reason = "memory shared with the kernel, and system calls that no safe crate offers"
)]

mod capture;
mod error;
mod filter;
#[doc(hidden)]
pub mod fuzzing;
mod interface;
mod mac_address;
mod mapping;
mod neighbour;
mod receive;
mod route;
mod socket;
mod transmit;

pub use capture::Bound;
pub use capture::CaptureCounts;
pub use capture::CaptureError;
pub use capture::CaptureReader;
pub use capture::Captured;
pub use capture::PcapWriter;
pub use capture::Polled;
pub use capture::PolledSome;
pub use capture::VlanTag;
pub use error::Error;
pub use filter::Filter;
pub use interface::Interface;
pub use interface::LinkKind;
pub use mac_address::MacAddress;
pub use mac_address::NotAMacAddress;
pub use neighbour::neighbour;
pub use receive::Frame;
pub use receive::LiveCapture;
pub use receive::LiveOptions;
pub use receive::Received;
pub use receive::Receiver;
pub use receive::RingSize;
pub use route::Route;
pub use route::route_to;
pub use transmit::Method;
pub use transmit::Sent;
pub use transmit::Transmit;
pub use transmit::fastest_transmitter;
pub use transmit::transmitter;
