//! What a table has counted.

/// Makes [`Statistics`] out of one list: fields, sum and names cannot drift apart.
macro_rules! statistics {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Counters of a [`FlowTable`](crate::FlowTable), from its start. Each packet that was put in ends in exactly one of
        /// [`segments`](Self::segments), [`unknown_link`](Self::unknown_link), [`not_ip`](Self::not_ip), [`not_tcp`](Self::not_tcp),
        /// [`malformed`](Self::malformed), [`cut_short`](Self::cut_short), [`too_deep`](Self::too_deep),
        /// [`bad_checksums`](Self::bad_checksums), or it was a fragment that made no packet whole.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Statistics {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Statistics {
            /// Adds another table's.
            pub fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)+
            }

            /// Each counter with its name, in the order of the fields.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }
        }
    };
}

statistics! {
    /// Frames put in.
    frames,
    /// Bytes of them that were captured.
    bytes,
    /// Frames that came with a time before that of an earlier one.
    back_in_time,
    /// Frames of a link type that is not read.
    unknown_link,
    /// Frames without an IP packet.
    not_ip,
    /// IP packets without a TCP segment, tunnels that are looked into excepted.
    not_tcp,
    /// Frames whose headers contradict themselves.
    malformed,
    /// Frames of which the capture holds too little.
    cut_short,
    /// Frames with too many layers.
    too_deep,
    /// Packets that came out of a tunnel.
    tunnelled,
    /// Packets and segments dropped as their checksum was wrong; only where they are verified.
    bad_checksums,
    /// Fragments of IP packets.
    fragments,
    /// Packets made whole out of fragments.
    defragmented,
    /// Fragments dropped: not all captured, contradicting others, or too many of one packet.
    fragments_refused,
    /// Bytes of fragments that had come before.
    fragments_overlapping,
    /// Packets of which not all fragments came in time, or till the end of the capture.
    fragmented_timed_out,
    /// Packets whose fragments were given up for want of room.
    fragmented_evicted,
    /// TCP segments.
    segments,
    /// Bytes of payload in them, captured or not.
    payload_bytes,
    /// Segments without payload of no known flow, and such as no stack sends.
    stray,
    /// Segments of flows whose listener had had enough or whose end was seen.
    late_segments,
    /// Bytes of payload in them.
    late_bytes,
    /// Segments with a payload too far from what was expected to be believed.
    implausible,
    /// Resets that were ignored, their sequence number being none that their sender had come to.
    resets_ignored,
    /// Connections begun with SYN or SYN-ACK.
    half_open,
    /// Those that were reset before anything was said.
    half_open_refused,
    /// Those that came to nothing for too long, or till the end of the capture.
    half_open_timed_out,
    /// Those that were given up for want of room.
    half_open_evicted,
    /// Flows that were given a listener.
    opened,
    /// Those whose beginning is not in the capture.
    midstream,
    /// Flows that took over addresses and ports of one that was still in the table.
    reused,
    /// Flows whose listener had had enough.
    enough,
    /// Flows at whose end both directions had closed in order.
    finished,
    /// Flows at whose end one side had reset it.
    reset,
    /// Flows that nothing came of for too long.
    timed_out,
    /// Flows given up for want of room.
    evicted,
    /// Flows that the end of the capture ended.
    stopped,
    /// Entries of flows that were done with, given up for want of room.
    tombstones_evicted,
    /// Bytes handed over to listeners, or counted in their stead.
    heard_bytes,
    /// Bytes of payload that are not in the capture.
    missed_bytes,
    /// Bytes of payload that had come before.
    repeated_bytes,
    /// Bytes that came again with another content, see [`Counts::conflicting`](crate::Counts::conflicting).
    conflicting_bytes,
    /// Segments that came before what they follow, and had to be held.
    held_segments,
    /// Holes given up as they had lasted too long.
    holes_timed_out,
    /// Holes given up as too much was held behind them in their direction.
    holes_too_costly,
    /// Holes given up as too much was held in all.
    holes_without_room,
    /// Holes that were left at the end of their flow.
    holes_at_end,
}
