//! Runs against servers on loopback that follow a script, or speak TLS by a library that is not ours.

mod bounds;
mod certificates;
mod enumerate;
mod intolerant;
mod intrusive;
mod ladder;
mod names;
mod outcomes;
mod stopping;
mod support;
mod tls;
