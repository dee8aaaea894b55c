-- T04 · TLS versions negotiated (active)
--
-- Question: Which version of TLS do servers choose from our offer, and where does no handshake complete?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the row over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   endpoints : count : Endpoints : probes made, one per address (and name) and port
--   completed : count : Handshakes completed : Finished checked
--   completed_of_endpoints : share : endpoints : probes made
--   ssl3 : count : SSL 3 : completed in SSL 3
--   ssl3_of_completed : share : completed : handshakes completed
--   tls10 : count : TLS 1.0 : completed in TLS 1.0
--   tls10_of_completed : share : completed : handshakes completed
--   tls11 : count : TLS 1.1 : completed in TLS 1.1
--   tls11_of_completed : share : completed : handshakes completed
--   tls12 : count : TLS 1.2 : completed in TLS 1.2
--   tls12_of_completed : share : completed : handshakes completed
--   tls13 : count : TLS 1.3 : completed in TLS 1.3
--   tls13_of_completed : share : completed : handshakes completed
--   drafts : count : TLS 1.3 drafts : completed in a draft of TLS 1.3 or an experiment on the way to it; T04b names it
--   drafts_of_completed : share : completed : handshakes completed
--   other : count : Other : completed in another version; T04b names it
--   other_of_completed : share : completed : handshakes completed
--   ssl2 : count : Only SSL 2 : the server answered in SSL 2, which is heard out but never completed
--   chosen_not_completed : count : Chosen, not completed : the server chose another version, then the handshake failed
--   not_negotiated : count : Not negotiated : TCP completed, but no server ever chose a version
--   no_tcp : count : No TCP : no TCP connection, or none tried
--
-- Totals: 1
-- Short: service, endpoints, completed, tls13, ssl2, chosen_not_completed, not_negotiated, no_tcp
-- Short note: † STARTTLS. Handshakes completed and the columns behind "TLS 1.3" add up to the endpoints.
--
-- Notes:
--   † STARTTLS. "Handshakes completed" is the sum of the versions; with the four columns behind them it adds up to the endpoints.
--   This is what the server prefers of the offer of the attempt that counts, not everything it supports.
--   A 0 under a version that no hello of the run offers means "not asked": runs.config names the profile and its ladder.

WITH choices AS (
    SELECT
        b.block, b.heading, b.place,
        CASE
            WHEN tls_completed THEN coalesce(tls_version_code, 0)
            WHEN tls_version_seen = 'seen' AND tls_version_code = 2 THEN -4
            WHEN tls_version_seen = 'seen' THEN -1
            WHEN tcp_completed THEN -2
            ELSE -3
        END AS choice
    FROM (
        SELECT protocol, tls_completed, CAST(tls_version_code AS INT) AS tls_version_code, tls_version_seen, tcp_completed
        FROM counted
    ) AS rows_
    JOIN blocks b ON b.protocol = rows_.protocol
),
sums AS (
    SELECT
        block, heading, place,
        count(*) AS endpoints,
        sum(CASE WHEN choice >= 0 THEN 1 ELSE 0 END) AS completed,
        sum(CASE WHEN choice = 768 THEN 1 ELSE 0 END) AS ssl3,
        sum(CASE WHEN choice = 769 THEN 1 ELSE 0 END) AS tls10,
        sum(CASE WHEN choice = 770 THEN 1 ELSE 0 END) AS tls11,
        sum(CASE WHEN choice = 771 THEN 1 ELSE 0 END) AS tls12,
        sum(CASE WHEN choice = 772 THEN 1 ELSE 0 END) AS tls13,
        sum(CASE WHEN choice BETWEEN 32256 AND 32767 OR choice BETWEEN 64256 AND 64511 THEN 1 ELSE 0 END) AS drafts,
        sum(CASE WHEN choice = -4 THEN 1 ELSE 0 END) AS ssl2,
        sum(CASE WHEN choice = -1 THEN 1 ELSE 0 END) AS chosen_not_completed,
        sum(CASE WHEN choice = -2 THEN 1 ELSE 0 END) AS not_negotiated,
        sum(CASE WHEN choice = -3 THEN 1 ELSE 0 END) AS no_tcp
    FROM choices
    GROUP BY block, heading, place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.endpoints,
    n.completed,
    n.endpoints AS completed_of_endpoints,
    n.ssl3,
    n.completed AS ssl3_of_completed,
    n.tls10,
    n.completed AS tls10_of_completed,
    n.tls11,
    n.completed AS tls11_of_completed,
    n.tls12,
    n.completed AS tls12_of_completed,
    n.tls13,
    n.completed AS tls13_of_completed,
    n.drafts,
    n.completed AS drafts_of_completed,
    n.completed - n.ssl3 - n.tls10 - n.tls11 - n.tls12 - n.tls13 - n.drafts AS other,
    n.completed AS other_of_completed,
    n.ssl2,
    n.chosen_not_completed,
    n.not_negotiated,
    n.no_tcp
FROM sums n
ORDER BY n.place, n.block
