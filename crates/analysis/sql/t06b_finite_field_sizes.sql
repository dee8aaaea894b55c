-- T06b · Finite-field Diffie-Hellman: sizes by service (active)
--
-- Question: How many servers choose finite-field Diffie-Hellman, and how large are their primes?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the row over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   chosen : count : Suite chosen : endpoints whose server chose a suite
--   dhe : count : Finite field : endpoints whose server came to its parameters in a finite field
--   dhe_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   to_512 : count : ≤ 512 : prime of up to 512 bits
--   to_512_of_dhe : share : finite field : endpoints of this service in a finite field
--   to_1024 : count : ≤ 1024 : prime of 513 to 1024 bits
--   to_1024_of_dhe : share : finite field : endpoints of this service in a finite field
--   to_2047 : count : < 2048 : prime of 1025 to 2047 bits
--   to_2047_of_dhe : share : finite field : endpoints of this service in a finite field
--   at_2048 : count : 2048 : prime of 2048 bits
--   at_2048_of_dhe : share : finite field : endpoints of this service in a finite field
--   above_2048 : count : > 2048 : prime of more than 2048 bits
--   above_2048_of_dhe : share : finite field : endpoints of this service in a finite field
--   reused : count : Value reused : endpoints whose public value another counted endpoint sent too
--   reused_of_dhe : share : finite field : endpoints of this service in a finite field
--
-- Totals: 1
-- Short: service, chosen, dhe, to_512, to_1024, at_2048, reused
-- Short note: † STARTTLS. T06 names the primes.
--
-- Notes:
--   † STARTTLS. The five sizes add up to the column "Finite field". T06 names the primes.

WITH sums AS (
    SELECT
        b.block, b.heading, b.place,
        count(*) AS chosen,
        sum(CASE WHEN dh_bits IS NOT NULL THEN 1 ELSE 0 END) AS dhe,
        sum(CASE WHEN dh_bits <= 512 THEN 1 ELSE 0 END) AS to_512,
        sum(CASE WHEN dh_bits > 512 AND dh_bits <= 1024 THEN 1 ELSE 0 END) AS to_1024,
        sum(CASE WHEN dh_bits > 1024 AND dh_bits < 2048 THEN 1 ELSE 0 END) AS to_2047,
        sum(CASE WHEN dh_bits = 2048 THEN 1 ELSE 0 END) AS at_2048,
        sum(CASE WHEN dh_bits > 2048 THEN 1 ELSE 0 END) AS above_2048,
        sum(CASE WHEN dh_bits IS NOT NULL AND public_value_uses > 1 THEN 1 ELSE 0 END) AS reused
    FROM tls_choices c
    JOIN blocks b ON b.protocol = c.protocol
    GROUP BY b.block, b.heading, b.place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.chosen,
    n.dhe,
    n.chosen AS dhe_of_chosen,
    n.to_512,
    n.dhe AS to_512_of_dhe,
    n.to_1024,
    n.dhe AS to_1024_of_dhe,
    n.to_2047,
    n.dhe AS to_2047_of_dhe,
    n.at_2048,
    n.dhe AS at_2048_of_dhe,
    n.above_2048,
    n.dhe AS above_2048_of_dhe,
    n.reused,
    n.dhe AS reused_of_dhe
FROM sums n
ORDER BY n.place, n.block
