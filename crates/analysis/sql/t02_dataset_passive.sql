-- T02 · Passive monitoring: connections, servers and certificates
--
-- Question: How many connections of each service were seen, to how many servers, and how much of them is missing from the capture?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the row over all
--   mode : word : Mode : how TLS starts: starttls or implicit
--   first_connection : word : First connection : start of the earliest connection counted, UTC
--   last_connection : word : Last connection : start of the latest connection counted, UTC
--   service : text : Service : name of the service; † marks STARTTLS
--   port : number : Port : TCP port where the service is expected
--   period : text : Period : first and last day of connections, UTC
--   connections : count : Connections : connections in which this was spoken, on whatever port
--   off_port : count : On other ports : the server's port is not the one where the service is expected
--   off_port_of_connections : share : connections : connections in which this was spoken
--   servers : count : Servers : distinct addresses of servers
--   clients : count : Clients : distinct keyed hashes of clients
--   names : count : Server names : distinct names that clients asked for (SNI)
--   certificates : count : Unique end-host certificates : distinct first certificates of servers
--   intermediates : count : Unique intermediates : distinct certificates sent behind the first
--   hidden : count : Certificates hidden : connections whose certificates are encrypted from us (TLS 1.3)
--   hidden_of_negotiated : share : negotiated : connections with a ServerHello
--   negotiated : count : TLS negotiated : the server chose a version of SSL or TLS
--   negotiated_of_connections : share : connections : connections in which this was spoken
--   established : count : TLS established : both sides went over to protected records, as far as that can be told from outside
--   established_of_connections : share : connections : connections in which this was spoken
--   one_sided : count : One-sided : payload of one side alone was captured
--   one_sided_of_connections : share : connections : connections in which this was spoken
--   midstream : count : Midstream : the capture does not hold the connection's beginning
--   midstream_of_connections : share : connections : connections in which this was spoken
--   missing : count : Bytes missing : connections of which bytes are not in the capture
--   missing_of_connections : share : connections : connections in which this was spoken
--   dropped : count : Packets dropped : packets that the capture lost, of whatever protocol; none: a file, or not counted
--   dropped_of_captured : share : captured and dropped : packets that were captured, and those that were lost
--   evicted : count : Flows evicted : connections given up for want of room, of whatever protocol; none: not counted
--
-- Totals: 1
-- Short: service, port, connections, servers, established, one_sided, midstream, missing
-- Short note: † STARTTLS. A server is a distinct address; in the row over all services it counts once, whatever it offers.
--
-- Notes:
--   † STARTTLS. A server is a distinct address; in the row over all services it counts once, whatever it offers.
--   The monitor looks for every service on every port: a 0 means that no such connection came by.
--   What is spoken is told by content, and where TLS hides it by the server's port; "TLS, other ports" stands on a port of none.
--   TLS 1.3 hides the server's certificates: those counted here are of older versions.
--   What was dropped or evicted belongs to no service: it stands in the last row, summed over the runs that count.
--   A connection that two sensors saw counts twice; so does, with --runs all, a capture that was read twice.

WITH scoped AS (
    SELECT
        protocol, started_at, off_port, server_addr, client, tls_sni, tls_version_seen, tls_seen_established, chain_seen,
        captured, midstream, missed_client, missed_server
    FROM counted_flows
    UNION ALL
    SELECT
        'all' AS protocol, started_at, off_port, server_addr, client, tls_sni, tls_version_seen, tls_seen_established, chain_seen,
        captured, midstream, missed_client, missed_server
    FROM counted_flows
),
sums AS (
    SELECT
        protocol,
        min(started_at) AS first_connection, max(started_at) AS last_connection,
        count(*) AS connections,
        sum(CASE WHEN off_port THEN 1 ELSE 0 END) AS off_port,
        count(DISTINCT server_addr) AS servers,
        count(DISTINCT client) AS clients,
        count(DISTINCT tls_sni) AS names,
        sum(CASE WHEN tls_version_seen = 'seen' THEN 1 ELSE 0 END) AS negotiated,
        sum(CASE WHEN tls_version_seen = 'seen' AND chain_seen = 'hidden' THEN 1 ELSE 0 END) AS hidden,
        sum(CASE WHEN tls_seen_established THEN 1 ELSE 0 END) AS established,
        sum(CASE WHEN captured <> 'both' THEN 1 ELSE 0 END) AS one_sided,
        sum(CASE WHEN midstream THEN 1 ELSE 0 END) AS midstream,
        sum(CASE WHEN missed_client + missed_server > 0 THEN 1 ELSE 0 END) AS missing
    FROM scoped
    GROUP BY protocol
),
shown AS (
    SELECT protocol, role, cert_sha256 FROM flow_certificates
    UNION ALL
    SELECT 'all' AS protocol, role, cert_sha256 FROM flow_certificates
),
certificate_sums AS (
    SELECT
        protocol,
        count(DISTINCT CASE WHEN role = 'end-host' THEN cert_sha256 END) AS certificates,
        count(DISTINCT CASE WHEN role = 'intermediate' THEN cert_sha256 END) AS intermediates
    FROM shown
    GROUP BY protocol
),
losses AS (
    SELECT
        sum(CASE WHEN c.name = 'packets' THEN c.count END) AS packets,
        sum(CASE WHEN c.name = 'capture-drops' THEN c.count END) AS dropped,
        sum(CASE WHEN c.name = 'flows-evicted' THEN c.count END) AS evicted
    FROM run_counters c
    JOIN (SELECT DISTINCT run_id FROM counted_flows) r ON r.run_id = c.run_id
),
-- Every service, if anything was seen at all, and what else was spoken.
rows_ AS (
    SELECT
        coalesce(n.protocol, s.protocol) AS protocol, s.title, s.mode, s.place, s.port,
        n.first_connection, n.last_connection,
        CAST(n.first_connection AS DATE) AS first_day, CAST(n.last_connection AS DATE) AS last_day,
        coalesce(n.connections, 0) AS connections, coalesce(n.off_port, 0) AS off_port,
        coalesce(n.servers, 0) AS servers, coalesce(n.clients, 0) AS clients, coalesce(n.names, 0) AS names,
        coalesce(n.negotiated, 0) AS negotiated, coalesce(n.hidden, 0) AS hidden, coalesce(n.established, 0) AS established,
        coalesce(n.one_sided, 0) AS one_sided, coalesce(n.midstream, 0) AS midstream, coalesce(n.missing, 0) AS missing
    FROM sums n
    FULL JOIN (
        SELECT s.protocol, s.title, s.mode, s.place, s.port
        FROM services s
        JOIN sums t ON t.protocol = 'all'
    ) s ON s.protocol = n.protocol
)
SELECT
    n.protocol,
    coalesce(n.mode, CASE n.protocol WHEN 'lmtp' THEN 'starttls' WHEN 'tls' THEN 'implicit' END) AS mode,
    n.first_connection,
    n.last_connection,
    CASE
        WHEN n.protocol = 'all' THEN 'all services'
        WHEN n.protocol = 'lmtp' THEN 'LMTP †'
        WHEN n.protocol = 'tls' THEN 'TLS, other ports'
        WHEN n.mode = 'starttls' THEN concat(n.title, ' †')
        ELSE coalesce(n.title, n.protocol)
    END AS service,
    n.port,
    CASE
        WHEN n.first_day = n.last_day THEN CAST(n.first_day AS STRING)
        WHEN n.first_day < n.last_day THEN concat(CAST(n.first_day AS STRING), '/', CAST(n.last_day AS STRING))
    END AS period,
    n.connections,
    n.off_port,
    n.connections AS off_port_of_connections,
    n.servers,
    n.clients,
    n.names,
    coalesce(c.certificates, 0) AS certificates,
    coalesce(c.intermediates, 0) AS intermediates,
    n.hidden,
    n.negotiated AS hidden_of_negotiated,
    n.negotiated,
    n.connections AS negotiated_of_connections,
    n.established,
    n.connections AS established_of_connections,
    n.one_sided,
    n.connections AS one_sided_of_connections,
    n.midstream,
    n.connections AS midstream_of_connections,
    n.missing,
    n.connections AS missing_of_connections,
    CASE WHEN n.protocol = 'all' THEN l.dropped END AS dropped,
    CASE WHEN n.protocol = 'all' THEN l.packets + l.dropped END AS dropped_of_captured,
    CASE WHEN n.protocol = 'all' THEN l.evicted END AS evicted
FROM rows_ n
LEFT JOIN certificate_sums c ON c.protocol = n.protocol
CROSS JOIN losses l
ORDER BY
    CASE n.protocol WHEN 'all' THEN 100 WHEN 'lmtp' THEN 97 WHEN 'tls' THEN 98 ELSE coalesce(n.place, 99) END,
    n.protocol
