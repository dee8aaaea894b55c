//! Tests of the whole: what goes in comes out once, whatever happens in between.

mod crashes;
mod purges;
mod refusals;
mod round_trip;
mod support;
