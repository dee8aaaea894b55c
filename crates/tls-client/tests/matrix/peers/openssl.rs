//! The vendored OpenSSL in memory: everything it has, in every version from SSL 3.

use std::sync::Arc;
use std::sync::Mutex;

use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::Params;
use openssl::ssl::AlpnError;
use openssl::ssl::Ssl;
use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslMethod;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::ability::Ability;
use crate::matrix::ability::known_schemes;
use crate::matrix::cell::ALPN;
use crate::matrix::cell::Setup;
use crate::matrix::cell::Twist;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Peer;
use crate::matrix::visit::Line;
use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::certificates::load_providers;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::add_identity;

type Log = Arc<Mutex<String>>;

struct Openssl {
    log: Log,
    contexts: Vec<(Setup, SslContext)>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    load_providers();
    let contexts = Vec::new();
    Ok(Box::new(Openssl { log: Log::default(), contexts }))
}

impl Peer for Openssl {
    fn ability(&mut self) -> Ability {
        let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
        let schemes = known_schemes();
        Ability {
            suites: suites(),
            groups: groups(&mut builder, false),
            groups_tls13: groups(&mut builder, true),
            certificates: Kind::WORDS
                .iter()
                .map(|(kind, _)| *kind)
                .filter(|kind| !matches!(kind, Kind::DhByRsa | Kind::DhByDsa | Kind::P256ByRsa))
                .collect(),
            dh_bits: DH_BITS.to_vec(),
            schemes: schemes.into_iter().filter(|scheme| signs(&mut builder, *scheme)).collect(),
            twists: Twist::WORDS[1..].iter().map(|(twist, _)| *twist).collect(),
            ..Ability::default()
        }
    }

    fn connect(&mut self, setup: &Setup) -> Result<Box<dyn Line>, String> {
        if !self.contexts.iter().any(|(known, _)| known == setup) {
            let context = context(setup, self.log.clone())?;
            self.contexts.push((*setup, context));
        }
        let (_, context) = self.contexts.iter().find(|(known, _)| known == setup).unwrap();
        let mut server = OpensslServer::from_context(context);
        if setup.twist == Twist::Cookie {
            server = server.asking_for_a_cookie();
        }
        Ok(Box::new(InMemory { server, words: Facts::default() }))
    }

    fn key_log(&mut self) -> String {
        self.log.lock().unwrap().clone()
    }
}

/// Every suite that the library knows by its number, in every version that it has it in.
fn suites() -> Vec<(Version, CipherSuite)> {
    let context = SslContext::builder(SslMethod::tls_server()).unwrap().build();
    let ssl = Ssl::new(&context).unwrap();
    let mut suites = Vec::new();
    for (code, _) in CipherSuite::ENTRIES {
        let Ok(known) = ssl.bytes_to_cipher_list(&code.to_be_bytes(), false) else {
            continue;
        };
        for cipher in known.suites {
            let versions = match cipher.version() {
                "SSLv3" => &VERSIONS[..4],
                "TLSv1.0" => &VERSIONS[1..4],
                "TLSv1.2" => &VERSIONS[3..4],
                "TLSv1.3" => &VERSIONS[4..],
                other => panic!("{other}"),
            };
            suites.extend(versions.iter().map(|version| (*version, CipherSuite(*code))));
        }
    }
    suites.sort_by_key(|(version, _)| *version);
    suites
}

/// Every group that it takes by name; the order makes X25519 the usual one.
fn groups(builder: &mut SslContextBuilder, tls13: bool) -> Vec<NamedGroup> {
    let mut groups: Vec<NamedGroup> = NamedGroup::ENTRIES
        .iter()
        .filter(|(_, name)| builder.set_groups_list(name).is_ok())
        .map(|(value, _)| NamedGroup(*value))
        .filter(|group| match (tls13, group.0) {
            // Curves that TLS 1.3 left behind, and what came with it.
            (true, 0x0001..=0x0016 | 0x001a..=0x001c) => false,
            (false, 0x001f..=0x0021 | 0x0100..) => false,
            _ => true,
        })
        .collect();
    groups.sort_by_key(|group| *group != NamedGroup::X25519);
    groups
}

fn signs(builder: &mut SslContextBuilder, scheme: SignatureScheme) -> bool {
    scheme.name().is_some_and(|name| builder.set_sigalgs_list(&openssl_name(name)).is_ok())
}

/// Pairs of the time before TLS 1.3 are written with a plus.
fn openssl_name(name: &str) -> String {
    let pairs = [("rsa_pkcs1_", "RSA+"), ("dsa_", "DSA+"), ("ecdsa_sha", "ECDSA+SHA")];
    match pairs.iter().find(|(ours, _)| name.starts_with(ours)) {
        Some((ours, theirs)) => name.replace(ours, theirs).to_uppercase(),
        None => name.to_owned(),
    }
}

/// Not every setup is one that the library agrees to.
fn context(setup: &Setup, log: Log) -> Result<SslContext, String> {
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_security_level(0);
    // A server without state must be one of TLS 1.3 alone.
    let lowest = if setup.twist == Twist::Cookie { SslVersion::TLS1_3 } else { SslVersion::SSL3 };
    builder.set_min_proto_version(Some(lowest)).unwrap();
    builder.set_cipher_list("ALL:COMPLEMENTOFALL:@SECLEVEL=0").unwrap();
    builder.set_ciphersuites(TLS13_SUITES).unwrap();
    if let Some(kind) = setup.certificate {
        add_identity(&mut builder, kind.identity());
    }
    let all = groups(&mut builder, false).into_iter().chain(groups(&mut builder, true));
    let names: Vec<&str> = all.filter_map(NamedGroup::name).collect();
    builder.set_groups_list(&names.join(":")).unwrap();
    if let Some(bits) = setup.dh_bits {
        builder.set_tmp_dh(&field(bits)).map_err(|stack| first_reason(&stack))?;
    }
    let names: Vec<String> = known_schemes()
        .into_iter()
        .filter(|scheme| signs(&mut builder, *scheme))
        .map(|scheme| openssl_name(scheme.name().unwrap()))
        .collect();
    builder.set_sigalgs_list(&names.join(":")).unwrap();
    builder.set_psk_server_callback(|_, _, key| {
        key[..16].fill(7);
        Ok(16)
    });
    builder.set_keylog_callback(move |_, line| {
        let mut log = log.lock().unwrap();
        log.push_str(line);
        log.push('\n');
    });
    twist(&mut builder, setup.twist);
    Ok(builder.build())
}

fn first_reason(stack: &ErrorStack) -> String {
    let last = stack.errors().last().and_then(|error| error.reason());
    last.unwrap_or("no reason").to_owned()
}

fn twist(builder: &mut SslContextBuilder, twist: Twist) {
    match twist {
        Twist::None | Twist::Retry => {}
        Twist::Alpn => builder.set_alpn_select_callback(|_, offered| {
            let at = offered.windows(ALPN.len()).position(|name| name == ALPN.as_bytes());
            at.map(|at| &offered[at..at + ALPN.len()]).ok_or(AlpnError::ALERT_FATAL)
        }),
        Twist::ClientCertificate => builder.set_verify(SslVerifyMode::PEER),
        Twist::Cookie => {
            builder.set_options(SslOptions::COOKIE_EXCHANGE);
            builder.set_stateless_cookie_generate_cb(|_, buffer| {
                buffer[..6].copy_from_slice(b"cookie");
                Ok(6)
            });
            builder.set_stateless_cookie_verify_cb(|_, cookie| cookie == b"cookie");
        }
        // The binding does not name these two: SSL_OP_NO_ENCRYPT_THEN_MAC, SSL_OP_NO_EXTENDED_MASTER_SECRET.
        Twist::NoEncryptThenMac => {
            builder.set_options(SslOptions::from_bits_retain(1 << 19));
        }
        Twist::NoExtendedMasterSecret => {
            builder.set_options(SslOptions::from_bits_retain(1));
        }
        Twist::NoTicket => {
            builder.set_options(SslOptions::NO_TICKET);
        }
        Twist::Staple => builder
            .set_status_callback(|ssl| {
                ssl.set_ocsp_status(b"a response")?;
                Ok(true)
            })
            .unwrap(),
    }
}

/// The field with a prime of this size: the known ones, a fresh one of 512 bits.
pub(crate) fn field(bits: u32) -> Dh<Params> {
    let prime = match bits {
        768 => BigNum::get_rfc2409_prime_768(),
        1_024 => BigNum::get_rfc2409_prime_1024(),
        1_536 => BigNum::get_rfc3526_prime_1536(),
        2_048 => BigNum::get_rfc3526_prime_2048(),
        3_072 => BigNum::get_rfc3526_prime_3072(),
        4_096 => BigNum::get_rfc3526_prime_4096(),
        6_144 => BigNum::get_rfc3526_prime_6144(),
        8_192 => BigNum::get_rfc3526_prime_8192(),
        bits => return Dh::generate_params(bits, 2).unwrap(),
    };
    Dh::from_pqg(prime.unwrap(), None, BigNum::from_u32(2).unwrap()).unwrap()
}

/// Sizes of primes, the usual one first.
pub(crate) const DH_BITS: [u32; 9] = [2_048, 512, 768, 1_024, 1_536, 3_072, 4_096, 6_144, 8_192];

struct InMemory {
    server: OpensslServer,
    words: Facts,
}

impl Line for InMemory {
    fn write(&mut self, bytes: &[u8]) {
        self.server.receive(bytes);
        if self.server.established() {
            self.words = self.server.words();
            let heard = self.server.plaintext();
            if !heard.is_empty() {
                self.server.send(&heard);
            }
        }
    }

    fn read(&mut self) -> Result<Vec<u8>, Interruption> {
        let bytes = self.server.output();
        // A server in memory that has nothing to say will not say anything by itself.
        if bytes.is_empty() { Err(Interruption::Closed) } else { Ok(bytes) }
    }

    fn question_and_answer(&self) -> (Vec<u8>, Vec<u8>) {
        let question = vec![b'?'; LONGER_THAN_A_RECORD];
        (question.clone(), question)
    }

    fn words(&mut self) -> Facts {
        self.words.clone()
    }

    fn complaint(&mut self) -> Option<String> {
        self.server.error()
    }
}

const LONGER_THAN_A_RECORD: usize = 20_000;
const VERSIONS: [Version; 5] =
    [Version::SSL_3, Version::TLS_1_0, Version::TLS_1_1, Version::TLS_1_2, Version::TLS_1_3];
const TLS13_SUITES: &str = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:\
    TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256:TLS_SHA256_SHA256:TLS_SHA384_SHA384";
