-- T08b · Authentication mechanisms in the server's order of preference (active)
--
-- Question: Which combinations of mechanisms do servers offer, in their order?
--
-- Columns:
--   protocol : word : Protocol : service asked for
--   service : text : Service : name of the service; † marks STARTTLS
--   stage : text : Stage : before TLS, after TLS (both with STARTTLS) or implicit TLS
--   combination : text : Mechanisms in the server's order : first mention of each; (none): the list was read and offers none
--   endpoints : count : Endpoints : endpoints whose list is this one
--   endpoints_of_read : share : lists read : endpoints whose list was read at this stage
--   unread : count : Not read : endpoints that speak the protocol and came to this stage, but whose list was not read
--
-- Notes:
--   † STARTTLS. The 20 most frequent combinations of each service and stage; the rest is one row, so that shares add up to 100 %.

WITH lists AS (
    SELECT protocol, stage, list_read, combination FROM authentication_lists
),
totals AS (
    SELECT
        protocol, stage,
        sum(CASE WHEN list_read THEN 1 ELSE 0 END) AS read_,
        sum(CASE WHEN list_read THEN 0 ELSE 1 END) AS unread
    FROM lists
    GROUP BY protocol, stage
),
combinations AS (
    SELECT protocol, stage, CASE WHEN combination = '' THEN '(none)' ELSE combination END AS combination, count(*) AS endpoints
    FROM lists
    WHERE list_read
    GROUP BY protocol, stage, CASE WHEN combination = '' THEN '(none)' ELSE combination END
),
ranked AS (
    SELECT
        protocol, stage, combination, endpoints,
        row_number() OVER (PARTITION BY protocol, stage ORDER BY endpoints DESC, combination) AS place
    FROM combinations
),
cut AS (
    SELECT
        protocol, stage,
        CASE WHEN place <= 20 THEN combination ELSE '(other combinations)' END AS combination,
        sum(endpoints) AS endpoints,
        min(place) AS place
    FROM ranked
    GROUP BY protocol, stage, CASE WHEN place <= 20 THEN combination ELSE '(other combinations)' END
)
SELECT
    t.protocol,
    b.heading AS service,
    t.stage,
    coalesce(c.combination, '(no list read)') AS combination,
    coalesce(c.endpoints, 0) AS endpoints,
    t.read_ AS endpoints_of_read,
    t.unread
FROM totals t
LEFT JOIN cut c ON c.protocol = t.protocol AND c.stage = t.stage
JOIN blocks b ON b.block = t.protocol
ORDER BY b.place, t.protocol, CASE t.stage WHEN 'before TLS' THEN 0 ELSE 1 END, c.place
