-- T07b · Groups supported (active, enumerated)
--
-- Question: Which groups do servers have, whatever they prefer?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   group_name : text : Group : IANA name; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal
--   supported : count : Supported : endpoints whose server has it, in any version
--   supported_of_enumerated : share : enumerated : endpoints of this service with a group found by enumeration
--   favourite : count : First choice : endpoints whose server puts it first in a version, where the server's order counts
--   favourite_of_supported : share : supported : endpoints whose server has it
--
-- Notes:
--   † STARTTLS. T07 has what servers choose.
--   Only runs that enumerate (--depth) fill this table.

WITH facts AS (
    SELECT protocol, target, port, thing, code, rank FROM enumerated WHERE kind = 'group' AND supported
),
scoped AS (
    SELECT protocol, protocol AS service, target, port, thing, code, rank FROM facts
    UNION ALL
    SELECT 'all' AS protocol, protocol AS service, target, port, thing, code, rank FROM facts
),
endpoints AS (
    SELECT
        protocol, service, target, port, thing, code,
        max(CASE WHEN rank = 0 THEN 1 ELSE 0 END) AS favourite
    FROM scoped
    GROUP BY protocol, service, target, port, thing, code
),
totals AS (
    SELECT protocol, count(*) AS enumerated
    FROM (SELECT DISTINCT protocol, service, target, port FROM endpoints) AS distinct_
    GROUP BY protocol
),
sums AS (
    SELECT protocol, thing, code, count(*) AS supported, sum(favourite) AS favourite
    FROM endpoints
    GROUP BY protocol, thing, code
)
SELECT
    n.protocol,
    CASE
        WHEN n.protocol = 'all' THEN 'all services'
        WHEN s.mode = 'starttls' THEN concat(s.title, ' †')
        ELSE coalesce(s.title, n.protocol)
    END AS service,
    n.thing AS group_name,
    n.code,
    n.supported,
    t.enumerated AS supported_of_enumerated,
    n.favourite,
    n.supported AS favourite_of_supported
FROM sums n
JOIN totals t ON t.protocol = n.protocol
LEFT JOIN services s ON s.protocol = n.protocol
ORDER BY CASE WHEN n.protocol = 'all' THEN 100 ELSE coalesce(s.place, 99) END, n.protocol, n.supported DESC, n.code
