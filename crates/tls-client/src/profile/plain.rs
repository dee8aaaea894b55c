//! `plain`: TLS 1.0 to 1.2 without extensions and below 256 bytes, for servers that choke on extensions or long hellos.
//! `tls10`: the same for TLS 1.0 alone, for servers that turn a higher version away instead of choosing a lower one.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::Profile;
use super::legacy;
use super::suites;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("plain"),
    suites: Cow::Borrowed(SUITES),
    extensions: Cow::Borrowed(&[]),
    // What a client without extensions understands (RFC 8422, section 4; RFC 5246, section 7.4.1.4.1) is the server's to
    // guess: what it may choose is what we can read.
    ..legacy::PROFILE
};

pub(super) const TLS10: Profile = Profile {
    name: Cow::Borrowed("tls10"),
    versions: Cow::Borrowed(&[Version::TLS_1_0]),
    suites: Cow::Borrowed(TLS10_SUITES),
    extensions: Cow::Borrowed(&[]),
    groups: legacy::PROFILE.groups,
    ..BASE
};

const FAMILIES: &[&[CipherSuite]] = &[
    suites::ECDHE_TLS12,
    suites::ECDHE,
    suites::DHE_TLS12,
    suites::DHE,
    suites::RSA_TLS12,
    suites::RSA,
    suites::RSA_RARE,
    suites::ECDHE_WEAK,
    suites::WEAK,
    suites::SIGNAL,
];
const SUITES: &[CipherSuite] = &suites::joined::<{ suites::count(FAMILIES) }>(FAMILIES);

const TLS10_FAMILIES: &[&[CipherSuite]] = &[
    suites::ECDHE,
    suites::DHE,
    suites::RSA,
    suites::RSA_RARE,
    suites::ECDHE_WEAK,
    suites::WEAK,
    suites::SIGNAL,
];
const TLS10_SUITES: &[CipherSuite] =
    &suites::joined::<{ suites::count(TLS10_FAMILIES) }>(TLS10_FAMILIES);
