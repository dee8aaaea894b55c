-- T05f · Properties of the cipher suites negotiated: active and passive side by side
--
-- Question: How often do servers choose forward secrecy, and how often a cipher or a key exchange that is too weak today?
--
-- Columns:
--   protocol : word : Protocol : what is spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   property : text : Property : what the suite or the key exchange has
--   endpoints : count : Endpoints : endpoints whose server chose such a suite of our offer
--   endpoints_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   servers : count : Servers : distinct addresses of servers that chose such a suite in a connection
--   servers_of_chosen : share : servers : servers of this service that chose a suite
--   connections : count : Connections : connections whose server chose such a suite
--   connections_of_chosen : share : chosen : connections of this service whose server chose a suite
--   established : count : Established : connections among them that were seen established
--   established_of_all : share : established : connections of this service with a suite that were seen established
--
-- Notes:
--   † STARTTLS. The rows from "RSA" to "other key exchange" are exclusive among endpoints and connections; the others overlap.
--   What counts is the server's choice, whether the handshake completed or not. T05b has the endpoints in wide form.
--   A server that chose several suites counts under each of their properties.

WITH properties AS (
    SELECT block, heading, place, half, server, done, 1 AS row_, 'forward secret' AS property FROM choices_of_both
    WHERE forward_secret
    UNION ALL
    SELECT
        block, heading, place, half, server, done,
        CASE
            WHEN key_exchange = 'RSA' THEN 2
            WHEN key_exchange = 'DHE' THEN 3
            WHEN key_exchange = 'ECDHE' THEN 4
            WHEN key_exchange IN ('HYBRID', 'KEM') THEN 5
            WHEN key_exchange IN ('DHE_PSK', 'ECDHE_PSK', 'PSK', 'RSA_PSK') THEN 6
            ELSE 7
        END AS row_,
        CASE
            WHEN key_exchange IN ('RSA', 'DHE', 'ECDHE') THEN key_exchange
            WHEN key_exchange IN ('HYBRID', 'KEM') THEN 'post-quantum'
            WHEN key_exchange IN ('DHE_PSK', 'ECDHE_PSK', 'PSK', 'RSA_PSK') THEN 'PSK'
            ELSE 'other key exchange'
        END AS property
    FROM choices_of_both
    UNION ALL
    SELECT block, heading, place, half, server, done, 8 AS row_, 'anonymous' AS property FROM choices_of_both
    WHERE authentication IN ('NULL', 'anon')
    UNION ALL
    SELECT block, heading, place, half, server, done, 9 AS row_, 'export' AS property FROM choices_of_both WHERE export
    UNION ALL
    SELECT
        block, heading, place, half, server, done,
        CASE cipher WHEN 'NULL' THEN 10 WHEN 'RC4' THEN 11 WHEN 'DES_CBC' THEN 12 WHEN '3DES_EDE_CBC' THEN 13 ELSE 16 END AS row_,
        CASE cipher WHEN 'DES_CBC' THEN 'DES' WHEN '3DES_EDE_CBC' THEN '3DES' WHEN 'CHACHA20_POLY1305' THEN 'ChaCha20' ELSE cipher END
            AS property
    FROM choices_of_both
    WHERE cipher IN ('NULL', 'RC4', 'DES_CBC', '3DES_EDE_CBC', 'CHACHA20_POLY1305')
    UNION ALL
    SELECT block, heading, place, half, server, done, 14 AS row_, 'CBC' AS property FROM choices_of_both WHERE cbc
    UNION ALL
    SELECT block, heading, place, half, server, done, 15 AS row_, 'AEAD' AS property FROM choices_of_both WHERE aead
    UNION ALL
    SELECT block, heading, place, half, server, done, 17 AS row_, 'unknown suite' AS property FROM choices_of_both
    WHERE cipher IS NULL
),
sums AS (
    SELECT
        block, heading, place, row_, property,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT server) AS servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections,
        sum(CASE WHEN half = 'passive' AND done THEN 1 ELSE 0 END) AS established
    FROM properties
    GROUP BY block, heading, place, row_, property
),
totals AS (
    SELECT
        block,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT server) AS servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections,
        sum(CASE WHEN half = 'passive' AND done THEN 1 ELSE 0 END) AS established
    FROM choices_of_both
    GROUP BY block
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.property,
    n.endpoints,
    t.endpoints AS endpoints_of_chosen,
    n.servers,
    t.servers AS servers_of_chosen,
    n.connections,
    t.connections AS connections_of_chosen,
    n.established,
    t.established AS established_of_all
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.row_
