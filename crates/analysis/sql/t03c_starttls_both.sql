-- T03c · STARTTLS: active and passive side by side
--
-- Question: How many servers support STARTTLS, asked by us and heard in traffic, and how much of the traffic is upgraded?
--
-- Columns:
--   protocol : word : Protocol : what is spoken; `all` is the row over all services with STARTTLS
--   service : text : Service : name of the service
--   offered : count : Endpoints offering : endpoints that offer STARTTLS to us
--   offered_of_speakers : share : speakers : endpoints that speak the protocol
--   upgraded : count : Endpoints upgraded : endpoints that offer STARTTLS and complete a TLS handshake with us
--   upgraded_of_speakers : share : speakers : endpoints that speak the protocol
--   servers_supporting : count : Servers supporting : servers that offered STARTTLS in a connection
--   servers_supporting_of_told : share : servers heard : servers of which it was heard whether they offer STARTTLS
--   offering : count : Connections offering : connections in which STARTTLS is offered
--   offering_of_connections : share : connections : connections in which this was spoken
--   connections_upgraded : count : Connections upgraded : connections in which both sides went over to protected records
--   connections_upgraded_of_connections : share : connections : connections in which this was spoken
--   connections_upgraded_of_offering : share : offering : connections in which STARTTLS is offered
--
-- Totals: 1
--
-- Notes:
--   T03 has what became of every endpoint, T03b of every connection; what they say of a count holds here.
--   Endpoints are those of the scan, servers those that somebody spoke to: a share of one is no estimate of the other.

WITH endpoints AS (
    SELECT
        concat(protocol, '') AS protocol,
        CASE WHEN speaks_protocol = 'yes' THEN 1 ELSE 0 END AS speaks,
        CASE
            WHEN coalesce(starttls_offer, '') IN ('yes', 'required')
                OR starttls_state IN ('accepted-no-tls', 'accepted-handshake-failed', 'upgraded') THEN 1
            ELSE 0
        END AS offers,
        CASE WHEN starttls_state = 'upgraded' THEN 1 ELSE 0 END AS upgraded
    FROM counted
    WHERE mode = 'starttls'
),
connections AS (
    SELECT
        concat(protocol, '') AS protocol, server_addr, offers, told,
        CASE WHEN state = 'upgraded' THEN 1 ELSE 0 END AS upgraded
    FROM flow_upgrades
),
active AS (
    SELECT protocol, sum(speaks) AS speakers, sum(offers) AS offered, sum(upgraded) AS upgraded
    FROM (SELECT * FROM endpoints UNION ALL SELECT 'all' AS protocol, speaks, offers, upgraded FROM endpoints) AS scoped
    GROUP BY protocol
),
passive AS (
    SELECT
        protocol,
        count(*) AS connections, sum(offers) AS offering, sum(upgraded) AS upgraded,
        count(DISTINCT CASE WHEN told = 1 THEN server_addr END) AS servers_told,
        count(DISTINCT CASE WHEN offers = 1 THEN server_addr END) AS servers_supporting
    FROM (SELECT * FROM connections UNION ALL SELECT 'all' AS protocol, server_addr, offers, told, upgraded FROM connections) AS scoped
    GROUP BY protocol
),
rows_ AS (
    SELECT
        coalesce(a.protocol, p.protocol) AS protocol,
        a.speakers, a.offered, a.upgraded,
        p.servers_supporting, p.servers_told, p.connections, p.offering, p.upgraded AS connections_upgraded
    FROM active a
    FULL JOIN passive p ON p.protocol = a.protocol
)
SELECT
    n.protocol,
    CASE n.protocol WHEN 'all' THEN 'all with STARTTLS' WHEN 'lmtp' THEN 'LMTP' ELSE coalesce(s.title, n.protocol) END AS service,
    n.offered,
    n.speakers AS offered_of_speakers,
    n.upgraded,
    n.speakers AS upgraded_of_speakers,
    n.servers_supporting,
    n.servers_told AS servers_supporting_of_told,
    n.offering,
    n.connections AS offering_of_connections,
    n.connections_upgraded,
    n.connections AS connections_upgraded_of_connections,
    n.offering AS connections_upgraded_of_offering
FROM rows_ n
LEFT JOIN services s ON s.protocol = n.protocol
ORDER BY CASE n.protocol WHEN 'all' THEN 100 WHEN 'lmtp' THEN 97 ELSE coalesce(s.place, 99) END, n.protocol
