//! Certificates as facts.
//!
//! [`Facts::read`] reads whatever calls itself a certificate and never fails: what is odd or broken is a fact too.

mod anatomy;
mod der;
mod extension;
mod facts;
pub mod fuzzing;
mod hexadecimal;
mod key;
mod name;
mod sct;
mod sha256;
mod signature_algorithm;

pub use extension::AlternativeNames;
pub use extension::ExtensionFacts;
pub use facts::Facts;
pub use facts::NameFacts;
pub use facts::Parse;
pub use hexadecimal::hexadecimal;
pub use key::KeyFacts;
pub use name::name_text;
pub use name::reorders_or_hides;
pub use sct::scts_in_certificate;
pub use sct::scts_in_ocsp_response;
pub use sha256::Sha256;
