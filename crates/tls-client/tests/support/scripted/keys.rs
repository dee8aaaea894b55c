//! The keys of a scripted server, derived apart from the client's code: SSL 3 to TLS 1.3, one AEAD and one block cipher.

use aws_lc_rs::aead;
use aws_lc_rs::cipher;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use md5::Digest;
use md5::Md5;
use tlscensus_tls_wire::registry::Version;

/// How the server's records are protected.
pub(super) enum Sealer {
    Plain,
    /// AES-128-GCM as TLS 1.3 has it.
    Gcm13 {
        key: aead::LessSafeKey,
        iv: [u8; 12],
    },
    /// AES-128-GCM as TLS 1.2 has it.
    Gcm12 {
        key: aead::LessSafeKey,
        salt: [u8; 4],
    },
    /// AES-128 in CBC mode with a MAC of SHA-1, SSL 3 to TLS 1.2.
    Cbc {
        key: [u8; 16],
        mac_key: Vec<u8>,
        iv: [u8; 16],
    },
}

impl Sealer {
    fn gcm(key: &[u8]) -> aead::LessSafeKey {
        aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, key).unwrap())
    }

    /// Keys of a traffic secret of TLS 1.3.
    pub(super) fn tls13(secret: &[u8]) -> Self {
        let iv = expand_label(secret, b"iv", b"", 12).try_into().unwrap();
        Self::Gcm13 { key: Self::gcm(&expand_label(secret, b"key", b"", 16)), iv }
    }

    /// The server's part of a key block with AES-128-GCM.
    pub(super) fn gcm12(block: &[u8]) -> Self {
        Self::Gcm12 { key: Self::gcm(&block[16..32]), salt: block[36..40].try_into().unwrap() }
    }

    /// The server's part of a key block with AES-128-CBC and SHA-1.
    pub(super) fn cbc(block: &[u8]) -> Self {
        Self::Cbc {
            mac_key: block[20..40].to_vec(),
            key: block[56..72].try_into().unwrap(),
            iv: block[88..104].try_into().unwrap(),
        }
    }

    pub(super) fn hides_types(&self) -> bool {
        matches!(self, Self::Gcm13 { .. })
    }

    /// The body of record `sequence`. `fragment` of TLS 1.3 ends with its content type and padding.
    pub(super) fn seal(&mut self, head: Head, sequence: u64, fragment: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => fragment.to_vec(),
            Self::Gcm13 { key, iv } => {
                let mut nonce = *iv;
                for (byte, mask) in nonce[4..].iter_mut().zip(sequence.to_be_bytes()) {
                    *byte ^= mask;
                }
                let length = u16::try_from(fragment.len() + 16).unwrap();
                gcm_seal(key, nonce, &head.additional(length), fragment)
            }
            Self::Gcm12 { key, salt } => {
                let explicit = sequence.to_be_bytes();
                let nonce = [&salt[..], &explicit].concat().try_into().unwrap();
                let length = u16::try_from(fragment.len()).unwrap();
                let additional = [&explicit[..], &head.additional(length)].concat();
                [&explicit[..], &gcm_seal(key, nonce, &additional, fragment)].concat()
            }
            Self::Cbc { key, mac_key, iv } => {
                let mac = mac(mac_key, head, sequence, fragment);
                let mut blocks = [fragment, &mac].concat();
                let padding = u8::try_from(15 - blocks.len() % 16).unwrap();
                blocks.resize(blocks.len() + usize::from(padding) + 1, padding);
                cbc_encrypt(key, *iv, &mut blocks);
                if head.version >= Version::TLS_1_1 {
                    return [&iv[..], &blocks].concat();
                }
                *iv = blocks[blocks.len() - 16..].try_into().unwrap();
                blocks
            }
        }
    }
}

/// What a record's protection covers besides its content.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) content_type: u8,
    pub(super) version: Version,
}

impl Head {
    fn additional(self, length: u16) -> [u8; 5] {
        let [major, minor] = self.version.0.to_be_bytes();
        let [high, low] = length.to_be_bytes();
        [self.content_type, major, minor, high, low]
    }
}

fn gcm_seal(key: &aead::LessSafeKey, nonce: [u8; 12], additional: &[u8], text: &[u8]) -> Vec<u8> {
    let mut body = text.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, aead::Aad::from(additional), &mut body).unwrap();
    body
}

/// What a record of TLS 1.3 holds, its content type and padding at the end; `None` under other keys.
fn gcm13_open(secret: &[u8], sequence: u64, body: &[u8]) -> Option<Vec<u8>> {
    let Sealer::Gcm13 { key, iv: mut nonce } = Sealer::tls13(secret) else { return None };
    for (byte, mask) in nonce[4..].iter_mut().zip(sequence.to_be_bytes()) {
        *byte ^= mask;
    }
    let head = Head { content_type: 23, version: Version::TLS_1_2 };
    let additional = head.additional(u16::try_from(body.len()).ok()?);
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    let mut body = body.to_vec();
    let opened = key.open_in_place(nonce, aead::Aad::from(additional), &mut body).ok()?;
    Some(opened.to_vec())
}

fn cbc_encrypt(key: &[u8], iv: [u8; 16], blocks: &mut [u8]) {
    let key = cipher::UnboundCipherKey::new(&cipher::AES_128, key).unwrap();
    let context = cipher::EncryptionContext::Iv128(FixedLength::from(iv));
    cipher::EncryptingKey::cbc(key).unwrap().less_safe_encrypt(blocks, context).unwrap();
}

/// RFC 2246, section 6.2.3.1, and RFC 6101, section 5.2.3.1.
fn mac(key: &[u8], head: Head, sequence: u64, fragment: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(fragment.len()).unwrap().to_be_bytes();
    let [major, minor] = head.version.0.to_be_bytes();
    let sequence = sequence.to_be_bytes();
    if head.version > Version::SSL_3 {
        let head = [head.content_type, major, minor, high, low];
        return hmac_sha1(key, &[&sequence[..], &head, fragment].concat());
    }
    let head = [head.content_type, high, low];
    let inner = sha1(&[key, &[0x36; 40], &sequence, &head, fragment].concat());
    sha1(&[key, &[0x5c; 40], &inner].concat())
}

/// Master secret, key block and Finished before TLS 1.3.
pub(super) struct Legacy {
    pub(super) version: Version,
    pub(super) master: Vec<u8>,
}

impl Legacy {
    /// `seed` is both randoms, the client's first, or the session hash.
    pub(super) fn new(version: Version, premaster: &[u8], seed: &[u8], extended: bool) -> Self {
        let label: &[u8] = if extended { b"extended master secret" } else { b"master secret" };
        let master = match version {
            Version::SSL_3 => ssl3_expand(premaster, seed, 48),
            _ => prf(version, premaster, label, seed, 48),
        };
        Self { version, master }
    }

    /// What an extended master secret is made of (RFC 7627, section 3).
    pub(super) fn session_hash(version: Version, transcript: &[u8]) -> Vec<u8> {
        match version {
            Version::TLS_1_2 => sha256(transcript),
            _ => [md5(transcript), sha1(transcript)].concat(),
        }
    }

    /// `seed` is both randoms, the server's first.
    pub(super) fn key_block(&self, seed: &[u8]) -> Vec<u8> {
        match self.version {
            Version::SSL_3 => ssl3_expand(&self.master, seed, KEY_BLOCK),
            _ => prf(self.version, &self.master, b"key expansion", seed, KEY_BLOCK),
        }
    }

    pub(super) fn finished(&self, server: bool, transcript: &[u8]) -> Vec<u8> {
        let label: &[u8] = if server { b"server finished" } else { b"client finished" };
        match self.version {
            Version::SSL_3 => self.ssl3_finished(server, transcript),
            Version::TLS_1_2 => {
                prf(self.version, &self.master, label, &sha256(transcript), VERIFY_DATA)
            }
            _ => {
                let hashes = [md5(transcript), sha1(transcript)].concat();
                prf(self.version, &self.master, label, &hashes, VERIFY_DATA)
            }
        }
    }

    /// RFC 6101, section 5.6.9.
    fn ssl3_finished(&self, server: bool, transcript: &[u8]) -> Vec<u8> {
        let sender: &[u8] = if server { b"SRVR" } else { b"CLNT" };
        let master = &self.master[..];
        let half = |hash: fn(&[u8]) -> Vec<u8>, pads: usize| {
            let inner = hash(&[transcript, sender, master, &vec![0x36; pads]].concat());
            hash(&[master, &vec![0x5c; pads], &inner].concat())
        };
        [half(md5, 48), half(sha1, 40)].concat()
    }
}

/// RFC 6101, sections 6.1 and 6.2.2.
fn ssl3_expand(secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (count, letter) in (b'A'..=b'Z').enumerate() {
        if out.len() >= length {
            break;
        }
        let label = vec![letter; count + 1];
        out.extend(md5(&[secret, &sha1(&[&label, secret, seed].concat())].concat()));
    }
    out.truncate(length);
    out
}

/// RFC 5246, section 5, and RFC 2246, section 5.
fn prf(version: Version, secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let seed = [label, seed].concat();
    if version >= Version::TLS_1_2 {
        return p_hash(hmac_sha256, secret, &seed, length);
    }
    let half = secret.len().div_ceil(2);
    let mut out = p_hash(hmac_md5, &secret[..half], &seed, length);
    let other = p_hash(hmac_sha1, &secret[secret.len() - half..], &seed, length);
    out.iter_mut().zip(other).for_each(|(byte, mask)| *byte ^= mask);
    out
}

fn p_hash(mac: fn(&[u8], &[u8]) -> Vec<u8>, secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut a = mac(secret, seed);
    while out.len() < length {
        out.extend(mac(secret, &[&a, seed].concat()));
        a = mac(secret, &a);
    }
    out.truncate(length);
    out
}

/// The secrets of TLS 1.3, all with SHA-256.
pub(super) struct Schedule {
    handshake: Vec<u8>,
    server_handshake: Vec<u8>,
    client_handshake: Vec<u8>,
}

impl Schedule {
    /// `transcript` is that through ServerHello.
    pub(super) fn new(shared: &[u8], transcript: &[u8]) -> Self {
        let early = hmac_sha256(&[0; 32], &[0; 32]);
        let derived = expand_label(&early, b"derived", &sha256(b""), 32);
        let handshake = hmac_sha256(&derived, shared);
        let server_handshake = expand_label(&handshake, b"s hs traffic", &sha256(transcript), 32);
        let client_handshake = expand_label(&handshake, b"c hs traffic", &sha256(transcript), 32);
        Self { handshake, server_handshake, client_handshake }
    }

    pub(super) fn handshake(&self) -> Sealer {
        Sealer::tls13(&self.server_handshake)
    }

    pub(super) fn finished(&self, transcript: &[u8]) -> Vec<u8> {
        let key = expand_label(&self.server_handshake, b"finished", b"", 32);
        hmac_sha256(&key, &sha256(transcript))
    }

    /// What the client's Finished has to hold.
    pub(super) fn client_finished(&self, transcript: &[u8]) -> Vec<u8> {
        let key = expand_label(&self.client_handshake, b"finished", b"", 32);
        hmac_sha256(&key, &sha256(transcript))
    }

    /// What the client said in this record of its last flight.
    pub(super) fn open_client(&self, sequence: u64, body: &[u8]) -> Option<Vec<u8>> {
        gcm13_open(&self.client_handshake, sequence, body)
    }

    /// The server's application traffic secret; `transcript` is that through its Finished.
    pub(super) fn application(&self, transcript: &[u8]) -> Vec<u8> {
        let derived = expand_label(&self.handshake, b"derived", &sha256(b""), 32);
        let master = hmac_sha256(&derived, &[0; 32]);
        expand_label(&master, b"s ap traffic", &sha256(transcript), 32)
    }
}

/// The application traffic secret behind a KeyUpdate.
pub(super) fn updated(secret: &[u8]) -> Vec<u8> {
    expand_label(secret, b"traffic upd", b"", 32)
}

fn expand_label(secret: &[u8], label: &[u8], context: &[u8], length: u8) -> Vec<u8> {
    let label = [b"tls13 ", label].concat();
    let lengths = [u8::try_from(label.len()).unwrap(), u8::try_from(context.len()).unwrap()];
    let info = [&[0, length, lengths[0]], &label[..], &lengths[1..], context, &[1]].concat();
    let mut out = hmac_sha256(secret, &info);
    out.truncate(usize::from(length));
    out
}

pub(super) fn sha256(data: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, data).as_ref().to_vec()
}

fn sha1(data: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, data).as_ref().to_vec()
}

fn md5(data: &[u8]) -> Vec<u8> {
    Md5::digest(data).to_vec()
}

fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref().to_vec()
}

fn hmac_sha1(key: &[u8], data: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    hmac::sign(&key, data).as_ref().to_vec()
}

/// RFC 2104; no key here is longer than a block.
fn hmac_md5(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut pads = [[0x36; 64], [0x5c; 64]];
    for pad in &mut pads {
        pad.iter_mut().zip(key).for_each(|(byte, mask)| *byte ^= mask);
    }
    md5(&[&pads[1][..], &md5(&[&pads[0], data].concat())].concat())
}

/// Two MAC keys, two keys and two IVs of AES-128-CBC with SHA-1, the longest that is needed.
const KEY_BLOCK: usize = 2 * (20 + 16 + 16);
const VERIFY_DATA: usize = 12;
