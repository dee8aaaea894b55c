-- T06d · Finite-field Diffie-Hellman: sizes, active and passive side by side
--
-- Question: How large are the primes of finite-field Diffie-Hellman, asked by us and in traffic?
--
-- Columns:
--   protocol : word : Protocol : what is spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   bits : number : Bits : size of the prime
--   endpoints : count : Endpoints : endpoints whose server used such a prime with us
--   endpoints_of_dhe : share : finite field : endpoints of this service in a finite field
--   endpoints_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   servers : count : Servers : distinct addresses of servers that used such a prime in a connection
--   servers_of_dhe : share : finite field : servers of this service in a finite field
--   connections : count : Connections : connections that used such a prime
--   connections_of_dhe : share : finite field : connections of this service in a finite field
--   connections_of_chosen : share : chosen : connections of this service whose server chose a suite
--
-- Notes:
--   † STARTTLS. T06 and T06c name the primes. Servers may use primes of several sizes, and count under each.
--   Nothing stands where one half has nothing of this service.

WITH sums AS (
    SELECT
        block, heading, place, dh_bits,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT server) AS servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections
    FROM choices_of_both
    WHERE dh_bits IS NOT NULL
    GROUP BY block, heading, place, dh_bits
),
totals AS (
    SELECT
        block,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        sum(CASE WHEN half = 'active' AND dh_bits IS NOT NULL THEN 1 ELSE 0 END) AS dhe_endpoints,
        count(DISTINCT CASE WHEN dh_bits IS NOT NULL THEN server END) AS dhe_servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections,
        sum(CASE WHEN half = 'passive' AND dh_bits IS NOT NULL THEN 1 ELSE 0 END) AS dhe_connections
    FROM choices_of_both
    GROUP BY block
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.dh_bits AS bits,
    CASE WHEN t.endpoints > 0 THEN n.endpoints END AS endpoints,
    t.dhe_endpoints AS endpoints_of_dhe,
    t.endpoints AS endpoints_of_chosen,
    CASE WHEN t.connections > 0 THEN n.servers END AS servers,
    t.dhe_servers AS servers_of_dhe,
    CASE WHEN t.connections > 0 THEN n.connections END AS connections,
    t.dhe_connections AS connections_of_dhe,
    t.connections AS connections_of_chosen
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.dh_bits
