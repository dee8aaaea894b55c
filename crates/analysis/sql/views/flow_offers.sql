-- flow_offers: one row per counted connection whose client's hello was heard
--
-- Columns:
--   ssl2_frame : the hello is in the frame of SSL 2
--   highest : highest version that it offers, by name; drafts of TLS 1.3 and experiments on the way to it are one
--   highest_place : place of that version among all, the oldest first
--   suites : code points of the suites offered, separated by spaces; in the frame of SSL 2 those it has room for; NULL: none
--   groups_ : code points of the groups offered, separated by spaces; empty: none
--   key_shares : code points of the groups for which a public value came along, separated by spaces; empty: none
--
-- Values that only keep others out of habits (GREASE, RFC 8701) are no versions. List functions of the query engine stand in
-- views only, so that the tables' own SQL runs elsewhere too.

WITH hellos AS (
    SELECT
        run_id, flow_id, client, server_addr, server_port, protocol, mode, tls_seen_established,
        offer_versions IS NULL AS ssl2_frame,
        coalesce(array_to_string(offer_versions, ' '), CAST(offer_version_code AS STRING)) AS versions,
        coalesce(array_to_string(offer_suites, ' '), array_to_string(offer_ssl2_ciphers, ' ')) AS suites,
        coalesce(array_to_string(offer_groups, ' '), '') AS groups_,
        coalesce(array_to_string(offer_key_share_groups, ' '), '') AS key_shares
    FROM counted_flows
    WHERE offer_version_code IS NOT NULL
),
-- The same few lists come from very many clients.
codes AS (
    SELECT versions, CAST(unnest(string_to_array(versions, ' ')) AS BIGINT) AS code
    FROM (SELECT DISTINCT versions FROM hellos) AS lists
),
places AS (
    SELECT
        versions,
        max(CASE
            WHEN code = 772 THEN 7
            WHEN code BETWEEN 32256 AND 32767 OR code BETWEEN 64256 AND 64511 THEN 6
            WHEN code BETWEEN 768 AND 771 THEN code - 766
            WHEN code = 2 THEN 1
            ELSE 0
        END) AS place
    FROM codes
    GROUP BY versions
)
SELECT
    h.run_id, h.flow_id, h.client, h.server_addr, h.server_port, h.protocol, h.mode, h.tls_seen_established,
    h.ssl2_frame,
    CASE p.place
        WHEN 1 THEN 'SSL 2'
        WHEN 2 THEN 'SSL 3'
        WHEN 3 THEN 'TLS 1.0'
        WHEN 4 THEN 'TLS 1.1'
        WHEN 5 THEN 'TLS 1.2'
        WHEN 6 THEN 'TLS 1.3 drafts'
        WHEN 7 THEN 'TLS 1.3'
        ELSE 'other'
    END AS highest,
    p.place AS highest_place,
    h.suites, h.groups_, h.key_shares
FROM hellos h
JOIN places p ON p.versions = h.versions
