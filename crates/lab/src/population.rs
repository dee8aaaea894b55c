//! Deals a plan into endpoints: everything here follows from the seed, but for the bytes of keys.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rand::RngExt;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::Error;
use crate::Flavour;
use crate::LabPlan;
use crate::Mix;
use crate::Service;
use crate::State;
use crate::address::mix;
use crate::certificates::Authority;
use crate::certificates::Credential;
use crate::certificates::host_name;
use crate::chain::ChainOrder;
use crate::chain::KeyKind;
use crate::chain::Owner;
use crate::chain::Shape;
use crate::flavour_table::FLAVOURS;
use crate::speech::Speech;
use crate::speech::speeches;
use crate::state_table::STATES;
use crate::truth::TruthRow;

/// One service of one host that is served.
pub(crate) struct Endpoint {
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) service: Service,
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) flavour: Flavour,
    /// The certificate's key.
    pub(crate) key: KeyKind,
    pub(crate) speech: &'static Speech,
    pub(crate) credential: Arc<Credential>,
    /// Segments of a reply.
    pub(crate) pieces: usize,
    /// What the protocol leaves open.
    pub(crate) variant: u64,
}

/// Endpoints to be served and the truth about all of them, and about those that are not.
pub(crate) struct Population {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) truth: Vec<TruthRow>,
}

impl Population {
    pub(crate) fn deal(plan: &LabPlan) -> Result<Self, Error> {
        let mut authority = Authority::new()?;
        let mut decks: Vec<Decks> =
            plan.services.iter().map(|service| Decks::new(plan, service)).collect();
        let mut population = Self { endpoints: Vec::new(), truth: Vec::new() };
        for host in 0..plan.hosts {
            let mut dealer = Host::new(plan, host);
            for (service, decks) in plan.services.iter().zip(&mut decks) {
                let port = service.port + plan.port_offset;
                let served = dealer.rng.random_range(0..1_000) < plan.served_permille;
                let card = if served { decks.states.draw() } else { None };
                let Some(state) = card else {
                    let row = TruthRow::not_served(dealer.address, port, service);
                    population.truth.push(row);
                    continue;
                };
                let flavour = decks.flavour(state);
                let endpoint = dealer.endpoint(&mut authority, service, port, state, flavour)?;
                population.truth.push(TruthRow::served(&endpoint));
                population.endpoints.push(endpoint);
            }
        }
        Ok(population)
    }
}

/// What the endpoints of one host share.
struct Host {
    index: u32,
    address: Ipv4Addr,
    rng: ChaCha8Rng,
    shape: Shape,
    key: KeyKind,
    hoster: Option<u32>,
    cut_permille: u16,
}

impl Host {
    fn new(plan: &LabPlan, index: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(mix(plan.seed) ^ u64::from(index));
        let shape = weighted(&mut rng, &Shape::WEIGHTS);
        let key = weighted(&mut rng, &KeyKind::WEIGHTS);
        let hosters = plan.hosts / HOSTS_PER_HOSTER + 1;
        let hosted = rng.random_range(0..1_000) < HOSTED_PERMILLE;
        let hoster = hosted.then(|| rng.random_range(0..hosters));
        Self {
            index,
            address: plan.network.address(plan.seed, index),
            rng,
            shape,
            key,
            hoster,
            cut_permille: plan.cut_permille,
        }
    }

    fn endpoint(
        &mut self,
        authority: &mut Authority,
        service: &Service,
        port: u16,
        state: State,
        flavour: Flavour,
    ) -> Result<Endpoint, Error> {
        let order = self.chain_order(flavour);
        let ways = speeches(service.language);
        let way = self.rng.random_range(0..ways.len());
        let cut = self.rng.random_range(0..1_000) < self.cut_permille;
        Ok(Endpoint {
            address: self.address,
            port,
            service: *service,
            name: host_name(self.index),
            state,
            flavour,
            key: order.key_served(),
            speech: ways.get(way).expect("dealt within"),
            credential: authority.chain(order, self.address)?,
            pieces: if cut { self.rng.random_range(2..=8) } else { 1 },
            variant: self.rng.random(),
        })
    }

    /// A host has one chain on most of its ports; some TLS servers can only serve RSA.
    fn chain_order(&mut self, flavour: Flavour) -> ChainOrder {
        let other = self.rng.random_range(0..1_000) < OTHER_CHAIN_PERMILLE;
        let owner = match self.hoster {
            Some(hoster) if !other => Owner::Hoster(hoster),
            _ if other => Owner::HostOther(self.index),
            _ => Owner::Host(self.index),
        };
        let (shape, key) = match owner {
            Owner::Hoster(_) => (Shape::Valid, KeyKind::Rsa2048),
            _ if flavour.needs_rsa() => (self.shape, KeyKind::Rsa2048),
            _ => (self.shape, self.key),
        };
        ChainOrder { owner, shape, key }
    }
}

/// The decks one service is dealt from.
struct Decks {
    states: Deck<State>,
    healthy: Deck<Flavour>,
    uncommon: Deck<Flavour>,
}

impl Decks {
    fn new(plan: &LabPlan, service: &Service) -> Self {
        let healthy = FLAVOURS.iter().map(|spec| (spec.flavour, spec.weights.0)).collect();
        let uncommon = FLAVOURS.iter().map(|spec| (spec.flavour, spec.weights.1)).collect();
        let (states, flavours) = match &plan.mix {
            Mix::All => {
                let weighed = |state: State| (state, state.weight(service));
                let states = STATES.iter().map(|spec| weighed(spec.state)).collect();
                (states, healthy)
            }
            Mix::States(states) => {
                let applying = states.iter().filter(|state| state.applies_to(service));
                (applying.map(|state| (*state, 1)).collect(), healthy)
            }
            Mix::Healthy(flavours) => {
                let flavours = flavours.iter().map(|flavour| (*flavour, 1)).collect();
                (vec![(State::Healthy, 1)], flavours)
            }
        };
        let seed = mix(plan.seed ^ 0xdec4) ^ u64::from(service.port);
        Self {
            states: Deck::new(states, seed),
            healthy: Deck::new(flavours, mix(seed)),
            uncommon: Deck::new(uncommon, mix(mix(seed))),
        }
    }

    /// The TLS server of an endpoint in this state.
    fn flavour(&mut self, state: State) -> Flavour {
        let deck = match state {
            State::Uncommon => &mut self.uncommon,
            _ => &mut self.healthy,
        };
        deck.draw().expect("never empty")
    }
}

/// A deck that is shuffled anew each time it is used up, so that small populations see every card too.
struct Deck<T> {
    cards: Vec<T>,
    left: Vec<T>,
    rng: ChaCha8Rng,
}

impl<T: Copy> Deck<T> {
    fn new(weighed: Vec<(T, u32)>, seed: u64) -> Self {
        let cards =
            weighed.into_iter().flat_map(|(card, weight)| (0..weight).map(move |_| card)).collect();
        Self { cards, left: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn draw(&mut self) -> Option<T> {
        if self.left.is_empty() {
            self.left.clone_from(&self.cards);
            self.left.shuffle(&mut self.rng);
        }
        self.left.pop()
    }
}

fn weighted<T: Copy>(rng: &mut ChaCha8Rng, choices: &[(T, u32)]) -> T {
    let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut drawn = rng.random_range(0..total);
    for (choice, weight) in choices {
        match drawn.checked_sub(*weight) {
            Some(left) => drawn = left,
            None => return *choice,
        }
    }
    unreachable!("drawn is below the sum of the weights")
}

const HOSTS_PER_HOSTER: u32 = 100;
const HOSTED_PERMILLE: u16 = 150;
const OTHER_CHAIN_PERMILLE: u16 = 120;
