//! The engine on wires of the tests' own: namespaces joined by a veth pair, whose far end answers for whole prefixes.

mod support;

mod recall;
