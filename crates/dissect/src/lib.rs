//! what a flow speaks, and its facts.
