//! Values that come again in other connections of the same server.

use openssl::dh::Dh;
use openssl::ssl::SslVersion;
use tlscensus_tls_client::enumerate::Reuse;
use tlscensus_tls_client::enumerate::Value;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::enumerating::enumerate;
use crate::support::model_server::Minds;
use crate::support::model_server::Model;
use crate::support::model_server::ModelServer;
use crate::support::model_server::Refusal;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;

fn reuse(budget: u32, server: impl FnMut() -> Box<dyn Server>) -> Vec<Reuse> {
    enumerate(budget, &[], server).facts.reuse
}

fn of(facts: &[Reuse], value: Value) -> (u32, u32) {
    let reuse = facts.iter().find(|reuse| reuse.value == value).unwrap();
    (reuse.seen, reuse.distinct)
}

/// OpenSSL makes all of them anew, but for the key of its tickets.
#[test]
fn what_openssl_makes_anew_is_new_each_time() {
    let mut builder = context(Kind::Rsa2048.identity());
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).unwrap();
    builder.set_cipher_list("ECDHE+AESGCM:DHE+AESGCM:AES128-SHA:@SECLEVEL=0").unwrap();
    builder.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
    builder.set_session_id_context(b"test").unwrap();
    let context = builder.build();
    let found = reuse(100, || Box::new(OpensslServer::from_context(&context)));
    for value in [Value::CurvePublicValue, Value::FiniteFieldPublicValue, Value::ServerRandom] {
        let (seen, distinct) = of(&found, value);
        assert!(seen > 1 && distinct == seen, "{value:?} {seen} {distinct}");
    }
    let (names, _) = of(&found, Value::SessionId);
    assert_eq!(of(&found, Value::SessionId), (names, names));
    assert!(names >= 1);
    let (tickets, keys) = of(&found, Value::TicketKeyName);
    assert!(tickets > 2 && keys == 1, "{tickets} tickets under {keys} keys");
}

/// The model says the same in every connection.
#[test]
fn what_comes_again_is_told() {
    let dhe = CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA;
    let dhe_256 = CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA;
    let ecdhe = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA;
    let model = Model {
        versions: vec![(Version::TLS_1_2, vec![ecdhe, dhe, dhe_256])],
        server_decides_suites: true,
        legacy_groups: vec![NamedGroup::SECP256R1],
        tls13_groups: Vec::new(),
        server_decides_groups: true,
        schemes: vec![SignatureScheme::RSA_PKCS1_SHA256],
        certificate_curve: None,
        minds_certificate_curve: false,
        protocols: Vec::new(),
        protocols_strict: false,
        refusal: Refusal::Alert,
        minds: Minds::Nothing,
    };
    let found = reuse(100, || Box::new(ModelServer::new(model.clone())));
    for value in [Value::CurvePublicValue, Value::FiniteFieldPublicValue, Value::ServerRandom] {
        let (seen, distinct) = of(&found, value);
        assert!(seen > 1 && distinct == 1, "{value:?} {seen} {distinct}");
    }
    for value in [Value::SessionId, Value::TicketKeyName] {
        assert_eq!(of(&found, value), (0, 0), "{value:?} was never shown");
    }
    let none = reuse(0, || Box::new(ModelServer::new(model.clone())));
    assert!(none.iter().all(|reuse| (reuse.seen, reuse.distinct) == (0, 0)));
}
