//! Playing events before a dissector, as the table of flows would.

use std::net::Ipv4Addr;
use std::net::SocketAddr;

use tlscensus_dialog::Side;
use tlscensus_dissect::Dissector;
use tlscensus_dissect::Findings;
use tlscensus_flows::Appetite;
use tlscensus_flows::Counts;
use tlscensus_flows::End;
use tlscensus_flows::Listener;
use tlscensus_flows::Opened;
use tlscensus_flows::Sender;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;

/// What a listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Hear(Side, Vec<u8>),
    Miss(Side, u64),
    Finish(Side),
}

/// How a flow is set up and told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) port: u16,
    pub(crate) step: usize,
    pub(crate) end: End,
    /// The one who opened the connection is the server.
    pub(crate) flipped: bool,
    pub(crate) midstream: bool,
    /// Nothing of this side is in the capture.
    pub(crate) absent: Option<Side>,
}

impl Setting {
    pub(crate) const fn new(port: u16) -> Self {
        Self {
            port,
            step: usize::MAX,
            end: End::Finished,
            flipped: false,
            midstream: false,
            absent: None,
        }
    }

    fn sender(self, side: Side) -> Sender {
        if (side == Side::Client) == self.flipped { Sender::Responder } else { Sender::Opener }
    }
}

/// The client's address in all tests.
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 77);

/// The server's.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// Tells all of it, as far as there is appetite.
pub(crate) fn play(setting: Setting, calls: &[Call]) -> Findings {
    let client = SocketAddr::from((CLIENT, 40_000));
    let server = SocketAddr::from((SERVER, setting.port));
    let (opener, responder) = if setting.flipped { (server, client) } else { (client, server) };
    let opened = Opened { number: 0, at: Time(0), opener, responder, midstream: setting.midstream };
    let mut dissector = Dissector::new(&opened);
    let mut appetite = Appetite::More;
    for call in calls {
        let (Call::Hear(side, _) | Call::Miss(side, _) | Call::Finish(side)) = call;
        let from = setting.sender(*side);
        match call {
            _ if appetite == Appetite::Enough => {}
            Call::Hear(_, bytes) => {
                for chunk in bytes.chunks(setting.step.min(bytes.len().max(1))) {
                    if appetite == Appetite::More {
                        appetite = dissector.hear(from, Time(0), chunk);
                    }
                }
            }
            Call::Miss(_, bytes) => appetite = dissector.miss(from, Time(0), *bytes),
            Call::Finish(_) => appetite = dissector.finish(from, Time(0)),
        }
    }
    let packets = |sender| match setting.absent.map(|side| setting.sender(side)) == Some(sender) {
        true => Counts::default(),
        false => Counts { packets: 1, ..Counts::default() },
    };
    let (opener_counts, responder_counts) = (packets(Sender::Opener), packets(Sender::Responder));
    dissector.findings(&Summary {
        opened,
        last: Time(0),
        opener: opener_counts,
        responder: responder_counts,
        syn: true,
        syn_ack: true,
        history: String::new(),
        end: setting.end,
    })
}
