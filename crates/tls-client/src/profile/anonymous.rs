//! `anonymous`: suites without a certificate. Apart from the others, so that a server which prefers them shows its
//! certificate to those first.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CipherSuite;

use super::Profile;
use super::legacy;
use super::suites;

pub(super) const PROFILE: Profile =
    Profile { name: Cow::Borrowed("anonymous"), suites: Cow::Borrowed(SUITES), ..legacy::PROFILE };

const FAMILIES: &[&[CipherSuite]] = &[suites::ANONYMOUS];
const SUITES: &[CipherSuite] = &suites::joined::<{ suites::count(FAMILIES) }>(FAMILIES);
