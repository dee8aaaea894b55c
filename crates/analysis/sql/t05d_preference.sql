-- T05d · Whose order of preference counts (active, enumerated)
--
-- Question: Who decides among suites, groups, signature schemes and application protocols: the client or the server?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   list : text : List : what is chosen from
--   version : text : Version : in which version, or before and since TLS 1.3
--   lists : count : Lists : lists of which enumeration found something
--   server : count : Server : lists where the server's order counts
--   server_of_lists : share : lists : lists of which enumeration found something
--   client : count : Client : lists where the client's order counts
--   client_of_lists : share : lists : lists of which enumeration found something
--   mixed : count : Mixed : lists where it is sometimes the one, sometimes the other
--   moot : count : Moot : lists with one entry, where there is nothing to choose
--   unknown : count : Unknown : lists whose answers do not tell
--
-- Notes:
--   † STARTTLS. The columns from "Server" to "Unknown" add up to the lists.
--   Only runs that enumerate (--depth) fill this table.

WITH facts AS (
    SELECT
        protocol,
        CASE kind
            WHEN 'suite-list' THEN 'suites'
            WHEN 'group-list' THEN 'groups'
            WHEN 'scheme-list' THEN 'signature schemes'
            WHEN 'protocol-list' THEN 'application protocols'
        END AS list,
        coalesce(version, 'any') AS version,
        coalesce(decides, 'unknown') AS decides
    FROM enumerated
    WHERE kind IN ('suite-list', 'group-list', 'scheme-list', 'protocol-list') AND found > 0
),
sums AS (
    SELECT
        b.block, b.heading, b.place, f.list, f.version,
        count(*) AS lists,
        sum(CASE WHEN decides = 'server' THEN 1 ELSE 0 END) AS server,
        sum(CASE WHEN decides = 'client' THEN 1 ELSE 0 END) AS client,
        sum(CASE WHEN decides = 'mixed' THEN 1 ELSE 0 END) AS mixed,
        sum(CASE WHEN decides = 'moot' THEN 1 ELSE 0 END) AS moot
    FROM facts f
    JOIN blocks b ON b.protocol = f.protocol
    GROUP BY b.block, b.heading, b.place, f.list, f.version
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.list,
    n.version,
    n.lists,
    n.server,
    n.lists AS server_of_lists,
    n.client,
    n.lists AS client_of_lists,
    n.mixed,
    n.moot,
    n.lists - n.server - n.client - n.mixed - n.moot AS unknown
FROM sums n
ORDER BY n.place, n.block, n.list, n.version
