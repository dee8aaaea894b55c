-- T07e · Groups that clients offer (passive)
--
-- Question: Which groups do clients offer, hybrid ones among them, and for which do they send a public value at once?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   group_name : text : Group : IANA name; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal
--   kind : text : Kind : curve, binary curve, finite field, hybrid (a curve and a lattice), lattice or unknown
--   connections : count : Connections : connections whose client offers it
--   connections_of_hellos : share : hellos : connections of this service whose client's hello was heard
--   named_first : count : First : connections whose client names it first
--   named_first_of_connections : share : offering : connections whose client offers it
--   key_share : count : Key share : connections whose client sends a public value in it along with its hello
--   key_share_of_connections : share : offering : connections whose client offers it
--   clients : count : Clients : distinct keyed hashes of clients that offer it
--   clients_of_all : share : clients : clients of this service whose hello was heard
--
-- Notes:
--   † STARTTLS. What servers choose of it stands in T07d.
--   Hellos without such a list count among the hellos: they cannot come to a curve, or leave it to the server.

WITH totals AS (
    SELECT b.block, count(*) AS hellos, count(DISTINCT o.client) AS clients
    FROM flow_offers o
    JOIN blocks b ON b.protocol = o.protocol
    GROUP BY b.block
),
sums AS (
    SELECT
        b.block, b.heading, b.place, g.group_name, g.group_code, g.group_kind,
        count(*) AS connections,
        sum(CASE WHEN g.named_first THEN 1 ELSE 0 END) AS named_first,
        sum(CASE WHEN g.key_share THEN 1 ELSE 0 END) AS key_share,
        count(DISTINCT g.client) AS clients
    FROM offered_groups g
    JOIN blocks b ON b.protocol = g.protocol
    GROUP BY b.block, b.heading, b.place, g.group_name, g.group_code, g.group_kind
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.group_name,
    n.group_code AS code,
    n.group_kind AS kind,
    n.connections,
    t.hellos AS connections_of_hellos,
    n.named_first,
    n.connections AS named_first_of_connections,
    n.key_share,
    n.connections AS key_share_of_connections,
    n.clients,
    t.clients AS clients_of_all
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.connections DESC, n.group_code
