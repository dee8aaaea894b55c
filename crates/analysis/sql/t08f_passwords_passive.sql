-- T08f · Authentication used in plaintext (passive)
--
-- Question: In how many connections do clients authenticate without TLS, in which way, and could they have had TLS?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services that begin in plaintext
--   service : text : Service : name of the service; † marks STARTTLS
--   mechanism : text : Mechanism : way of authentication that the client was seen to use; (any): one or several
--   connections : count : Connections : connections whose client used it in plaintext
--   connections_of_all : share : connections : connections of this service that begin in plaintext
--   starttls_offered : count : STARTTLS offered : connections among them whose server offers STARTTLS
--   starttls_offered_of_connections : share : these : connections whose client used it in plaintext
--   servers : count : Servers : distinct addresses of servers to which it was used
--   servers_of_all : share : servers : servers of this service, in connections that begin in plaintext
--   clients : count : Clients : distinct keyed hashes of clients that used it
--   clients_of_all : share : clients : clients of this service, in connections that begin in plaintext
--
-- Notes:
--   † STARTTLS. Names of mechanisms only: what a client sends with them is never stored.
--   PLAIN, LOGIN and USER show the password to everybody on the path, XOAUTH2 a token, CRAM-MD5 and APOP what it can be guessed from.
--   That a client used a mechanism does not say that it was let in.

WITH began AS (
    SELECT b.block, b.heading, b.place, f.server_addr, f.client
    FROM flow_authentication f
    JOIN blocks b ON b.protocol = f.protocol
),
totals AS (
    SELECT
        block, heading, place,
        count(*) AS connections, count(DISTINCT server_addr) AS servers, count(DISTINCT client) AS clients
    FROM began
    GROUP BY block, heading, place
),
used AS (
    SELECT b.block, p.run_id, p.flow_id, p.server_addr, p.client, p.starttls_offered, p.mechanism
    FROM flow_passwords p
    JOIN blocks b ON b.protocol = p.protocol
),
scoped AS (
    SELECT block, run_id, flow_id, server_addr, client, starttls_offered, concat(mechanism, '') AS mechanism, 1 AS place FROM used
    UNION ALL
    SELECT DISTINCT block, run_id, flow_id, server_addr, client, starttls_offered, '(any)' AS mechanism, 0 AS place FROM used
),
sums AS (
    SELECT
        block, mechanism, place,
        count(*) AS connections,
        sum(CASE WHEN starttls_offered THEN 1 ELSE 0 END) AS starttls_offered,
        count(DISTINCT server_addr) AS servers,
        count(DISTINCT client) AS clients
    FROM scoped
    GROUP BY block, mechanism, place
)
SELECT
    t.block AS protocol,
    t.heading AS service,
    coalesce(n.mechanism, '(any)') AS mechanism,
    coalesce(n.connections, 0) AS connections,
    t.connections AS connections_of_all,
    coalesce(n.starttls_offered, 0) AS starttls_offered,
    coalesce(n.connections, 0) AS starttls_offered_of_connections,
    coalesce(n.servers, 0) AS servers,
    t.servers AS servers_of_all,
    coalesce(n.clients, 0) AS clients,
    t.clients AS clients_of_all
FROM totals t
LEFT JOIN sums n ON n.block = t.block
ORDER BY t.place, t.block, n.place, connections DESC, mechanism
