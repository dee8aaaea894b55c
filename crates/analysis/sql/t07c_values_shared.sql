-- T07c · Values that come again (active)
--
-- Question: Which values that should be one server's own, or new in each connection, do several endpoints and hosts show?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   kind : word : Kind : curve-public-value, finite-field-public-value, server-random, session-id or ticket-key-name
--   value_kind : text : Value : what it is
--   endpoints : count : Endpoints : endpoints that showed such a value
--   distinct_values : count : Different : different values among them
--   again : count : Again : endpoints whose value another counted endpoint showed too, of any service
--   again_of_endpoints : share : endpoints : endpoints that showed such a value
--   other_hosts : count : Other hosts : endpoints whose value another address showed too
--   other_hosts_of_endpoints : share : endpoints : endpoints that showed such a value
--   most_hosts : number : Most hosts : addresses that showed the most frequent value
--
-- Notes:
--   † STARTTLS. The view shown_values has the values, and who showed them.
--   Whoever has the key of a ticket, or the private half of a public value, reads the connections of all who share it.
--   A service may keep the key of its tickets for hours: within one host that is no fault.

WITH scoped AS (
    SELECT protocol, addr, kind, value, endpoints, hosts FROM shown_values
    UNION ALL
    SELECT 'all' AS protocol, addr, kind, value, endpoints, hosts FROM shown_values
),
sums AS (
    SELECT
        protocol, kind,
        count(*) AS endpoints,
        count(DISTINCT value) AS distinct_values,
        sum(CASE WHEN endpoints > 1 THEN 1 ELSE 0 END) AS again,
        sum(CASE WHEN hosts > 1 THEN 1 ELSE 0 END) AS other_hosts,
        max(hosts) AS most_hosts
    FROM scoped
    GROUP BY protocol, kind
)
SELECT
    n.protocol,
    CASE
        WHEN n.protocol = 'all' THEN 'all services'
        WHEN s.mode = 'starttls' THEN concat(s.title, ' †')
        ELSE coalesce(s.title, n.protocol)
    END AS service,
    n.kind,
    CASE n.kind
        WHEN 'curve-public-value' THEN 'public value, curve'
        WHEN 'finite-field-public-value' THEN 'public value, finite field'
        WHEN 'server-random' THEN 'random'
        WHEN 'session-id' THEN 'session id'
        ELSE 'key of tickets'
    END AS value_kind,
    n.endpoints,
    n.distinct_values,
    n.again,
    n.endpoints AS again_of_endpoints,
    n.other_hosts,
    n.endpoints AS other_hosts_of_endpoints,
    n.most_hosts
FROM sums n
LEFT JOIN services s ON s.protocol = n.protocol
ORDER BY CASE WHEN n.protocol = 'all' THEN 100 ELSE coalesce(s.place, 99) END, n.protocol, n.kind
