//! `old-frame`: SSL 3 and TLS 1.0 in the frame of SSL 2, as clients opened that did not know what they would meet.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::Version;

use super::Profile;
use super::ssl3;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("old-frame"),
    versions: Cow::Borrowed(&[Version::TLS_1_0, Version::SSL_3]),
    ssl2_frame: true,
    ..ssl3::PROFILE
};
