//! `ssl3`: SSL 3.0 alone (RFC 6101), which knows neither extensions nor curves.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::Profile;
use super::suites;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("ssl3"),
    versions: Cow::Borrowed(&[Version::SSL_3]),
    suites: Cow::Borrowed(SUITES),
    ..BASE
};

const FAMILIES: &[&[CipherSuite]] =
    &[suites::DHE, suites::RSA, suites::RSA_RARE, suites::WEAK, suites::SIGNAL];
const SUITES: &[CipherSuite] = &suites::joined::<{ suites::count(FAMILIES) }>(FAMILIES);
