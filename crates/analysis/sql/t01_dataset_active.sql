-- T01 · Active scan: hosts, TLS and certificates
--
-- Question: How many hosts answer, and of those probed how many complete TCP, speak the protocol and complete a TLS handshake,
-- and how many different certificates do they show?
--
-- Columns:
--   protocol : word : Protocol : service asked for; port-N for a port of no service; `all` is the row over all
--   mode : word : Mode : how TLS starts: starttls or implicit
--   first_probe : word : First probe : start of the earliest probe counted, UTC
--   last_probe : word : Last probe : start of the latest probe counted, UTC
--   service : text : Service : name of the service; † marks STARTTLS
--   port : number : Port : TCP port probed, or asked where none was; none where several were
--   period : text : Period : first and last day of answers and probes, UTC
--   answered : count : Answered : hosts that answered discovery with SYN and ACK, or completed a connection; none: no discovery
--   answered_of_asked : share : asked : addresses that were sent a probe on this port
--   noise : count : Expected noise : how many of them answer on any port: the share that the noise experiment found, of the addresses asked
--   noise_of_answered : share : answered : hosts that answered discovery
--   hosts : count : Hosts probed : distinct addresses probed; names without an address are not hosts
--   tcp : count : TCP completed : hosts that completed a TCP handshake
--   tcp_of_hosts : share : hosts : hosts probed
--   speakers : count : Speak the protocol : hosts whose words are of the protocol (implicit TLS: judged inside TLS)
--   speakers_of_tcp : share : TCP : hosts that completed TCP
--   capabilities : count : Capabilities read : hosts whose capability list was read, before or after TLS
--   capabilities_of_speakers : share : speakers : hosts that speak the protocol
--   tls : count : Successful TLS : hosts with a completed TLS handshake, Finished checked
--   tls_of_tcp : share : TCP : hosts that completed TCP
--   tls_of_answered : share : answered : hosts that answered discovery
--   tls_speakers : count : Speakers with TLS : hosts that speak the protocol, with a completed TLS handshake
--   tls_speakers_of_speakers : share : speakers : hosts that speak the protocol
--   fallback : count : TLS only after fall-back : hosts with successful TLS, but in no first attempt
--   fallback_of_tls : share : TLS : hosts with successful TLS
--   certificates : count : Unique end-host certificates : distinct first certificates of completed handshakes
--   certificates_of_tls : share : TLS : hosts with successful TLS
--   intermediates : count : Intermediates : certificates sent behind the first in completed handshakes, repeats counted
--   unique_intermediates : count : Unique intermediates : distinct certificates among them
--   unique_intermediates_of_intermediates : share : intermediates : intermediates, repeats counted
--
-- Totals: 1
-- Short: service, hosts, tcp, speakers, tls, certificates
-- Short note: † STARTTLS. A host is a distinct address; in the row over all services it counts once, whatever it offers.
--
-- Notes:
--   † STARTTLS. A host is a distinct address; in the row over all services it counts once, whatever it offers.
--   A host shows a certificate per service: over all services their number is no share of the hosts.
--   A root or a repeated certificate that a server sends behind its own counts as an intermediate.
--   Behind implicit TLS there may be another protocol, or silence: then a host with successful TLS is no speaker.
--   HTTPS has no dialogue: it counts as speaking once a ServerHello came, and has no capabilities to read.
--   Answered: to discovery, in the probes' own run, else in the newest complete one on this port. T01b has the noise experiment.
--   Who was purged, or is left out by --blocklist, still counts as asked; so do they in the noise experiment.
--   Of hosts that only discovery asked, nothing else is known: their row is empty behind it.

WITH measured AS (
    SELECT
        protocol, addr, port, started_at, tcp_completed, speaks_protocol, tls_completed, counted_attempt,
        capabilities_before_seen, capabilities_after_seen
    FROM counted
    WHERE addr IS NOT NULL
),
scoped AS (
    SELECT * FROM measured
    UNION ALL
    SELECT
        'all' AS protocol, addr, port, started_at, tcp_completed, speaks_protocol, tls_completed, counted_attempt,
        capabilities_before_seen, capabilities_after_seen
    FROM measured
),
hosts AS (
    SELECT
        protocol, addr,
        min(port) AS port_low, max(port) AS port_high,
        min(started_at) AS first_probe, max(started_at) AS last_probe,
        max(CASE WHEN tcp_completed THEN 1 ELSE 0 END) AS tcp,
        max(CASE WHEN speaks_protocol = 'yes' THEN 1 ELSE 0 END) AS speaks,
        max(CASE WHEN capabilities_before_seen = 'seen' OR capabilities_after_seen = 'seen' THEN 1 ELSE 0 END)
            AS capabilities,
        max(CASE WHEN tls_completed THEN 1 ELSE 0 END) AS tls,
        max(CASE WHEN tls_completed AND speaks_protocol = 'yes' THEN 1 ELSE 0 END) AS tls_speaks,
        max(CASE WHEN tls_completed AND coalesce(counted_attempt, 0) = 0 THEN 1 ELSE 0 END) AS tls_at_once
    FROM scoped
    GROUP BY protocol, addr
),
host_sums AS (
    SELECT
        protocol,
        min(port_low) AS port_low, max(port_high) AS port_high,
        min(first_probe) AS first_probe, max(last_probe) AS last_probe,
        count(*) AS hosts, sum(tcp) AS tcp, sum(speaks) AS speakers, sum(capabilities) AS capabilities,
        sum(tls) AS tls, sum(tls_speaks) AS tls_speakers, sum(tls - tls_at_once) AS fallback
    FROM hosts
    GROUP BY protocol
),
shown AS (
    SELECT protocol, role, cert_sha256 FROM chain_certificates WHERE tls_completed AND addr IS NOT NULL
    UNION ALL
    SELECT 'all' AS protocol, role, cert_sha256 FROM chain_certificates WHERE tls_completed AND addr IS NOT NULL
),
distinct_certificates AS (
    SELECT protocol, role, cert_sha256, count(*) AS sightings FROM shown GROUP BY protocol, role, cert_sha256
),
certificate_sums AS (
    SELECT
        protocol,
        sum(CASE WHEN role = 'end-host' THEN 1 ELSE 0 END) AS certificates,
        sum(CASE WHEN role = 'intermediate' THEN sightings ELSE 0 END) AS intermediates,
        sum(CASE WHEN role = 'intermediate' THEN 1 ELSE 0 END) AS unique_intermediates
    FROM distinct_certificates
    GROUP BY protocol
),
rows_ AS (
    SELECT
        coalesce(h.protocol, d.block) AS protocol,
        coalesce(h.port_low, d.port_low) AS port_low, coalesce(h.port_high, d.port_high) AS port_high,
        h.first_probe, h.last_probe,
        CAST(CASE WHEN d.first_answer < h.first_probe OR h.first_probe IS NULL THEN d.first_answer ELSE h.first_probe END AS DATE)
            AS first_day,
        CAST(CASE WHEN d.last_answer > h.last_probe OR h.last_probe IS NULL THEN d.last_answer ELSE h.last_probe END AS DATE)
            AS last_day,
        d.answered, d.asked, d.noise,
        h.hosts, h.tcp, h.speakers, h.capabilities, h.tls, h.tls_speakers, h.fallback
    FROM host_sums h
    FULL JOIN (SELECT * FROM discovered WHERE block <> 'starttls') d ON d.block = h.protocol
)
SELECT
    h.protocol,
    s.mode,
    h.first_probe,
    h.last_probe,
    CASE
        WHEN h.protocol = 'all' THEN 'all services'
        WHEN s.mode = 'starttls' THEN concat(s.title, ' †')
        ELSE coalesce(s.title, h.protocol)
    END AS service,
    CASE WHEN h.port_low = h.port_high THEN h.port_low END AS port,
    CASE
        WHEN h.first_day = h.last_day THEN CAST(h.first_day AS STRING)
        WHEN h.first_day < h.last_day THEN concat(CAST(h.first_day AS STRING), '/', CAST(h.last_day AS STRING))
    END AS period,
    h.answered,
    h.asked AS answered_of_asked,
    h.noise,
    h.answered AS noise_of_answered,
    h.hosts,
    h.tcp,
    h.hosts AS tcp_of_hosts,
    h.speakers,
    h.tcp AS speakers_of_tcp,
    CASE WHEN h.protocol <> 'https' THEN h.capabilities END AS capabilities,
    CASE WHEN h.protocol <> 'https' THEN h.speakers END AS capabilities_of_speakers,
    h.tls,
    h.tcp AS tls_of_tcp,
    h.answered AS tls_of_answered,
    h.tls_speakers,
    h.speakers AS tls_speakers_of_speakers,
    h.fallback,
    h.tls AS fallback_of_tls,
    CASE WHEN h.hosts IS NOT NULL THEN coalesce(c.certificates, 0) END AS certificates,
    CASE WHEN h.protocol <> 'all' THEN h.tls END AS certificates_of_tls,
    CASE WHEN h.hosts IS NOT NULL THEN coalesce(c.intermediates, 0) END AS intermediates,
    CASE WHEN h.hosts IS NOT NULL THEN coalesce(c.unique_intermediates, 0) END AS unique_intermediates,
    CASE WHEN h.hosts IS NOT NULL THEN coalesce(c.intermediates, 0) END AS unique_intermediates_of_intermediates
FROM rows_ h
LEFT JOIN certificate_sums c ON c.protocol = h.protocol
LEFT JOIN services s ON s.protocol = h.protocol
ORDER BY CASE WHEN h.protocol = 'all' THEN 100 ELSE coalesce(s.place, 99) END, h.port_low, h.protocol
