-- T07f · Values that come again (passive)
--
-- Question: Which values that should be one server's own, or new in each connection, come again in other connections and from other servers?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   kind : word : Kind : curve-public-value, finite-field-public-value, server-random, session-id or ticket-key-name
--   value_kind : text : Value : what it is
--   connections : count : Connections : connections in which such a value was shown
--   distinct_values : count : Different : different values among them
--   again : count : Again : connections whose value another counted connection showed too, of any service
--   again_of_connections : share : connections : connections in which such a value was shown
--   servers : count : Servers : distinct addresses of servers that showed such a value
--   other_servers : count : Shared : servers that showed a value which another address showed too
--   other_servers_of_servers : share : servers : servers that showed such a value
--   most_servers : number : Most servers : addresses that showed the most frequent value
--
-- Notes:
--   † STARTTLS. The view flow_values has the values, and who showed them. What TLS 1.3 encrypts is not among them.
--   Whoever has the key of a ticket, or the private half of a public value, reads the connections of all who share it.
--   Where two sensors see the same connection, its values come again.
--   A server may keep the key of its tickets for hours, and uses a public value again to save work; a random that comes again is a fault.
--   Addresses count, not machines: one that has several shares its values with itself.

WITH scoped AS (
    SELECT b.block, b.heading, b.place, v.server_addr, v.kind, v.value, v.connections, v.servers
    FROM flow_values v
    JOIN blocks b ON b.protocol = v.protocol
),
sums AS (
    SELECT
        block, heading, place, kind,
        count(*) AS connections,
        count(DISTINCT value) AS distinct_values,
        sum(CASE WHEN connections > 1 THEN 1 ELSE 0 END) AS again,
        count(DISTINCT server_addr) AS servers,
        count(DISTINCT CASE WHEN servers > 1 THEN server_addr END) AS other_servers,
        max(servers) AS most_servers
    FROM scoped
    GROUP BY block, heading, place, kind
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.kind,
    CASE n.kind
        WHEN 'curve-public-value' THEN 'public value, curve'
        WHEN 'finite-field-public-value' THEN 'public value, finite field'
        WHEN 'server-random' THEN 'random'
        WHEN 'session-id' THEN 'session id'
        ELSE 'key of tickets'
    END AS value_kind,
    n.connections,
    n.distinct_values,
    n.again,
    n.connections AS again_of_connections,
    n.servers,
    n.other_servers,
    n.servers AS other_servers_of_servers,
    n.most_servers
FROM sums n
ORDER BY n.place, n.block, n.kind
