//! A discovery, new or resumed, with everything opened.

mod files;
mod ready;
mod settings;
mod space;
mod wire;

pub(crate) use files::ROUTES;
pub(crate) use files::routes;
pub(crate) use ready::Checkpoint;
pub(crate) use ready::DiscoveryPlan;
pub(crate) use settings::DiscoverySettings;
pub(crate) use settings::ports;
pub(crate) use space::Targets;
pub(crate) use wire::Ways;
