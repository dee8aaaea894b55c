-- T08 · Authentication mechanisms offered, before and after TLS (active)
--
-- Question: Which authentication mechanisms do servers offer in plaintext, and which inside TLS?
--
-- Columns:
--   protocol : word : Protocol : service asked for
--   service : text : Service : name of the service; † marks STARTTLS
--   stage : text : Stage : before TLS, after TLS (both with STARTTLS) or implicit TLS
--   mechanism : text : Mechanism : name as sent, upper case; (none): the list was read and offers none
--   offering : count : Endpoints offering : endpoints whose list at this stage has it, in whatever form
--   offering_of_read : share : lists read : endpoints whose list was read at this stage
--   read : count : Lists read : endpoints whose list was read at this stage
--   unread : count : Not read : endpoints that speak the protocol and came to this stage, but whose list was not read
--
-- Notes:
--   † STARTTLS. A server offers several mechanisms, so shares add up to more than 100 %.
--   USER and APOP are POP3's own commands; IMAP's LOGIN command is no mechanism (T08c: LOGINDISABLED).

WITH endpoints AS (
    SELECT protocol, stage, run_id, target, addr, port, list_read, mechanism
    FROM authentication_offers
    GROUP BY protocol, stage, run_id, target, addr, port, list_read, mechanism
),
lists AS (
    SELECT
        protocol, stage,
        sum(CASE WHEN list_read THEN 1 ELSE 0 END) AS read_,
        sum(CASE WHEN list_read THEN 0 ELSE 1 END) AS unread
    FROM (SELECT DISTINCT protocol, stage, run_id, target, addr, port, list_read FROM endpoints) AS seen_
    GROUP BY protocol, stage
),
offers AS (
    SELECT protocol, stage, coalesce(mechanism, '(none)') AS mechanism, count(*) AS offering
    FROM endpoints
    WHERE list_read
    GROUP BY protocol, stage, coalesce(mechanism, '(none)')
)
SELECT
    l.protocol,
    b.heading AS service,
    l.stage,
    coalesce(o.mechanism, '(no list read)') AS mechanism,
    coalesce(o.offering, 0) AS offering,
    l.read_ AS offering_of_read,
    l.read_ AS read,
    l.unread
FROM lists l
LEFT JOIN offers o ON o.protocol = l.protocol AND o.stage = l.stage
JOIN blocks b ON b.block = l.protocol
ORDER BY
    b.place, l.protocol,
    CASE l.stage WHEN 'before TLS' THEN 0 ELSE 1 END,
    offering DESC, mechanism
