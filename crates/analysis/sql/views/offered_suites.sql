-- offered_suites: one row per counted connection whose client's hello was heard and kind of suite in it
--
-- Columns:
--   kind : kind of suite: forward-secret, tls13, kex-rsa, anonymous, export, null-cipher, rc4, des, triple-des, cbc, aead, chacha20, ssl2, unknown, fallback-signal
--   kind_place : place of the kind in a table
--   alone : no suite of another kind is offered; signals and habits are no suites
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

WITH unnested AS (
    SELECT suites, CAST(unnest(string_to_array(suites, ' ')) AS BIGINT) AS code
    FROM (SELECT DISTINCT suites FROM flow_offers WHERE suites <> '') AS lists
),
-- A client may name one twice.
codes AS (
    SELECT DISTINCT suites, code FROM unnested
),
offered AS (
    SELECT
        c.suites, c.code, s.suite, s.key_exchange, s.authentication, s.cipher, s.export, s.cbc, s.aead,
        -- TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV, and GREASE: two equal bytes that end in a.
        c.code IN (255, 22016) OR c.code < 65536 AND c.code % 4112 = 2570 AS signal
    FROM codes c
    LEFT JOIN suites s ON s.code = c.code
),
kinds AS (
    SELECT 1 AS kind_place, 'tls13' AS kind
    UNION ALL SELECT 2 AS kind_place, 'forward-secret' AS kind
    UNION ALL SELECT 3 AS kind_place, 'kex-rsa' AS kind
    UNION ALL SELECT 4 AS kind_place, 'aead' AS kind
    UNION ALL SELECT 5 AS kind_place, 'chacha20' AS kind
    UNION ALL SELECT 6 AS kind_place, 'cbc' AS kind
    UNION ALL SELECT 7 AS kind_place, 'triple-des' AS kind
    UNION ALL SELECT 8 AS kind_place, 'rc4' AS kind
    UNION ALL SELECT 9 AS kind_place, 'des' AS kind
    UNION ALL SELECT 10 AS kind_place, 'export' AS kind
    UNION ALL SELECT 11 AS kind_place, 'anonymous' AS kind
    UNION ALL SELECT 12 AS kind_place, 'null-cipher' AS kind
    UNION ALL SELECT 13 AS kind_place, 'ssl2' AS kind
    UNION ALL SELECT 14 AS kind_place, 'unknown' AS kind
    UNION ALL SELECT 15 AS kind_place, 'fallback-signal' AS kind
),
kinds_offered AS (
    SELECT o.suites, o.code, k.kind, k.kind_place
    FROM offered o
    CROSS JOIN kinds k
    WHERE
        CASE k.kind
            WHEN 'tls13' THEN o.key_exchange = 'ANY'
            WHEN 'forward-secret' THEN o.key_exchange IN ('ANY', 'DHE', 'DHE_PSK', 'ECCPWD', 'ECDHE', 'ECDHE_PSK', 'SRP')
            WHEN 'kex-rsa' THEN o.key_exchange = 'RSA'
            WHEN 'aead' THEN o.aead
            WHEN 'chacha20' THEN o.cipher = 'CHACHA20_POLY1305'
            WHEN 'cbc' THEN o.cbc
            WHEN 'triple-des' THEN o.cipher = '3DES_EDE_CBC'
            WHEN 'rc4' THEN o.cipher = 'RC4'
            WHEN 'des' THEN o.cipher = 'DES_CBC'
            WHEN 'export' THEN o.export
            WHEN 'anonymous' THEN o.authentication IN ('NULL', 'anon')
            WHEN 'null-cipher' THEN o.cipher = 'NULL'
            WHEN 'ssl2' THEN o.code >= 65536
            WHEN 'unknown' THEN o.suite IS NULL AND o.code < 65536 AND NOT o.signal
            WHEN 'fallback-signal' THEN o.code = 22016
        END
),
lists AS (
    SELECT suites, kind, kind_place, count(*) AS found FROM kinds_offered GROUP BY suites, kind, kind_place
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
