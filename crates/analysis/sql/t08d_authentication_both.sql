-- T08d · Authentication mechanisms offered before TLS: active and passive side by side
--
-- Question: Which authentication mechanisms do servers offer in plaintext, to us and in traffic?
--
-- Columns:
--   protocol : word : Protocol : what is spoken
--   service : text : Service : name of the service; † marks STARTTLS
--   mechanism : text : Mechanism : name as sent, upper case; (none): the list was read and offers none
--   endpoints : count : Endpoints : endpoints whose list before TLS has it, in whatever form
--   endpoints_of_read : share : lists read : endpoints whose list was read before TLS
--   servers : count : Servers : distinct addresses of servers whose list had it in a connection
--   servers_of_read : share : servers heard : servers whose list was read in a connection
--   connections : count : Connections : connections whose list has it, in whatever form
--   connections_of_read : share : lists read : connections whose list was read
--   unread : count : Not read : connections that begin in plaintext, but whose list was not read
--
-- Notes:
--   † STARTTLS. A server offers several mechanisms, so shares add up to more than 100 %.
--   After TLS only a scan can read the list: T08. USER and APOP are POP3's own commands.
--   A server may show different lists to different clients: then it counts under the mechanisms of all of them.
--   Nothing stands where one half has read no list of this service.

WITH endpoints AS (
    SELECT DISTINCT concat(protocol, '') AS protocol, run_id, target, addr, port, coalesce(concat(mechanism, ''), '') AS mechanism
    FROM authentication_offers
    WHERE stage = 'before TLS' AND list_read
),
active AS (
    SELECT protocol, mechanism, count(*) AS endpoints FROM endpoints GROUP BY protocol, mechanism
),
active_totals AS (
    SELECT protocol, count(*) AS endpoints
    FROM (SELECT DISTINCT protocol, run_id, target, addr, port FROM endpoints) AS read_
    GROUP BY protocol
),
connections AS (
    SELECT DISTINCT concat(protocol, '') AS protocol, run_id, flow_id, server_addr, coalesce(concat(mechanism, ''), '') AS mechanism
    FROM flow_mechanisms
),
passive AS (
    SELECT protocol, mechanism, count(*) AS connections, count(DISTINCT server_addr) AS servers
    FROM connections
    GROUP BY protocol, mechanism
),
passive_totals AS (
    SELECT
        concat(protocol, '') AS protocol,
        sum(CASE WHEN list_read THEN 1 ELSE 0 END) AS connections,
        count(DISTINCT CASE WHEN list_read THEN server_addr END) AS servers,
        sum(CASE WHEN list_read THEN 0 ELSE 1 END) AS unread
    FROM flow_authentication
    GROUP BY concat(protocol, '')
),
mechanisms AS (
    SELECT protocol, mechanism FROM active
    UNION
    SELECT protocol, mechanism FROM passive
),
rows_ AS (
    SELECT
        coalesce(m.protocol, q.protocol) AS protocol,
        CASE WHEN m.mechanism IS NULL THEN '(no list read)' WHEN m.mechanism = '' THEN '(none)' ELSE m.mechanism END AS mechanism,
        coalesce(a.endpoints, 0) AS endpoints, coalesce(b.endpoints, 0) AS endpoints_read,
        coalesce(p.servers, 0) AS servers, coalesce(q.servers, 0) AS servers_read,
        coalesce(p.connections, 0) AS connections, coalesce(q.connections, 0) AS connections_read,
        coalesce(q.unread, 0) AS unread
    FROM mechanisms m
    LEFT JOIN active a ON a.protocol = m.protocol AND a.mechanism = m.mechanism
    LEFT JOIN active_totals b ON b.protocol = m.protocol
    LEFT JOIN passive p ON p.protocol = m.protocol AND p.mechanism = m.mechanism
    FULL JOIN passive_totals q ON q.protocol = m.protocol
)
SELECT
    n.protocol,
    b.heading AS service,
    n.mechanism,
    CASE WHEN n.endpoints_read > 0 THEN n.endpoints END AS endpoints,
    n.endpoints_read AS endpoints_of_read,
    CASE WHEN n.servers_read > 0 THEN n.servers END AS servers,
    n.servers_read AS servers_of_read,
    CASE WHEN n.connections_read > 0 THEN n.connections END AS connections,
    n.connections_read AS connections_of_read,
    n.unread
FROM rows_ n
JOIN blocks b ON b.block = n.protocol
ORDER BY b.place, n.protocol, connections DESC NULLS LAST, endpoints DESC NULLS LAST, mechanism
