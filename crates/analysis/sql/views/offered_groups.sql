-- offered_groups: one row per counted connection whose client's hello was heard and group in it
--
-- Columns:
--   group_name : IANA name; unknown code points in hexadecimal
--   group_code : code point
--   group_kind : curve, binary curve, finite field, hybrid, lattice or unknown
--   named_first : the client names it first
--   key_share : a public value in it came along
--
-- Values that only keep others out of habits (GREASE, RFC 8701) are left out. List functions of the query engine stand in views
-- only, so that the tables' own SQL runs elsewhere too.

WITH lists AS (
    SELECT DISTINCT groups_, key_shares FROM flow_offers WHERE groups_ <> ''
),
unnested AS (
    SELECT groups_, key_shares, unnest(codes) AS code, unnest(range(1, CAST(cardinality(codes) AS BIGINT) + 1)) AS place
    FROM (SELECT groups_, key_shares, string_to_array(groups_, ' ') AS codes FROM lists) AS split_
),
codes AS (
    SELECT
        groups_, key_shares, CAST(code AS BIGINT) AS code, min(place) AS place,
        max(CASE WHEN strpos(concat(' ', key_shares, ' '), concat(' ', code, ' ')) > 0 THEN 1 ELSE 0 END) AS key_share
    FROM unnested
    WHERE CAST(code AS BIGINT) % 4112 <> 2570
    GROUP BY groups_, key_shares, CAST(code AS BIGINT)
),
ranked AS (
    SELECT groups_, key_shares, code, key_share, row_number() OVER (PARTITION BY groups_, key_shares ORDER BY place) AS place
    FROM codes
)
SELECT
    o.run_id, o.flow_id, o.client, o.server_addr, o.server_port, o.protocol, o.mode,
    coalesce(g.group_name, concat('0x', lpad(to_hex(r.code), 4, '0'))) AS group_name,
    r.code AS group_code,
    coalesce(g.kind, 'unknown') AS group_kind,
    r.place = 1 AS named_first,
    r.key_share = 1 AS key_share
FROM flow_offers o
JOIN ranked r ON r.groups_ = o.groups_ AND r.key_shares = o.key_shares
LEFT JOIN groups g ON g.code = r.code
