-- offered_suites: one row per counted connection whose client's hello was heard and kind of suite in it
--
-- Columns:
--   kind : kind of suite: forward-secret, tls13, kex-rsa, anonymous, export, null-cipher, rc4, des, triple-des, cbc, aead, chacha20, ssl2, unknown, fallback-signal
--   kind_place : place of the kind in a table
--   alone : no suite of another kind is offered; signals and habits are no suites
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

WITH codes AS (
    SELECT suites, CAST(unnest(string_to_array(suites, ' ')) AS BIGINT) AS code
    FROM (SELECT DISTINCT suites FROM flow_offers WHERE suites <> '') AS lists
),
offered AS (
    SELECT DISTINCT
        c.suites, c.code, s.suite, s.key_exchange, s.authentication, s.cipher, s.export, s.cbc, s.aead,
        -- TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV, and GREASE: two equal bytes that end in a.
        c.code IN (255, 22016) OR c.code < 65536 AND c.code % 4112 = 2570 AS signal
    FROM codes c
    LEFT JOIN suites s ON s.code = c.code
),
kinds AS (
    SELECT suites, code, 'tls13' AS kind, 1 AS kind_place FROM offered WHERE key_exchange = 'ANY'
    UNION ALL
    SELECT suites, code, 'forward-secret' AS kind, 2 AS kind_place FROM offered
    WHERE key_exchange IN ('ANY', 'DHE', 'DHE_PSK', 'ECCPWD', 'ECDHE', 'ECDHE_PSK', 'SRP')
    UNION ALL
    SELECT suites, code, 'kex-rsa' AS kind, 3 AS kind_place FROM offered WHERE key_exchange = 'RSA'
    UNION ALL
    SELECT suites, code, 'aead' AS kind, 4 AS kind_place FROM offered WHERE aead
    UNION ALL
    SELECT suites, code, 'chacha20' AS kind, 5 AS kind_place FROM offered WHERE cipher = 'CHACHA20_POLY1305'
    UNION ALL
    SELECT suites, code, 'cbc' AS kind, 6 AS kind_place FROM offered WHERE cbc
    UNION ALL
    SELECT suites, code, 'triple-des' AS kind, 7 AS kind_place FROM offered WHERE cipher = '3DES_EDE_CBC'
    UNION ALL
    SELECT suites, code, 'rc4' AS kind, 8 AS kind_place FROM offered WHERE cipher = 'RC4'
    UNION ALL
    SELECT suites, code, 'des' AS kind, 9 AS kind_place FROM offered WHERE cipher = 'DES_CBC'
    UNION ALL
    SELECT suites, code, 'export' AS kind, 10 AS kind_place FROM offered WHERE export
    UNION ALL
    SELECT suites, code, 'anonymous' AS kind, 11 AS kind_place FROM offered WHERE authentication IN ('NULL', 'anon')
    UNION ALL
    SELECT suites, code, 'null-cipher' AS kind, 12 AS kind_place FROM offered WHERE cipher = 'NULL'
    UNION ALL
    SELECT suites, code, 'ssl2' AS kind, 13 AS kind_place FROM offered WHERE code >= 65536
    UNION ALL
    SELECT suites, code, 'unknown' AS kind, 14 AS kind_place FROM offered WHERE suite IS NULL AND code < 65536 AND NOT signal
    UNION ALL
    SELECT suites, code, 'fallback-signal' AS kind, 15 AS kind_place FROM offered WHERE code = 22016
),
lists AS (
    SELECT suites, kind, kind_place, count(*) AS found FROM kinds GROUP BY suites, kind, kind_place
),
sizes AS (
    SELECT suites, sum(CASE WHEN signal THEN 0 ELSE 1 END) AS size FROM offered GROUP BY suites
)
SELECT
    o.run_id, o.flow_id, o.client, o.server_addr, o.server_port, o.protocol, o.mode,
    l.kind, l.kind_place,
    l.found = z.size AND l.kind <> 'fallback-signal' AS alone
FROM flow_offers o
JOIN lists l ON l.suites = o.suites
JOIN sizes z ON z.suites = o.suites
