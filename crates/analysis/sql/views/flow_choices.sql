-- flow_choices: one row per counted connection whose server chose a cipher suite, with what the suite and the group are made of
--
-- Columns:
--   version : version chosen, by name
--   version_code : version chosen, code point
--   suite : suite chosen, IANA name; unknown code points in hexadecimal
--   suite_code : suite chosen, code point
--   key_exchange : kind of key exchange: RSA, DHE, ECDHE, HYBRID, KEM, PSK and so on; unknown where the suite is
--   authentication : how the server proves who it is; anon: not at all; NULL: unknown suite
--   cipher : cipher with its mode; NULL: unknown suite
--   export : the suite was made weak on purpose for export; NULL: unknown suite
--   cbc : a block cipher in CBC mode; NULL: unknown suite
--   aead : cipher and integrity in one; NULL: unknown suite
--   forward_secret : the handshake has a fresh key on both sides; NULL: unknown suite
--   group_name : group of the key exchange, IANA name; unknown code points in hexadecimal; NULL: none, or it ended before
--   group_code : group of the key exchange, code point
--   group_kind : curve, binary curve, finite field, hybrid, lattice or unknown; NULL where there is no group
--   dh_bits : size of the finite field's prime in bits, written out or named; NULL: none, or it ended before
--   dh_prime_sha256 : SHA-256 of the prime without leading zeros; NULL: none, or it ended before
--   dh_safe_prime : half of that prime, less one, is prime too; NULL: not known
--   dh_generator : generator as sent, hexadecimal; NULL where the field was only named (TLS 1.3)
--   dh_prime : name of the finite field, or `custom` and the start of the SHA-256; NULL: none, or it ended before
--   public_value : SHA-256 of the server's public value in the key exchange; NULL: none, or it ended before
--
-- The same as tls_choices, of connections. A session that is resumed has no key exchange to be heard: its suite still says of
-- what kind the first one was.
-- Functions that not every engine has stand in views only, so that the tables' own SQL runs elsewhere too.

WITH chosen AS (
    SELECT
        f.run_id, f.flow_id, f.client, f.server_addr, f.server_port, f.protocol, f.mode,
        f.tls_seen_established, f.tls_session_resumed, f.tls_hello_retry,
        f.tls_version AS version,
        f.tls_version_code AS version_code,
        f.tls_suite AS suite,
        f.tls_suite_code AS suite_code,
        coalesce(f.tls_key_exchange, nullif(s.key_exchange, 'ANY'), 'unknown') AS key_exchange,
        s.authentication,
        s.cipher,
        s.export,
        s.cbc,
        s.aead,
        coalesce(f.tls_group, CASE WHEN f.tls_group_code IS NOT NULL THEN 'unknown' END) AS group_name,
        f.tls_group_code AS group_code,
        CASE WHEN f.tls_group_code IS NOT NULL THEN coalesce(g.kind, 'unknown') END AS group_kind,
        f.tls_dh_bits AS dh_bits,
        f.tls_dh_prime_sha256 AS dh_prime_sha256,
        f.tls_dh_group_name AS dh_known_as,
        f.tls_dh_safe_prime AS dh_safe_prime,
        f.tls_dh_generator AS dh_generator,
        f.tls_server_public_sha256 AS public_value
    FROM counted_flows f
    LEFT JOIN suites s ON s.code = f.tls_suite_code
    LEFT JOIN groups g ON g.code = f.tls_group_code
    WHERE f.tls_suite_code IS NOT NULL
)
SELECT
    run_id, flow_id, client, server_addr, server_port, protocol, mode, tls_seen_established, tls_session_resumed, tls_hello_retry,
    version, version_code, suite, suite_code, key_exchange, authentication, cipher, export, cbc, aead,
    CASE WHEN key_exchange <> 'unknown' THEN fresh.kind IS NOT NULL END AS forward_secret,
    group_name, group_code, group_kind, dh_bits, dh_prime_sha256, dh_safe_prime, dh_generator,
    CASE
        WHEN dh_bits IS NOT NULL
            THEN coalesce(dh_known_as, concat('custom ', overlay(dh_prime_sha256, '', 17, 48)))
    END AS dh_prime,
    public_value
FROM chosen
LEFT JOIN fresh_key_exchanges fresh ON fresh.kind = key_exchange
