-- T08e · Authentication mechanisms before TLS in the server's order of preference (passive)
--
-- Question: Which combinations of mechanisms do servers offer in plaintext, in their order, and in how many connections?
--
-- Columns:
--   protocol : word : Protocol : what was spoken
--   service : text : Service : name of the service; † marks STARTTLS
--   combination : text : Mechanisms in the server's order : first mention of each; (none): the list was read and offers none
--   connections : count : Connections : connections whose list is this one
--   connections_of_read : share : lists read : connections whose list was read
--   servers : count : Servers : distinct addresses of servers whose list was this one in a connection
--   servers_of_read : share : servers heard : servers whose list was read in a connection
--   unread : count : Not read : connections that begin in plaintext, but whose list was not read
--
-- Notes:
--   † STARTTLS. The 20 most frequent combinations of each service; the rest is one row, so that the connections add up to 100 %.
--   A server that showed several lists counts under each.

WITH totals AS (
    SELECT
        protocol,
        sum(CASE WHEN list_read THEN 1 ELSE 0 END) AS connections,
        count(DISTINCT CASE WHEN list_read THEN server_addr END) AS servers,
        sum(CASE WHEN list_read THEN 0 ELSE 1 END) AS unread
    FROM flow_authentication
    GROUP BY protocol
),
lists AS (
    SELECT protocol, server_addr, CASE WHEN combination = '' THEN '(none)' ELSE combination END AS combination
    FROM flow_authentication
    WHERE list_read
),
ranked AS (
    SELECT
        protocol, combination,
        row_number() OVER (PARTITION BY protocol ORDER BY connections DESC, combination) AS place
    FROM (SELECT protocol, combination, count(*) AS connections FROM lists GROUP BY protocol, combination) AS combinations
),
cut AS (
    SELECT
        l.protocol,
        CASE WHEN r.place <= 20 THEN l.combination ELSE '(other combinations)' END AS combination,
        count(*) AS connections,
        count(DISTINCT l.server_addr) AS servers,
        min(r.place) AS place
    FROM lists l
    JOIN ranked r ON r.protocol = l.protocol AND r.combination = l.combination
    GROUP BY l.protocol, CASE WHEN r.place <= 20 THEN l.combination ELSE '(other combinations)' END
)
SELECT
    t.protocol,
    b.heading AS service,
    coalesce(c.combination, '(no list read)') AS combination,
    coalesce(c.connections, 0) AS connections,
    t.connections AS connections_of_read,
    coalesce(c.servers, 0) AS servers,
    t.servers AS servers_of_read,
    t.unread
FROM totals t
LEFT JOIN cut c ON c.protocol = t.protocol
JOIN blocks b ON b.block = t.protocol
ORDER BY b.place, t.protocol, c.place
