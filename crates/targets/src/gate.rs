//! Whether a run may start, and how far it may reach.

use std::fmt;

/// How far a run may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Public addresses; an operator can be reached. Special-purpose addresses, loopback among them, stay blocked.
    Internet,
    /// 127.0.0.0/8 and ::1 only: nobody is bothered.
    Loopback,
}

/// Why a run does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The contact is nothing one could write to.
    Contact,
    /// There is no list of targets, and no list is ever assumed.
    NoTargets,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => {
                "the contact is neither a mail address nor an https:// page; give one where a scanned operator reaches you"
            }
            Self::NoTargets => "no targets given; name a file, or - to read them from standard input",
        })
    }
}

impl std::error::Error for Refusal {}

impl Scope {
    /// Decides with what the operator gave: without a contact a run stays on loopback.
    ///
    /// # Errors
    /// A [`Refusal`], when nothing may be touched at all.
    pub fn decide(targets_given: bool, contact: Option<&str>) -> Result<Self, Refusal> {
        if !targets_given {
            return Err(Refusal::NoTargets);
        }
        match contact.map(str::trim) {
            None | Some("") => Ok(Self::Loopback),
            Some(contact) if reachable(contact) => Ok(Self::Internet),
            Some(_) => Err(Refusal::Contact),
        }
    }
}

fn reachable(contact: &str) -> bool {
    let plain = contact.bytes().all(|b| b.is_ascii_graphic());
    let page = contact.strip_prefix("https://").is_some_and(|rest| rest.contains('.'));
    let mail =
        contact.strip_prefix("mailto:").unwrap_or(contact).split_once('@').is_some_and(
            |(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'),
        );
    plain && (page || mail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_contact_a_run_stays_at_home() {
        let cases = [
            (false, None, Err(Refusal::NoTargets)),
            (false, Some("a@b.example"), Err(Refusal::NoTargets)),
            (true, None, Ok(Scope::Loopback)),
            (true, Some("  "), Ok(Scope::Loopback)),
            (true, Some("scan@example.net"), Ok(Scope::Internet)),
            (true, Some("mailto:scan@example.net"), Ok(Scope::Internet)),
            (true, Some("https://scan.example.net/why"), Ok(Scope::Internet)),
            (true, Some("me"), Err(Refusal::Contact)),
            (true, Some("@example.net"), Err(Refusal::Contact)),
            (true, Some("scan@localhost"), Err(Refusal::Contact)),
            (true, Some("scan @example.net"), Err(Refusal::Contact)),
            (true, Some("https://localhost"), Err(Refusal::Contact)),
        ];
        for (targets, contact, decision) in cases {
            assert_eq!(Scope::decide(targets, contact), decision, "{contact:?}");
        }
    }
}
