-- T07 · Groups of the key exchange (active)
--
-- Question: On which curves, in which finite fields and over which lattices do servers agree on a secret with us?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   group_name : text : Group : IANA name of the group; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal
--   kind : text : Kind : curve, binary curve, finite field, hybrid (a curve and a lattice), lattice or unknown
--   chosen : count : Chosen : endpoints whose server chose it
--   chosen_of_all : share : named group : endpoints of this service whose server chose a named group
--   completed : count : Completed : endpoints that completed the handshake with it
--   completed_of_chosen : share : chosen : endpoints whose server chose it
--   retried : count : Retried : endpoints whose server asked for a second ClientHello
--   reused : count : Value reused : endpoints whose public value another counted endpoint sent too
-- Short note: This is what the server prefers of the offer of the attempt that counts, not everything it supports.
--
-- Notes:
--   † STARTTLS. Finite fields stand here where they have a code point; T06 has those that servers wrote out.
--   This is what the server prefers of the offer of the attempt that counts, not everything it supports.

WITH sums AS (
    SELECT
        b.block, b.heading, b.place, c.group_name, c.group_code, c.group_kind,
        count(*) AS chosen,
        sum(CASE WHEN tls_completed THEN 1 ELSE 0 END) AS completed,
        sum(CASE WHEN tls_hello_retry THEN 1 ELSE 0 END) AS retried,
        sum(CASE WHEN public_value_uses > 1 THEN 1 ELSE 0 END) AS reused
    FROM tls_choices c
    JOIN blocks b ON b.protocol = c.protocol
    WHERE c.group_name IS NOT NULL
    GROUP BY b.block, b.heading, b.place, c.group_name, c.group_code, c.group_kind
),
totals AS (
    SELECT block, sum(chosen) AS chosen FROM sums GROUP BY block
)
SELECT
    c.block AS protocol,
    c.heading AS service,
    c.group_name,
    c.group_code AS code,
    c.group_kind AS kind,
    c.chosen,
    t.chosen AS chosen_of_all,
    c.completed,
    c.chosen AS completed_of_chosen,
    c.retried,
    c.reused
FROM sums c
JOIN totals t ON t.block = c.block
ORDER BY c.place, c.block, c.chosen DESC, c.group_code
