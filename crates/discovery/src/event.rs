//! What a discovery tells: an endpoint answered.

use tlscensus_records::ResponderRow;
use tlscensus_records::Timestamp;
use tlscensus_targets::RouteTable;

use crate::Answer;

/// An answer that came for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What was answered.
    pub answer: Answer,
    /// When, by the kernel's stamp.
    pub at: Timestamp,
    /// Whether sending was over by then.
    pub in_cooldown: bool,
}

impl Event {
    /// Its row.
    pub fn into_row(self, run_id: &str, routes: Option<&RouteTable>) -> ResponderRow {
        let route = routes.and_then(|routes| routes.route(routes.lookup(self.answer.addr)?));
        let mut row = self.answer.into_row(run_id, self.at);
        row.prefix = route.map(|(prefix, _)| prefix.to_string());
        row.origin_as = route.and_then(|(_, origin)| origin);
        row
    }
}
