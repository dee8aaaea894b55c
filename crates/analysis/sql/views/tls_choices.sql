-- tls_choices: one row per counted endpoint whose server chose a cipher suite, with what the suite and the group are made of
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
--   dh_known_as : name of the finite field, where it is a known one
--   dh_safe_prime : half of that prime, less one, is prime too; NULL: not known
--   dh_generator : generator as sent, hexadecimal; NULL where the field was only named (TLS 1.3)
--   dh_prime : that name, or `custom` and the start of the SHA-256; NULL: none, or it ended before
--   public_value : SHA-256 of the server's public value in the key exchange; NULL: none, or it ended before
--   public_value_uses : counted endpoints that sent this public value; 0 where there is none

-- Functions that not every engine has stand in views only, so that the tables' own SQL runs elsewhere too.

WITH chosen AS (
    SELECT
        p.run_id, p.target, p.name, p.addr, p.port, p.protocol, p.mode, p.tls_completed, p.tls_hello_retry,
        p.tls_version AS version,
        p.tls_version_code AS version_code,
        p.tls_suite AS suite,
        p.tls_suite_code AS suite_code,
        coalesce(p.tls_key_exchange, nullif(s.key_exchange, 'ANY'), 'unknown') AS key_exchange,
        s.authentication,
        s.cipher,
        s.export,
        s.cbc,
        s.aead,
        coalesce(p.tls_group, CASE WHEN p.tls_group_code IS NOT NULL THEN 'unknown' END) AS group_name,
        p.tls_group_code AS group_code,
        CASE WHEN p.tls_group_code IS NOT NULL THEN coalesce(g.kind, 'unknown') END AS group_kind,
        p.tls_dh_bits AS dh_bits,
        p.tls_dh_prime_sha256 AS dh_prime_sha256,
        p.tls_dh_group_name AS dh_known_as,
        p.tls_dh_safe_prime AS dh_safe_prime,
        p.tls_dh_generator AS dh_generator,
        p.tls_server_public_sha256 AS public_value
    FROM counted p
    LEFT JOIN suites s ON s.code = p.tls_suite_code
    LEFT JOIN groups g ON g.code = p.tls_group_code
    WHERE p.tls_suite_code IS NOT NULL
)
SELECT
    run_id, target, name, addr, port, protocol, mode, tls_completed, tls_hello_retry,
    version, version_code, suite, suite_code, key_exchange, authentication, cipher, export, cbc, aead,
    CASE WHEN key_exchange <> 'unknown' THEN fresh.kind IS NOT NULL END AS forward_secret,
    group_name, group_code, group_kind, dh_bits, dh_prime_sha256,
    dh_known_as, dh_safe_prime, dh_generator,
    CASE
        WHEN dh_bits IS NOT NULL
            THEN coalesce(dh_known_as, concat('custom ', overlay(dh_prime_sha256, '', 17, 48)))
    END AS dh_prime,
    public_value,
    CASE WHEN public_value IS NULL THEN 0 ELSE count(*) OVER (PARTITION BY public_value) END AS public_value_uses
FROM chosen
LEFT JOIN fresh_key_exchanges fresh ON fresh.kind = key_exchange
