//! `export`: suites that were weak by law, and nothing else (TLS 1.0 and before): who completes with it can be made to
//! (FREAK, CVE-2015-0204; Logjam, CVE-2015-4000).

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::Profile;
use super::suites;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("export"),
    versions: Cow::Borrowed(&[Version::TLS_1_0, Version::SSL_3]),
    suites: Cow::Borrowed(SUITES),
    ..BASE
};

const FAMILIES: &[&[CipherSuite]] = &[suites::EXPORT, suites::SIGNAL];
const SUITES: &[CipherSuite] = &suites::joined::<{ suites::count(FAMILIES) }>(FAMILIES);
