-- T04d · TLS versions negotiated: active and passive side by side
--
-- Question: Which versions do servers choose, of our offer and in traffic, from SSL 2 to TLS 1.3 and its drafts?
--
-- Columns:
--   protocol : word : Protocol : what is spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   version : text : Version : name of the version chosen; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal
--   completed : count : Endpoints : endpoints that completed the handshake with us in it
--   completed_of_all : share : completed : endpoints of this service that completed a handshake, any version
--   servers : count : Servers : distinct addresses of servers that chose it in a connection
--   servers_of_all : share : servers : servers of this service that chose a version
--   negotiated : count : Connections : connections with a ServerHello of this version
--   negotiated_of_all : share : negotiated : connections of this service with a ServerHello
--   established : count : Established : connections among them that were seen established
--   established_of_all : share : established : connections of this service that were seen established
--
-- Notes:
--   † STARTTLS. Endpoints: what servers prefer of our offer; connections: what they prefer of their clients' offers (T04e).
--   A server that chose several versions counts under each, so that these shares add up to more than 100 %.
--   SSL 2 is heard out but never completed by us: T04 counts who answers in it. Connections count, not bytes or messages.
--   Nothing stands where one half has nothing of this service.

WITH versions AS (
    SELECT
        concat(protocol, '') AS protocol, concat(tls_version, '') AS version, tls_version_code + 0 AS code,
        1 AS completed, CAST(NULL AS STRING) AS server, 0 AS negotiated, 0 AS established
    FROM counted
    WHERE tls_version_seen = 'seen' AND tls_completed
    UNION ALL
    SELECT
        concat(protocol, '') AS protocol, concat(tls_version, '') AS version, tls_version_code + 0 AS code,
        0 AS completed, concat(server_addr, '') AS server, 1 AS negotiated,
        CASE WHEN tls_seen_established THEN 1 ELSE 0 END AS established
    FROM counted_flows
    WHERE tls_version_seen = 'seen'
),
placed AS (
    SELECT b.block, b.heading, b.place, v.version, v.code, v.completed, v.server, v.negotiated, v.established
    FROM versions v
    JOIN blocks b ON b.protocol = v.protocol
),
sums AS (
    SELECT
        block, heading, place, version, code,
        sum(completed) AS completed, count(DISTINCT server) AS servers, sum(negotiated) AS negotiated,
        sum(established) AS established
    FROM placed
    GROUP BY block, heading, place, version, code
),
totals AS (
    SELECT
        block, sum(completed) AS completed, count(DISTINCT server) AS servers, sum(negotiated) AS negotiated,
        sum(established) AS established
    FROM placed
    GROUP BY block
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.version,
    n.code,
    CASE WHEN t.completed > 0 THEN n.completed END AS completed,
    t.completed AS completed_of_all,
    CASE WHEN t.servers > 0 THEN n.servers END AS servers,
    t.servers AS servers_of_all,
    CASE WHEN t.negotiated > 0 THEN n.negotiated END AS negotiated,
    t.negotiated AS negotiated_of_all,
    CASE WHEN t.negotiated > 0 THEN n.established END AS established,
    t.established AS established_of_all
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.code
