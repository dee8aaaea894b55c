-- enumerated: one row per thing that the enumeration of a counted endpoint found out
--
-- Columns:
--   kind : what the row is about: enumeration, version, suite, suite-list, group, group-list and so on
--   version : the version it is about, or the era: TLS 1.3 or before TLS 1.3; NULL: it is not about one
--   code : code point; bits for a finite field
--   thing : name of the code point, or the thing's own word
--   supported : the server has it
--   evidence : how it is known: chosen, declared or inferred
--   rank : place in the server's order of preference, from 0; NULL: the server has none, or the place is unknown
--   coverage : lists: whether all of it was asked
--   found : lists: how many of the candidates the server has
--   decides : lists: whose order of preference counts
--   ended : the enumeration: how it ended
--   cert_sha256 : certificates: the one that was seen; NULL: none was read
--   resumption : resumption: accepted, refused, offered, not-offered, no-version, unasked or unreached
--   count : lists: candidates that are unknown; the enumeration: connections; reuse: connections that showed such a value
--   distinct_values : reuse: different values among them

SELECT
    p.run_id, p.target, p.name, p.addr, p.port, p.protocol, p.mode,
    c.kind, c.version, c.code,
    c.name AS thing,
    coalesce(c.verdict, 'supported') = 'supported' AS supported,
    c.evidence, c.rank, c.coverage, c.found, c.decides, c.ended,
    c.cert_sha256, c.resumption, c.count, c.distinct_values
FROM capabilities c
JOIN counted p ON p.run_id = c.run_id AND p.target = c.target AND p.port = c.port AND p.protocol = c.protocol
WHERE c.kind <> 'intrusive'
