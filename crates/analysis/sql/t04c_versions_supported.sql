-- T04c · TLS versions supported (active, enumerated)
--
-- Question: Which versions do servers have, whatever they prefer?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the row over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   asked : count : Asked : endpoints that answered a hello in TLS, and so were to be enumerated
--   enumerated : count : Enumerated : endpoints whose enumeration found a version
--   enumerated_of_asked : share : asked : endpoints that answered a hello in TLS, and so were to be enumerated
--   complete : count : Complete : endpoints where everything was asked
--   complete_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   ssl2 : count : SSL 2 : servers that have SSL 2
--   ssl2_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   ssl3 : count : SSL 3 : servers that have SSL 3
--   ssl3_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   tls10 : count : TLS 1.0 : servers that have TLS 1.0
--   tls10_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   tls11 : count : TLS 1.1 : servers that have TLS 1.1
--   tls11_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   tls12 : count : TLS 1.2 : servers that have TLS 1.2
--   tls12_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   tls13 : count : TLS 1.3 : servers that have TLS 1.3
--   tls13_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--   only_old : count : None since 1.2 : servers whose newest version is TLS 1.1 or older
--   only_old_of_enumerated : share : enumerated : endpoints whose enumeration found a version
--
-- Totals: 1
--
-- Notes:
--   † STARTTLS. A server has several versions: the columns overlap. T04 has what servers choose.
--   Asked and not enumerated: the enumeration never came to a version, or our own limits held it up.
--   Only runs that enumerate (--depth) fill this table.

WITH facts AS (
    SELECT
        protocol, run_id, target, addr, port, kind, supported, code, ended,
        CASE WHEN kind = 'version' AND supported THEN code END AS has
    FROM enumerated
    WHERE kind IN ('enumeration', 'version')
),
endpoints AS (
    SELECT
        protocol, run_id, target, addr, port,
        CASE WHEN count(has) > 0 THEN 1 ELSE 0 END AS found,
        max(CASE WHEN kind = 'enumeration' AND ended = 'complete' THEN 1 ELSE 0 END) AS complete,
        max(CASE WHEN has = 2 THEN 1 ELSE 0 END) AS ssl2,
        max(CASE WHEN has = 768 THEN 1 ELSE 0 END) AS ssl3,
        max(CASE WHEN has = 769 THEN 1 ELSE 0 END) AS tls10,
        max(CASE WHEN has = 770 THEN 1 ELSE 0 END) AS tls11,
        max(CASE WHEN has = 771 THEN 1 ELSE 0 END) AS tls12,
        max(CASE WHEN has = 772 THEN 1 ELSE 0 END) AS tls13,
        max(CASE WHEN has >= 771 THEN 1 ELSE 0 END) AS recent
    FROM facts
    GROUP BY protocol, run_id, target, addr, port
),
sums AS (
    SELECT
        b.block, b.heading, b.place,
        count(*) AS asked,
        sum(found) AS enumerated,
        sum(found * complete) AS complete,
        sum(ssl2) AS ssl2,
        sum(ssl3) AS ssl3,
        sum(tls10) AS tls10,
        sum(tls11) AS tls11,
        sum(tls12) AS tls12,
        sum(tls13) AS tls13,
        sum(found * (1 - recent)) AS only_old
    FROM endpoints e
    JOIN blocks b ON b.protocol = e.protocol
    GROUP BY b.block, b.heading, b.place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.asked,
    n.enumerated,
    n.asked AS enumerated_of_asked,
    n.complete,
    n.enumerated AS complete_of_enumerated,
    n.ssl2,
    n.enumerated AS ssl2_of_enumerated,
    n.ssl3,
    n.enumerated AS ssl3_of_enumerated,
    n.tls10,
    n.enumerated AS tls10_of_enumerated,
    n.tls11,
    n.enumerated AS tls11_of_enumerated,
    n.tls12,
    n.enumerated AS tls12_of_enumerated,
    n.tls13,
    n.enumerated AS tls13_of_enumerated,
    n.only_old,
    n.enumerated AS only_old_of_enumerated
FROM sums n
ORDER BY n.place, n.block
