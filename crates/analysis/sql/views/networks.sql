-- networks: one row per network in which hosts answered, in the discoveries that count or in the noise experiment
--
-- Columns:
--   network : the /24; of IPv6 the /48
--   origin_as : system that originates it, where the run had a table of prefixes; the lowest of several
--   ports_asked : ports that the discoveries asked
--   hosts : addresses that answered on any of them
--   endpoints : addresses and ports that answered
--   on_every_port : addresses that answered on every port asked
--   noise : addresses and arbitrary ports that answered the noise experiment
--
-- Functions that not every engine has stand in views only, so that the tables' own SQL runs elsewhere too.

WITH answers AS (
    SELECT addr, port, 0 AS noise, min(origin_as) AS origin_as
    FROM counted_responders
    WHERE kind IN ('synack', 'connected')
    GROUP BY addr, port
    UNION ALL
    SELECT r.addr, r.port, 1 AS noise, min(r.origin_as) AS origin_as
    FROM responders r
    JOIN (SELECT DISTINCT run_id FROM noise_runs) n ON n.run_id = r.run_id
    WHERE r.kind IN ('synack', 'connected')
    GROUP BY r.addr, r.port
),
hosts AS (
    SELECT addr, min(origin_as) AS origin_as, sum(1 - noise) AS endpoints, sum(noise) AS noise
    FROM answers
    GROUP BY addr
),
placed AS (
    SELECT network_of(addr) AS network, origin_as, endpoints, noise FROM hosts
),
asked AS (
    SELECT count(DISTINCT port) AS ports_asked FROM discoveries
)
SELECT
    p.network, min(p.origin_as) AS origin_as, max(a.ports_asked) AS ports_asked,
    sum(CASE WHEN p.endpoints > 0 THEN 1 ELSE 0 END) AS hosts,
    sum(p.endpoints) AS endpoints,
    sum(CASE WHEN p.endpoints > 0 AND p.endpoints = a.ports_asked THEN 1 ELSE 0 END) AS on_every_port,
    sum(p.noise) AS noise
FROM placed p
CROSS JOIN asked a
GROUP BY p.network
