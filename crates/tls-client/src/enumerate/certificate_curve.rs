//! Groups and the certificate: some servers have no use for a suite with ECDSA unless the client names the curve of their
//! certificate among its groups, whichever group the keys are exchanged over (RFC 8422, section 5.1 lets them).
//!
//! A refusal of groups then tells nothing of them. Where the server is suspected of it, it is asked once for a group that it
//! has, without that curve; where it is so, the curve goes with every offer, and what the server likes less than it stays unknown.

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;

use crate::crypto::der::SubjectPublicKeyInfo;
use crate::enumerate::axis::Ask;
use crate::enumerate::catalogue::Era;
use crate::enumerate::catalogue::SignerKind;
use crate::enumerate::question::Asked;
use crate::enumerate::reply::Heard;
use crate::enumerate::state::State;

/// Whether the curve of the certificate has to be offered, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing was asked that would tell.
    Untold,
    /// A hello without it was turned down, perhaps for want of another group.
    Suspected,
    /// A hello without it was turned down although the server has the group.
    Proven,
    /// A hello without it was answered.
    Disproven,
}

/// What a key has to do with groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyCurve {
    Named(NamedGroup),
    /// Keys of EdDSA are on curves that no group is on.
    None,
    Unreadable,
}

impl State {
    /// Whether this hello may have been turned down for no other reason than that the certificate's curve was not in it.
    pub(super) fn lacks_certificate_curve(&self, asked: &Asked) -> bool {
        if self.certificate_curve == Need::Disproven || !is_signed_by_curves(asked) {
            return false;
        }
        let curves = self.key_curves();
        let lacks = |curve: &KeyCurve| match curve {
            KeyCurve::Named(curve) => !asked.groups.list.contains(curve),
            KeyCurve::None => false,
            KeyCurve::Unreadable => true,
        };
        curves.is_empty() || curves.iter().any(lacks)
    }

    /// The server answered: if the curve was not in the hello, it need not be.
    pub(super) fn learn_certificate_curve(&mut self, asked: &Asked, heard: &Heard) {
        let curves = self.key_curves();
        let none_offered = !curves.is_empty()
            && curves.iter().all(|curve| {
                matches!(curve, KeyCurve::Named(curve) if !asked.groups.list.contains(curve))
            });
        if none_offered
            && is_signed_by_curves(asked)
            && SignerKind::of_suite(heard.suite) == Some(SignerKind::Curve)
        {
            self.certificate_curve = Need::Disproven;
            self.era_mut(Era::Legacy).groups.keep(Vec::new());
        }
    }

    pub(super) fn need_certificate_curve(&mut self, need: Need) {
        // What is proven is not asked again, whatever a later hello is turned down for.
        if self.certificate_curve != Need::Proven {
            self.certificate_curve = need;
        }
        let curves = self.named_key_curves();
        self.era_mut(Era::Legacy).groups.keep(curves);
    }

    /// Groups that the server has, without the curve; `None`: it has none.
    pub(super) fn groups_without_certificate_curve(&self) -> Option<Ask<NamedGroup>> {
        let curves = self.named_key_curves();
        let mut list = self.era(Era::Legacy).groups.held();
        list.retain(|group| !curves.contains(group));
        (!list.is_empty() && !curves.is_empty()).then_some(Ask { list, explores: false })
    }

    pub(super) fn named_key_curves(&self) -> Vec<NamedGroup> {
        let curves = self.key_curves().into_iter().filter_map(|curve| match curve {
            KeyCurve::Named(curve) => Some(curve),
            KeyCurve::None | KeyCurve::Unreadable => None,
        });
        curves.collect()
    }

    /// The curves of the certificates seen so far.
    fn key_curves(&self) -> Vec<KeyCurve> {
        let of_curves = self.chains.iter().filter(|(kind, _)| *kind == SignerKind::Curve);
        of_curves.filter_map(|(_, chain)| chain.first()).map(|leaf| key_curve(leaf)).collect()
    }
}

/// Whether nothing was offered but suites for which a key on a curve signs, with a list of groups, before TLS 1.3.
fn is_signed_by_curves(asked: &Asked) -> bool {
    let by_curve = |suite: &CipherSuite| SignerKind::of_suite(*suite) == Some(SignerKind::Curve);
    !asked.highest().is_tls13()
        && !asked.groups.list.is_empty()
        && asked.suites.list.iter().all(by_curve)
}

fn key_curve(leaf: &[u8]) -> KeyCurve {
    let Some(key) = SubjectPublicKeyInfo::of_certificate(leaf) else {
        return KeyCurve::Unreadable;
    };
    match key.named_group() {
        _ if key.is_eddsa() => KeyCurve::None,
        Some(curve) => KeyCurve::Named(curve),
        None => KeyCurve::Unreadable,
    }
}
