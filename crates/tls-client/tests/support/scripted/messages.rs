//! What an honest server says, and what it makes of what the client says.

use std::sync::OnceLock;

use aws_lc_rs::agreement;
use aws_lc_rs::rsa;
use aws_lc_rs::signature;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::put_bytes16;
use tlscensus_tls_wire::extension::ExtendedMasterSecret;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::extension::KeyShareClientHello;
use tlscensus_tls_wire::extension::KeyShareEntry;
use tlscensus_tls_wire::extension::KeyShareRetry;
use tlscensus_tls_wire::extension::KeyShareServerHello;
use tlscensus_tls_wire::extension::SelectedVersion;
use tlscensus_tls_wire::extension::SignatureAlgorithms;
use tlscensus_tls_wire::handshake::CertificateEntry;
use tlscensus_tls_wire::handshake::CertificateLegacy;
use tlscensus_tls_wire::handshake::CertificateRequestLegacy;
use tlscensus_tls_wire::handshake::CertificateRequestTls13;
use tlscensus_tls_wire::handshake::CertificateTls13;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::handshake::HELLO_RETRY_REQUEST_RANDOM;
use tlscensus_tls_wire::handshake::NewSessionTicketLegacy;
use tlscensus_tls_wire::handshake::NewSessionTicketTls13;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::handshake::ServerParameters;
use tlscensus_tls_wire::record::Joiner;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ClientCertificateType;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use super::Mode;
use super::ScriptedServer;
use super::field;
use super::keys::Legacy;
use super::keys::Schedule;
use super::keys::Sealer;
use super::keys::sha256;
use super::keys::updated;

/// Saying.
impl ScriptedServer {
    /// The body of a message, as the moment wants it. Of those that nobody can say now, something of their shape.
    pub(super) fn body(&self, message: HandshakeType) -> Vec<u8> {
        match message {
            HandshakeType::SERVER_HELLO => self.server_hello(),
            HandshakeType::ENCRYPTED_EXTENSIONS => {
                self.with_more(message, Extensions::new()).encoded()
            }
            HandshakeType::CERTIFICATE => self.certificate(),
            HandshakeType::CERTIFICATE_REQUEST => self.certificate_request(),
            HandshakeType::CERTIFICATE_STATUS => b"\x01\0\0\x06status".to_vec(),
            HandshakeType::CERTIFICATE_VERIFY => {
                let transcript = sha256(&self.transcript);
                let label = b"TLS 1.3, server CertificateVerify\0";
                signed(&[&[b' '; 64], &label[..], &transcript].concat())
            }
            HandshakeType::SERVER_KEY_EXCHANGE => self.server_key_exchange(),
            HandshakeType::NEW_SESSION_TICKET => self.ticket(),
            HandshakeType::KEY_UPDATE => vec![0],
            HandshakeType::FINISHED => self.finished(),
            _ => Vec::new(),
        }
    }

    fn server_hello(&self) -> Vec<u8> {
        let mut extensions = Extensions::new();
        let session_id = match self.mode {
            Mode::Tls13 => {
                extensions.add(&SelectedVersion(Version::TLS_1_3));
                let public = self.agreed().0;
                let share = KeyShareEntry { group: self.group, key_exchange: &public };
                extensions.add(&KeyShareServerHello(share));
                &self.heard.session_id[..]
            }
            Mode::Rsa(Version::SSL_3) => self.name_of_session(),
            _ => {
                if self.heard.extended_master_secret {
                    extensions.add(&ExtendedMasterSecret);
                }
                self.name_of_session()
            }
        };
        let extensions = self.with_more(HandshakeType::SERVER_HELLO, extensions);
        self.hello([5; 32], session_id, extensions)
    }

    /// The client's share of our group.
    fn share_heard(&self) -> Option<&[u8]> {
        let mut shares = self.heard.shares.iter();
        shares.find(|(group, _)| *group == self.group).map(|(_, share)| share.as_slice())
    }

    /// Our public value, and the secret shared with the client.
    fn agreed(&self) -> (Vec<u8>, Vec<u8>) {
        let share = self.share_heard().unwrap_or_default();
        match self.group.is_finite_field() {
            true => field::agree(share, self.zero),
            false => agree(self.group, share),
        }
    }

    /// The client's, where its session is taken up again.
    fn name_of_session(&self) -> &[u8] {
        if self.resumed.is_some() { &self.heard.session_id } else { &[] }
    }

    pub(super) fn retry_request(&mut self) -> Vec<u8> {
        self.group = NamedGroup::SECP256R1;
        let mut extensions = Extensions::new();
        extensions.add(&SelectedVersion(Version::TLS_1_3));
        extensions.add(&KeyShareRetry(self.group));
        let extensions = self.with_more(HandshakeType::HELLO_RETRY_REQUEST, extensions);
        self.hello(HELLO_RETRY_REQUEST_RANDOM, &self.heard.session_id, extensions)
    }

    fn hello(&self, random: [u8; 32], session_id: &[u8], extensions: Extensions<'_>) -> Vec<u8> {
        let extensions = if extensions.is_empty() { Extensions::none() } else { extensions };
        let hello = ServerHello {
            legacy_version: self.mode.version().min(Version::TLS_1_2),
            random,
            session_id,
            cipher_suite: match self.mode {
                Mode::Tls13 => CipherSuite::TLS_AES_128_GCM_SHA256,
                Mode::Ecdhe12 => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                Mode::Rsa(_) => CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
            },
            compression_method: CompressionMethod::NULL,
            extensions,
        };
        hello.encoded()
    }

    fn with_more<'a>(
        &self,
        message: HandshakeType,
        mut extensions: Extensions<'a>,
    ) -> Extensions<'a> {
        for (_, extension, bytes) in self.extensions.iter().filter(|more| more.0 == message) {
            extensions.push(*extension, bytes.clone());
        }
        extensions
    }

    fn certificate(&self) -> Vec<u8> {
        let certificate = match self.mode {
            Mode::Tls13 | Mode::Ecdhe12 => ED25519_CERTIFICATE,
            Mode::Rsa(_) => RSA_CERTIFICATE,
        };
        if self.mode != Mode::Tls13 {
            return CertificateLegacy { chain: vec![certificate] }.encoded();
        }
        let extensions = self.with_more(HandshakeType::CERTIFICATE, Extensions::new());
        let entries = vec![CertificateEntry { certificate, extensions }];
        CertificateTls13 { context: &[], entries }.encoded()
    }

    fn certificate_request(&self) -> Vec<u8> {
        let schemes = vec![SignatureScheme::ECDSA_SECP256R1_SHA256];
        let mut out = Vec::new();
        if self.mode == Mode::Tls13 {
            let mut extensions = Extensions::new();
            extensions.add(&SignatureAlgorithms(schemes));
            let extensions = self.with_more(HandshakeType::CERTIFICATE_REQUEST, extensions);
            CertificateRequestTls13 { context: &[], extensions }.encode(&mut out);
        } else {
            let schemes = (self.mode.version() == Version::TLS_1_2).then_some(schemes);
            let certificate_types = vec![ClientCertificateType(1)];
            CertificateRequestLegacy { certificate_types, schemes, authorities: vec![b"0"] }
                .encode(&mut out);
        }
        out
    }

    fn server_key_exchange(&self) -> Vec<u8> {
        let point = agree(NamedGroup::X25519, &[]).0;
        let mut body = Vec::new();
        ServerParameters::Ecdhe { group: NamedGroup::X25519, point: &point }.encode(&mut body);
        let signature = signed(&[&self.heard.random, &self.random[..], &body].concat());
        body.extend(signature);
        body
    }

    fn ticket(&self) -> Vec<u8> {
        if self.mode == Mode::Tls13 {
            let extensions = self.with_more(HandshakeType::NEW_SESSION_TICKET, Extensions::new());
            let (nonce, ticket) = (b"n", b"ticket");
            NewSessionTicketTls13 { lifetime: 300, age_add: 7, nonce, ticket, extensions }.encoded()
        } else {
            NewSessionTicketLegacy { lifetime_hint: 300, ticket: b"ticket" }.encoded()
        }
    }

    fn finished(&self) -> Vec<u8> {
        match (&self.schedule, &self.legacy) {
            (Some(schedule), _) => schedule.finished(&self.transcript),
            (None, Some(legacy)) => legacy.finished(true, &self.transcript),
            (None, None) => vec![0; 32],
        }
    }

    pub(super) fn change_keys_behind(&mut self, message: HandshakeType) {
        if self.mode != Mode::Tls13 {
            if message == HandshakeType::SERVER_HELLO
                && let Some(master) = self.resumed.clone()
            {
                self.take_up_keys(Legacy { version: self.mode.version(), master });
            }
            return;
        }
        match (message, &self.schedule) {
            (HandshakeType::SERVER_HELLO, None) if self.share_heard().is_some() => {
                let schedule = Schedule::new(&self.agreed().1, &self.transcript);
                self.set_sealer(schedule.handshake());
                self.schedule = Some(schedule);
            }
            (HandshakeType::FINISHED, Some(schedule)) if self.application.is_empty() => {
                self.application = schedule.application(&self.transcript);
                self.set_sealer(Sealer::tls13(&self.application));
            }
            (HandshakeType::KEY_UPDATE, Some(_)) if !self.application.is_empty() => {
                self.application = updated(&self.application);
                self.set_sealer(Sealer::tls13(&self.application));
            }
            _ => (),
        }
    }
}

/// Hearing.
impl ScriptedServer {
    /// Takes bytes of a client that is honest, as ours is.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
        while let Ok(Some(record)) = self.deframer.pop() {
            match record.header.content_type {
                ContentType::HANDSHAKE if !self.heard.changed_cipher => {
                    self.joiner.push(record.payload);
                }
                ContentType::CHANGE_CIPHER_SPEC if self.mode != Mode::Tls13 => {
                    self.heard.changed_cipher = true;
                }
                ContentType::APPLICATION_DATA if self.mode == Mode::Tls13 => {
                    let schedule = self.schedule.as_ref();
                    let opened = schedule.and_then(|schedule| {
                        schedule.open_client(self.heard.last_records, record.payload)
                    });
                    // What comes behind the flight is under other keys.
                    if let Some([message @ .., 22]) = opened.as_deref() {
                        self.heard.last_flight.extend_from_slice(message);
                        self.heard.last_records += 1;
                    }
                    continue;
                }
                _ => continue,
            }
            while let Ok(Some(frame)) = self.joiner.pop() {
                self.transcript.extend_from_slice(frame.encoded);
                match frame.message {
                    HandshakeType::CLIENT_HELLO => self.heard.hello(frame.body),
                    HandshakeType::CLIENT_KEY_EXCHANGE => {
                        self.heard.premaster = premaster(self.mode, frame.body);
                    }
                    _ => (),
                }
            }
            if self.heard.changed_cipher && self.legacy.is_none() {
                self.agree_on_keys();
            }
        }
    }

    /// The messages of a client of TLS 1.3 behind our Finished, and whether its own Finished is right about all before it.
    pub(crate) fn last_flight(&self) -> (Vec<(HandshakeType, Vec<u8>)>, bool) {
        let mut joiner = Joiner::new();
        joiner.push(&self.heard.last_flight);
        let (mut messages, mut transcript, mut right) =
            (Vec::new(), self.transcript.clone(), false);
        while let Ok(Some(frame)) = joiner.pop() {
            let schedule = self.schedule.as_ref().unwrap();
            right = frame.body == schedule.client_finished(&transcript);
            transcript.extend_from_slice(frame.encoded);
            messages.push((frame.message, frame.body.to_vec()));
        }
        (messages, right)
    }

    fn agree_on_keys(&mut self) {
        let randoms = [&self.heard.random[..], &self.random].concat();
        let version = self.mode.version();
        let extended = self.heard.extended_master_secret && version > Version::SSL_3;
        let hash = Legacy::session_hash(version, &self.transcript);
        let seed = if extended { &hash } else { &randoms };
        let legacy = Legacy::new(version, &self.heard.premaster, seed, extended);
        let finished = legacy.finished(false, &self.transcript);
        let length = u8::try_from(finished.len()).unwrap();
        self.transcript.extend([HandshakeType::FINISHED.0, 0, 0, length]);
        self.transcript.extend(finished);
        self.take_up_keys(legacy);
    }

    /// The keys of this master secret, from the next ChangeCipherSpec on.
    fn take_up_keys(&mut self, legacy: Legacy) {
        let block = legacy.key_block(&[&self.random[..], &self.heard.random].concat());
        self.pending = Some(match self.mode {
            Mode::Rsa(_) => Sealer::cbc(&block),
            _ => Sealer::gcm12(&block),
        });
        self.legacy = Some(legacy);
    }

    /// The first hello counts by its hash only once another one is asked for (RFC 9846, section 4.4.1).
    pub(super) fn forget_first_hello(&mut self) {
        let hash = sha256(&self.transcript);
        self.transcript = [&[254, 0, 0, 32], &hash[..]].concat();
    }
}

impl super::Heard {
    fn hello(&mut self, body: &[u8]) {
        let Ok(hello) = ClientHello::decode(body, "ClientHello") else { return };
        self.random = hello.random.to_vec();
        self.session_id = hello.session_id.to_vec();
        self.extended_master_secret =
            hello.extensions.contains(ExtensionType::EXTENDED_MASTER_SECRET);
        if let Ok(Some(KeyShareClientHello(shares))) = hello.extensions.get() {
            let owned = |entry: KeyShareEntry<'_>| (entry.group, entry.key_exchange.to_vec());
            self.shares = shares.into_iter().map(owned).collect();
        }
    }
}

fn premaster(mode: Mode, body: &[u8]) -> Vec<u8> {
    match mode {
        Mode::Rsa(Version::SSL_3) => decrypted(body),
        Mode::Rsa(_) => decrypted(body.get(2..).unwrap_or_default()),
        _ => agree(NamedGroup::X25519, body.get(1..).unwrap_or_default()).1,
    }
}

/// Our public value, and the secret shared with a client's; nothing where it is none of the group.
fn agree(group: NamedGroup, share: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let algorithm = match group {
        NamedGroup::X25519 => &agreement::X25519,
        _ => &agreement::ECDH_P256,
    };
    let key = agreement::PrivateKey::from_private_key(algorithm, &[7; 32]).unwrap();
    let public = key.compute_public_key().unwrap().as_ref().to_vec();
    let peer = agreement::UnparsedPublicKey::new(algorithm, share);
    let secret = agreement::agree(&key, peer, (), |secret| Ok(secret.to_vec()));
    (public, secret.unwrap_or_default())
}

/// Scheme and signature over these bytes.
fn signed(content: &[u8]) -> Vec<u8> {
    static KEY: OnceLock<signature::Ed25519KeyPair> = OnceLock::new();
    let key = || signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(ED25519_KEY).unwrap();
    let mut out = SignatureScheme::ED25519.encoded();
    put_bytes16(KEY.get_or_init(key).sign(content).as_ref(), &mut out);
    out
}

fn decrypted(encrypted: &[u8]) -> Vec<u8> {
    static KEY: OnceLock<rsa::Pkcs1PrivateDecryptingKey> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let key = rsa::PrivateDecryptingKey::from_pkcs8(RSA_KEY).unwrap();
        rsa::Pkcs1PrivateDecryptingKey::new(key).unwrap()
    });
    let mut out = vec![0; key.min_output_size()];
    key.decrypt(encrypted, &mut out).map(|plain| plain.to_vec()).unwrap_or_default()
}

const ED25519_CERTIFICATE: &[u8] = include_bytes!("../../../testdata/scripted-ed25519.der");
const ED25519_KEY: &[u8] = include_bytes!("../../../testdata/scripted-ed25519.pk8");
const RSA_CERTIFICATE: &[u8] = include_bytes!("../../../testdata/scripted-rsa2048.der");
const RSA_KEY: &[u8] = include_bytes!("../../../testdata/scripted-rsa2048.pk8");
