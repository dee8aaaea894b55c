-- T04e · Highest TLS version that clients offer (passive)
--
-- Question: Up to which version do clients offer TLS?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   version : text : Highest version : highest version offered; drafts of TLS 1.3 and experiments on the way to it are one
--   hellos : count : Connections : connections whose client offers no higher one
--   hellos_of_all : share : hellos : connections of this service whose client's hello was heard
--   ssl2_frame : count : SSL 2 frame : connections among them whose hello is in the frame of SSL 2
--   ssl2_frame_of_hellos : share : these : connections whose client offers no higher version
--   established : count : Established : connections among them that were seen established
--   established_of_hellos : share : these : connections whose client offers no higher version
--   clients : count : Clients : distinct keyed hashes of their clients
--   clients_of_all : share : clients : clients of this service whose hello was heard
--
-- Notes:
--   † STARTTLS. Before TLS 1.3 a hello names the highest version only: what else the client would take is not said.
--   One address may stand for many programs, and a program may try again lower: then it counts under each.

WITH hellos AS (
    SELECT
        b.block, b.heading, b.place, o.highest, o.highest_place, o.client,
        CASE WHEN o.ssl2_frame THEN 1 ELSE 0 END AS ssl2_frame,
        CASE WHEN o.tls_seen_established THEN 1 ELSE 0 END AS established
    FROM flow_offers o
    JOIN blocks b ON b.protocol = o.protocol
),
totals AS (
    SELECT block, count(*) AS hellos, count(DISTINCT client) AS clients FROM hellos GROUP BY block
),
sums AS (
    SELECT
        block, heading, place, highest, highest_place,
        count(*) AS hellos, sum(ssl2_frame) AS ssl2_frame, sum(established) AS established, count(DISTINCT client) AS clients
    FROM hellos
    GROUP BY block, heading, place, highest, highest_place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.highest AS version,
    n.hellos,
    t.hellos AS hellos_of_all,
    n.ssl2_frame,
    n.hellos AS ssl2_frame_of_hellos,
    n.established,
    n.hellos AS established_of_hellos,
    n.clients,
    t.clients AS clients_of_all
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.highest_place
