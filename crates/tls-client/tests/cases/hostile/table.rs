//! The list: what a server does, and what it is called.

use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use super::lengths;
use super::order;
use super::records;
use super::values;
use crate::support::scripted::Mode;
use crate::support::scripted::Mode::Ecdhe12;
use crate::support::scripted::Mode::Tls13;
use crate::support::scripted::ScriptedServer;

/// What it does, the server that does it, and how it ends: outcome and, after a completed handshake, end.
pub(super) type Misbehaviour = (&'static str, fn() -> ScriptedServer, &'static str);

const RSA12: Mode = Mode::Rsa(Version::TLS_1_2);
const RSA11: Mode = Mode::Rsa(Version::TLS_1_1);
const RSA10: Mode = Mode::Rsa(Version::TLS_1_0);
const SSL3: Mode = Mode::Rsa(Version::SSL_3);

/// Records.
pub(super) const RECORDS: &[Misbehaviour] = &[
    ("a record of 18,433 bytes in the clear", records::overlong, "malformed: a record too long"),
    (
        "a protected record of 16,641 bytes, TLS 1.3",
        records::overlong_protected,
        "malformed: a record too long",
    ),
    (
        "a record with 16,385 bytes inside, TLS 1.3",
        || records::overlong_inside(Tls13),
        "completed, malformed: a record too long",
    ),
    (
        "a record with 16,385 bytes inside, TLS 1.2",
        || records::overlong_inside(Ecdhe12),
        "completed, malformed: a record too long",
    ),
    ("16,000 bytes of padding behind data", records::much_padding, "completed, closed"),
    (
        "a record of padding only",
        records::only_padding,
        "completed, malformed: illegal record without a content type",
    ),
    (
        "messages cut into single bytes, TLS 1.3",
        || records::single_bytes(Tls13),
        "completed, closed",
    ),
    (
        "messages cut into single bytes, TLS 1.0",
        || records::single_bytes(RSA10),
        "completed, closed",
    ),
    ("a record version of 3.255, TLS 1.3", || records::version(Tls13), "completed, closed"),
    ("a record version of 3.255, TLS 1.2", || records::version(Ecdhe12), "completed, closed"),
    ("a record of major version 4 in the flight", records::other_major, "malformed: not a record"),
    ("text in the flight", records::text, "malformed: not a record"),
    ("a heartbeat in the flight", records::heartbeat, "wrong-order: certificate"),
    (
        "data in the flight, in the clear",
        || records::early_data(Ecdhe12),
        "wrong-order: certificate",
    ),
    ("data in the flight, protected", || records::early_data(Tls13), "wrong-order: certificate"),
    ("empty messages without end, in the clear", || records::endless_empty(RSA12), "over-bytes"),
    ("empty messages without end, protected", || records::endless_empty(Tls13), "over-bytes"),
    (
        "empty data without end, TLS 1.3",
        || records::endless_no_data(Tls13),
        "completed, over-bytes",
    ),
    (
        "empty data without end, TLS 1.0",
        || records::endless_no_data(RSA10),
        "completed, over-bytes",
    ),
    ("data without end that nobody fetches", records::endless_data, "completed, over-bytes"),
    (
        "data between the parts of a message",
        records::interleaved,
        "completed, wrong-order: finished",
    ),
    (
        "a message in the clear behind the keys, TLS 1.3",
        || records::in_the_clear(Tls13),
        "wrong-order: finished",
    ),
    (
        "a Finished in the clear behind ChangeCipherSpec",
        || records::in_the_clear(Ecdhe12),
        "bad-finished",
    ),
    (
        "a protected record that shows its type",
        records::shown_type,
        "wrong-order: encrypted_extensions",
    ),
    ("a record under a key that nobody has", records::garbage, "bad-finished"),
    ("a MAC with a wrong byte, SSL 3", || records::bad_mac(SSL3), "completed, bad-finished"),
    ("a MAC with a wrong byte, TLS 1.2", || records::bad_mac(RSA12), "completed, bad-finished"),
    ("a ChangeCipherSpec of 2", || records::change_cipher_spec(&[2]), "wrong-order: certificate"),
    (
        "a ChangeCipherSpec of two bytes",
        || records::change_cipher_spec(&[1, 1]),
        "wrong-order: certificate",
    ),
    ("an empty ChangeCipherSpec", || records::change_cipher_spec(&[]), "wrong-order: certificate"),
    (
        "an alert of one byte",
        || records::alert(&[2]),
        "malformed: AlertDescription needs 1 bytes, 0 are left",
    ),
    (
        "an alert of three bytes",
        || records::alert(&[2, 40, 0]),
        "alert: fatal handshake_failure after encrypted_extensions",
    ),
    (
        "two alerts in one record",
        || records::alert(&[1, 112, 2, 40]),
        "alert: warning unrecognized_name after encrypted_extensions",
    ),
    ("warnings without end", records::endless_warnings, "over-bytes"),
    ("empty alerts without end, TLS 1.3", || records::endless_empty_alerts(Tls13), "over-bytes"),
    ("empty alerts without end, TLS 1.2", || records::endless_empty_alerts(RSA12), "over-bytes"),
];

/// Order.
pub(super) const ORDER: &[Misbehaviour] = &[
    (
        "ChangeCipherSpecs without end, TLS 1.3",
        || order::endless_change_cipher_spec(Tls13),
        "over-bytes",
    ),
    (
        "a ChangeCipherSpec before ServerHello",
        || order::early_change(Tls13),
        "wrong-order: server_hello",
    ),
    (
        "a ChangeCipherSpec before the client's, TLS 1.2",
        || order::early_change(Ecdhe12),
        "wrong-order: server_hello_done",
    ),
    (
        "a ChangeCipherSpec behind the handshake, TLS 1.3",
        || order::late_change(Tls13),
        "completed, wrong-order: finished",
    ),
    (
        "a ChangeCipherSpec behind the handshake, TLS 1.2",
        || order::late_change(RSA12),
        "completed, wrong-order: finished",
    ),
    ("a protected ChangeCipherSpec", order::protected_change, "wrong-order: certificate"),
    ("no ChangeCipherSpec before Finished", order::no_change, "wrong-order: finished"),
    ("wishes for another handshake without end", order::endless_requests, "completed, over-bytes"),
    (
        "a wish for another handshake in the flight, TLS 1.3",
        order::request13,
        "wrong-order: hello_request",
    ),
    (
        "another handshake behind the handshake, TLS 1.2",
        || order::again(Ecdhe12),
        "completed, wrong-order: server_hello",
    ),
    (
        "another handshake behind the handshake, TLS 1.3",
        || order::again(Tls13),
        "completed, wrong-order: server_hello",
    ),
    ("two retry requests", order::two_retries, "wrong-order: server_hello"),
    ("a retry request behind ServerHello", order::late_retry, "wrong-order: server_hello"),
    ("a ClientHello", || order::message(HandshakeType::CLIENT_HELLO), "wrong-order: client_hello"),
    ("a message of type 99", || order::message(HandshakeType(99)), "wrong-order: 0x63"),
    (
        "EndOfEarlyData",
        || order::message(HandshakeType::END_OF_EARLY_DATA),
        "wrong-order: end_of_early_data",
    ),
    ("tickets without end, TLS 1.3", || order::endless_tickets(Tls13), "completed, over-bytes"),
    ("tickets without end, TLS 1.2", || order::endless_tickets(Ecdhe12), "over-bytes"),
    ("a ticket before Finished, TLS 1.3", order::early_ticket, "wrong-order: new_session_ticket"),
    ("key updates without end", || order::endless_updates(0), "completed, over-bytes"),
    (
        "key updates without end, ours wished for too",
        || order::endless_updates(1),
        "completed, over-bytes",
    ),
    (
        "a key update of a kind that is none",
        order::strange_update,
        "completed, malformed: illegal request_update",
    ),
    ("a key update before Finished", order::early_update, "wrong-order: key_update"),
    (
        "a key update with the next message in its record",
        order::update_not_at_end,
        "completed, wrong-order: finished",
    ),
    (
        "ServerHello with the next message in its record",
        order::hello_not_at_end,
        "wrong-order: encrypted_extensions",
    ),
    (
        "a request for a certificate behind the handshake",
        order::late_request,
        "completed, wrong-order: certificate_request",
    ),
    ("two requests for a certificate", order::two_requests, "wrong-order: certificate_request"),
];

/// Lengths.
pub(super) const LENGTHS: &[Misbehaviour] = &[
    ("a message of 16 MiB announced, in the clear", || lengths::announced(RSA12), "over-bytes"),
    ("a message of 16 MiB announced, protected", || lengths::announced(Tls13), "over-bytes"),
    ("a chain of 100 certificates", || lengths::chain(100), "completed, closed"),
    (
        "a chain of 100 copies of a certificate, TLS 1.2",
        || lengths::copies(Ecdhe12, 100),
        "completed, closed",
    ),
    (
        "a chain of 100 copies of a certificate, TLS 1.3",
        || lengths::copies(Tls13, 100),
        "completed, closed",
    ),
    ("a chain of 30,000 empty certificates", || lengths::chain(30_000), "completed, closed"),
    ("no certificate in Certificate, TLS 1.3", || lengths::no_chain(Tls13), "completed, closed"),
    ("no certificate in Certificate, TLS 1.2", || lengths::no_chain(Ecdhe12), "completed, closed"),
    (
        "no certificate in Certificate, to encrypt to",
        || lengths::no_chain(RSA12),
        "not-completable: TLS_RSA_WITH_AES_128_CBC_SHA",
    ),
    ("a certificate that is none", lengths::no_certificate, "completed, closed"),
    ("an extension of 64 KiB in ServerHello", lengths::hello_extension, "completed, closed"),
    (
        "an extension of 64 KiB in EncryptedExtensions",
        lengths::encrypted_extension,
        "malformed: illegal extension that was not offered",
    ),
    (
        "an extension of 64 KiB beside a certificate",
        lengths::certificate_extension,
        "completed, closed",
    ),
    ("an extension of 64 KiB in a ticket", lengths::ticket_extension, "completed, closed"),
    ("an extension of 64 KiB in a retry request", lengths::retry_extension, "completed, closed"),
    (
        "an extension of 64 KiB in a request for a certificate",
        lengths::request_extension,
        "completed, closed",
    ),
    ("names of authorities, 64 KiB of them", lengths::authorities, "completed, closed"),
    ("a stapled status of 120 KiB", lengths::status, "completed, closed"),
    (
        "a list that is longer than its message",
        lengths::long_list,
        "malformed: certificate_list needs 459 bytes, 331 are left",
    ),
    (
        "a byte behind ServerHello's extensions",
        lengths::trailing,
        "malformed: 1 bytes left over behind ServerHello",
    ),
    ("a byte in ServerHelloDone", lengths::done, "completed, closed"),
    ("a session id of 255 bytes", lengths::session_id, "completed, closed"),
    ("a Finished of no bytes, TLS 1.3", || lengths::finished(Tls13, 0), "bad-finished"),
    ("a Finished of no bytes, TLS 1.2", || lengths::finished(Ecdhe12, 0), "bad-finished"),
    ("a Finished of 100 KiB, TLS 1.3", || lengths::finished(Tls13, 100_000), "bad-finished"),
    ("a Finished of 100 KiB, SSL 3", || lengths::finished(SSL3, 100_000), "bad-finished"),
    ("a cookie of 32,769 bytes", lengths::cookie, "malformed: illegal length of a cookie"),
    (
        "a certificate that unpacks to 16 MiB, zlib",
        || lengths::bomb(1),
        "malformed: illegal compressed certificate",
    ),
    (
        "a certificate that unpacks to 16 MiB, brotli",
        || lengths::bomb(2),
        "malformed: illegal compressed certificate",
    ),
    (
        "a certificate that unpacks to 16 MiB, zstd",
        || lengths::bomb(3),
        "malformed: illegal compressed certificate",
    ),
    (
        "a certificate packed as nobody asked",
        || lengths::bomb(9),
        "wrong-order: compressed_certificate",
    ),
    (
        "a certificate that says it unpacks to 16 MiB less one",
        lengths::announced_bomb,
        "over-bytes",
    ),
];

/// Values.
pub(super) const VALUES: &[Misbehaviour] = &[
    ("a wrong Finished, TLS 1.3", || values::finished(Tls13), "bad-finished"),
    ("a wrong Finished, TLS 1.2", || values::finished(Ecdhe12), "bad-finished"),
    ("a wrong Finished, TLS 1.1", || values::finished(RSA11), "bad-finished"),
    ("a wrong Finished, TLS 1.0", || values::finished(RSA10), "bad-finished"),
    ("a wrong Finished, SSL 3", || values::finished(SSL3), "bad-finished"),
    ("a wrong signature, TLS 1.3", values::signature13, "bad-signature"),
    ("a wrong signature, TLS 1.2", values::signature12, "bad-signature"),
    ("an empty signature", values::empty_signature, "bad-signature"),
    (
        "a point that is not on the curve, TLS 1.3",
        values::key_share_off_curve,
        "malformed: illegal key_share",
    ),
    ("a share of zeros, X25519", || values::key_share(&[0; 32]), "malformed: illegal key_share"),
    ("a share that is too short", || values::key_share(&[9; 31]), "malformed: illegal key_share"),
    ("a share that is too long", || values::key_share(&[9; 33]), "malformed: illegal key_share"),
    ("a share without a byte", || values::key_share(&[]), "malformed: illegal key_share"),
    (
        "a share of a group without a share of ours",
        values::other_group,
        "malformed: illegal group of key_share",
    ),
    ("two shares", values::two_shares, "completed, closed"),
    (
        "a point that is not on the curve, TLS 1.2",
        || values::point(NamedGroup::SECP256R1, &off_curve()),
        "malformed: illegal ECPoint",
    ),
    (
        "the point at infinity",
        || values::point(NamedGroup::SECP256R1, &[0]),
        "malformed: illegal ECPoint",
    ),
    (
        "a point that is too short",
        || values::point(NamedGroup::SECP256R1, &[4; 64]),
        "malformed: illegal ECPoint",
    ),
    ("no point", || values::point(NamedGroup::SECP256R1, &[]), "malformed: illegal ECPoint"),
    (
        "a point of zeros, X25519",
        || values::point(NamedGroup::X25519, &[0; 32]),
        "malformed: illegal ECPoint",
    ),
    (
        "a curve that nobody knows",
        || values::point(NamedGroup(0xfefe), &[4; 65]),
        "not-completable: TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    ),
    (
        "a curve written out",
        values::written_out,
        "not-completable: TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    ),
    ("a DH value of 0", || values::dh_value(0), "malformed: illegal dh_Ys"),
    ("a DH value of 1", || values::dh_value(1), "malformed: illegal dh_Ys"),
    ("a DH value of p - 1", || values::dh_value(2), "malformed: illegal dh_Ys"),
    ("a DH value of p", || values::dh_value(3), "malformed: illegal dh_Ys"),
    ("a DH value of p + 2", || values::dh_value(4), "malformed: illegal dh_Ys"),
    ("a DH prime of 0", || values::dh_prime(vec![0; 128]), "malformed: illegal dh_p"),
    ("a DH prime of no bytes", || values::dh_prime(Vec::new()), "malformed: illegal dh_p"),
    (
        "a DH prime that is even",
        || values::dh_prime([vec![0xfe; 127], vec![0]].concat()),
        "malformed: illegal dh_p",
    ),
    (
        "a DH prime of 16 kbit",
        || values::dh_prime([vec![0xff; 2047], vec![0xfb]].concat()),
        "closed",
    ),
    (
        "a DH prime of 64 kB",
        || values::dh_prime(vec![0xff; 65_535]),
        "not-completable: TLS_DH_anon_WITH_AES_128_CBC_SHA",
    ),
    ("a mark of a downgrade, TLS 1.2", || values::downgrade(Ecdhe12), "completed, closed"),
    ("a mark of a downgrade, TLS 1.0", || values::downgrade(RSA10), "completed, closed"),
    (
        "TLS 1.3 in the field of old versions",
        values::version13,
        "not-completable: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    ),
    ("a version that nobody has", values::version, "version-refused: 0x0377"),
    (
        "a suite that was not offered",
        || values::suite(0x0004),
        "not-completable: TLS_RSA_WITH_RC4_128_MD5",
    ),
    (
        "a suite of TLS 1.3 in TLS 1.2",
        || values::suite(0x1301),
        "not-completable: TLS_AES_128_GCM_SHA256",
    ),
    ("a suite that nobody knows", || values::suite(0xeeee), "not-completable: 0xeeee"),
    (
        "a compression that was not offered",
        values::compression,
        "malformed: illegal compression method",
    ),
    ("another session id than ours, TLS 1.3", values::session_id, "completed, closed"),
    ("a session id of its own, TLS 1.2", values::resumption, "completed, closed"),
    (
        "an extension that was not offered, ServerHello",
        || values::unsolicited(HandshakeType::SERVER_HELLO, Tls13),
        "completed, closed",
    ),
    (
        "an extension that was not offered, TLS 1.2",
        || values::unsolicited(HandshakeType::SERVER_HELLO, Ecdhe12),
        "completed, closed",
    ),
    (
        "an extension that was not offered, encrypted",
        || values::unsolicited(HandshakeType::ENCRYPTED_EXTENSIONS, Tls13),
        "malformed: illegal extension that was not offered",
    ),
    (
        "an extension that was not offered, in a retry",
        || values::unsolicited(HandshakeType::HELLO_RETRY_REQUEST, Tls13),
        "completed, closed",
    ),
    (
        "an extension that was not offered, certificate",
        || values::unsolicited(HandshakeType::CERTIFICATE, Tls13),
        "completed, closed",
    ),
    (
        "an extension twice in EncryptedExtensions",
        values::repeated,
        "malformed: illegal extension that stands twice",
    ),
    (
        "a pre_shared_key that was not offered",
        values::pre_shared_key,
        "malformed: illegal pre_shared_key that was not offered",
    ),
    ("an RSA key of 16 kbit", || values::rsa_key(2_048), "bad-finished"),
    (
        "an RSA key of 64 kbit",
        || values::rsa_key(8_192),
        "not-completable: TLS_RSA_WITH_AES_128_CBC_SHA",
    ),
    ("an RSA key of 1 bit", || values::rsa_key(0), "not-completable: TLS_RSA_WITH_AES_128_CBC_SHA"),
];

fn off_curve() -> [u8; 65] {
    [4; 65]
}

/// The whole list.
pub(super) fn all() -> impl Iterator<Item = &'static Misbehaviour> {
    [RECORDS, ORDER, LENGTHS, VALUES].into_iter().flatten()
}
