-- T07d · Groups of the key exchange: active and passive side by side
--
-- Question: On which curves, in which finite fields and over which lattices do servers agree on a secret, with us and in traffic?
--
-- Columns:
--   protocol : word : Protocol : what is spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   group_name : text : Group : IANA name of the group; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal
--   kind : text : Kind : curve, binary curve, finite field, hybrid (a curve and a lattice), lattice or unknown
--   endpoints : count : Endpoints : endpoints whose server chose it of our offer
--   endpoints_of_all : share : named group : endpoints of this service whose server chose a named group
--   servers : count : Servers : distinct addresses of servers that chose it in a connection
--   servers_of_all : share : servers : servers of this service that chose a named group
--   connections : count : Connections : connections whose server chose it
--   connections_of_all : share : named group : connections of this service whose server chose a named group
--   connections_of_chosen : share : chosen : connections of this service whose server chose a suite
--
-- Notes:
--   † STARTTLS. Finite fields stand here where they have a code point; T06c has those that servers wrote out.
--   What clients offer stands in T07e. A server that chose several groups counts under each.
--   Nothing stands where one half has nothing of this service.

WITH sums AS (
    SELECT
        block, heading, place, group_name, group_code, group_kind,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT server) AS servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections
    FROM choices_of_both
    WHERE group_name IS NOT NULL
    GROUP BY block, heading, place, group_name, group_code, group_kind
),
totals AS (
    SELECT
        block,
        sum(CASE WHEN half = 'active' AND group_name IS NOT NULL THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT CASE WHEN group_name IS NOT NULL THEN server END) AS servers,
        sum(CASE WHEN half = 'passive' AND group_name IS NOT NULL THEN 1 ELSE 0 END) AS connections,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS chosen
    FROM choices_of_both
    GROUP BY block
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.group_name,
    n.group_code AS code,
    n.group_kind AS kind,
    CASE WHEN t.endpoints > 0 THEN n.endpoints END AS endpoints,
    t.endpoints AS endpoints_of_all,
    CASE WHEN t.servers > 0 THEN n.servers END AS servers,
    t.servers AS servers_of_all,
    CASE WHEN t.connections > 0 THEN n.connections END AS connections,
    t.connections AS connections_of_all,
    t.chosen AS connections_of_chosen
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, connections DESC NULLS LAST, endpoints DESC NULLS LAST, code
