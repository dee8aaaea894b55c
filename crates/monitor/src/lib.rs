//! live or file capture → flows → dissect → rows.
//!
//! A [`Monitor`] is what is to be watched for; [`read`] runs it over captures, [`listen`] over an interface. Rows come out in
//! [`Batch`]es on the thread that called; what is counted meanwhile can be read from any thread ([`Gauges`]).

mod audience;
mod client_key;
mod error;
mod files;
mod gauges;
mod live;
mod monitor;
mod worker;
mod zeek;

pub use audience::Closed;
pub use audience::Connection;
pub use audience::Harvest;
pub use client_key::ClientKey;
pub use error::Error;
pub use files::Input;
pub use files::read;
pub use gauges::Gauges;
pub use gauges::Tally;
pub use gauges::Totals;
pub use live::Listening;
pub use live::listen;
pub use monitor::Batch;
pub use monitor::Judge;
pub use monitor::Monitor;
pub use monitor::Router;
pub use monitor::Sessions;
pub use tlscensus_flows::Settings as FlowSettings;
pub use tlscensus_flows::Tunnels;
pub use tlscensus_link::CaptureCounts;
pub use zeek::Format as ZeekFormat;
pub use zeek::Log as ZeekLog;
pub use zeek::ZeekLogs;
