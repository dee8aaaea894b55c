-- T08c · Authentication offers by kind (active)
--
-- Question: How many servers offer passwords in the clear before TLS, how many nothing else, and how many something better?
--
-- Columns:
--   protocol : word : Protocol : service asked for
--   service : text : Service : name of the service; † marks STARTTLS
--   stage : text : Stage : before TLS, after TLS (both with STARTTLS) or implicit TLS
--   read : count : Lists read : endpoints whose list was read at this stage
--   unread : count : Not read : endpoints that speak the protocol and came to this stage, but whose list was not read
--   no_mechanism : count : None : the list offers no mechanism
--   no_mechanism_of_read : share : lists read : endpoints whose list was read at this stage
--   plaintext : count : Plaintext : PLAIN, LOGIN or USER is offered
--   plaintext_of_read : share : lists read : endpoints whose list was read at this stage
--   only_plaintext : count : Only plaintext : PLAIN, LOGIN or USER is offered, and nothing else
--   only_plaintext_of_read : share : lists read : endpoints whose list was read at this stage
--   user_capability : count : USER : POP3's USER capability is offered
--   apop : count : APOP : the POP3 greeting has a time stamp
--   cram : count : CRAM : a mechanism of the CRAM family is offered
--   scram : count : SCRAM : a mechanism of the SCRAM family is offered
--   scram_of_read : share : lists read : endpoints whose list was read at this stage
--   scram_plus : count : SCRAM-PLUS : a SCRAM mechanism with channel binding is offered
--   external : count : EXTERNAL : client certificates are accepted for authentication
--   old_form : count : AUTH= : SMTP's old form of the list is sent
--   login_disabled : count : LOGINDISABLED : IMAP forbids its LOGIN command at this stage
--   login_disabled_of_read : share : lists read : endpoints whose list was read at this stage
--
-- Short: service, stage, read, unread, no_mechanism, plaintext, only_plaintext
-- Short note: † STARTTLS. Before TLS, "Plaintext" means that the server invites passwords to be sent in the clear.
--
-- Notes:
--   † STARTTLS. Before TLS, "Plaintext" means that the server invites passwords to be sent in the clear.
--   IMAP's LOGIN command is there without being listed unless LOGINDISABLED is; it is not counted under "Plaintext".

WITH endpoints AS (
    SELECT
        protocol, stage, run_id, target, addr, port, list_read,
        max(CASE WHEN mechanism IS NOT NULL THEN 1 ELSE 0 END) AS any_,
        max(CASE WHEN mechanism IN ('PLAIN', 'LOGIN', 'USER') THEN 1 ELSE 0 END) AS plaintext,
        max(CASE WHEN mechanism NOT IN ('PLAIN', 'LOGIN', 'USER') THEN 1 ELSE 0 END) AS better,
        max(CASE WHEN mechanism = 'USER' THEN 1 ELSE 0 END) AS user_capability,
        max(CASE WHEN mechanism = 'APOP' THEN 1 ELSE 0 END) AS apop,
        max(CASE WHEN mechanism LIKE 'CRAM-%' THEN 1 ELSE 0 END) AS cram,
        max(CASE WHEN mechanism LIKE 'SCRAM-%' THEN 1 ELSE 0 END) AS scram,
        max(CASE WHEN mechanism LIKE 'SCRAM-%-PLUS' THEN 1 ELSE 0 END) AS scram_plus,
        max(CASE WHEN mechanism = 'EXTERNAL' THEN 1 ELSE 0 END) AS external_,
        max(CASE WHEN source = 'old-form' THEN 1 ELSE 0 END) AS old_form,
        max(CASE WHEN login_disabled THEN 1 ELSE 0 END) AS login_disabled
    FROM authentication_offers
    GROUP BY protocol, stage, run_id, target, addr, port, list_read
),
sums AS (
    SELECT
        protocol, stage,
        sum(CASE WHEN list_read THEN 1 ELSE 0 END) AS read_,
        sum(CASE WHEN list_read THEN 0 ELSE 1 END) AS unread,
        sum(CASE WHEN list_read AND any_ = 0 THEN 1 ELSE 0 END) AS no_mechanism,
        sum(plaintext) AS plaintext,
        sum(CASE WHEN plaintext = 1 AND better = 0 THEN 1 ELSE 0 END) AS only_plaintext,
        sum(user_capability) AS user_capability,
        sum(apop) AS apop,
        sum(cram) AS cram,
        sum(scram) AS scram,
        sum(scram_plus) AS scram_plus,
        sum(external_) AS external_,
        sum(old_form) AS old_form,
        sum(login_disabled) AS login_disabled
    FROM endpoints
    GROUP BY protocol, stage
)
SELECT
    n.protocol,
    b.heading AS service,
    n.stage,
    n.read_ AS read,
    n.unread,
    n.no_mechanism,
    n.read_ AS no_mechanism_of_read,
    n.plaintext,
    n.read_ AS plaintext_of_read,
    n.only_plaintext,
    n.read_ AS only_plaintext_of_read,
    n.user_capability,
    n.apop,
    n.cram,
    n.scram,
    n.read_ AS scram_of_read,
    n.scram_plus,
    n.external_ AS external,
    n.old_form,
    n.login_disabled,
    n.read_ AS login_disabled_of_read
FROM sums n
JOIN blocks b ON b.block = n.protocol
ORDER BY b.place, n.protocol, CASE n.stage WHEN 'before TLS' THEN 0 ELSE 1 END
