-- T05c · Cipher suites supported (active, enumerated)
--
-- Question: Which cipher suites do servers have, whatever they prefer?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   suite : text : Suite : IANA name; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal
--   supported : count : Supported : endpoints whose server has it, in any version
--   supported_of_enumerated : share : enumerated : endpoints of this service with a suite found by enumeration
--   favourite : count : First choice : endpoints whose server puts it first in a version, where the server's order counts
--   favourite_of_supported : share : supported : endpoints whose server has it
--
-- Notes:
--   † STARTTLS. T05 has what servers choose.
--   How many were asked, and how many of them to the end, stands in T04c.
--   Only runs that enumerate (--depth) fill this table.

SELECT
    block AS protocol,
    heading AS service,
    thing AS suite,
    code,
    supported,
    enumerated AS supported_of_enumerated,
    favourite,
    supported AS favourite_of_supported
FROM supported
WHERE kind = 'suite'
ORDER BY place, protocol, supported DESC, code, thing
