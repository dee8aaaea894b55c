-- T08g · Authentication offers by kind before TLS (passive)
--
-- Question: In how many connections, and how many servers, are passwords in the clear offered before TLS, nothing else, or something better?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services that begin in plaintext
--   service : text : Service : name of the service; † marks STARTTLS
--   read : count : Lists read : connections that begin in plaintext and whose list was read
--   unread : count : Not read : connections that begin in plaintext, but whose list was not read
--   servers : count : Servers : distinct addresses of servers whose list was read in a connection
--   no_mechanism : count : None : the list offers no mechanism
--   no_mechanism_of_read : share : lists read : connections whose list was read
--   plaintext : count : Plaintext : PLAIN, LOGIN or USER is offered
--   plaintext_of_read : share : lists read : connections whose list was read
--   plaintext_servers : count : Servers with plaintext : distinct addresses of servers that offered one of these in a connection
--   plaintext_servers_of_servers : share : servers : servers whose list was read in a connection
--   only_plaintext : count : Only plaintext : PLAIN, LOGIN or USER is offered, and nothing else
--   only_plaintext_of_read : share : lists read : connections whose list was read
--   only_plaintext_servers : count : Servers with that only : distinct addresses of servers that offered nothing else in a connection
--   only_plaintext_servers_of_servers : share : servers : servers whose list was read in a connection
--   user_capability : count : USER : POP3's USER capability is offered
--   apop : count : APOP : the POP3 greeting has a time stamp
--   cram : count : CRAM : a mechanism of the CRAM family is offered
--   scram : count : SCRAM : a mechanism of the SCRAM family is offered
--   scram_of_read : share : lists read : connections whose list was read
--   scram_plus : count : SCRAM-PLUS : a SCRAM mechanism with channel binding is offered
--   external : count : EXTERNAL : client certificates are accepted for authentication
--   old_form : count : AUTH= : SMTP's old form of the list is sent
--   login_disabled : count : LOGINDISABLED : IMAP forbids its LOGIN command
--   login_disabled_of_read : share : lists read : connections whose list was read
--
-- Short: service, read, unread, no_mechanism, plaintext, only_plaintext
-- Short note: † STARTTLS. "Plaintext" means that the server invites passwords to be sent in the clear.
--
-- Notes:
--   † STARTTLS. "Plaintext" means that the server invites passwords to be sent in the clear; whether clients do so says T08f.
--   IMAP's LOGIN command is there without being listed unless LOGINDISABLED is; it is not counted under "Plaintext".

WITH began AS (
    SELECT b.block, b.heading, b.place, f.run_id, f.flow_id, f.server_addr, f.list_read, f.login_disabled
    FROM flow_authentication f
    JOIN blocks b ON b.protocol = f.protocol
),
offers AS (
    SELECT
        run_id, flow_id,
        max(CASE WHEN mechanism IS NOT NULL THEN 1 ELSE 0 END) AS any_,
        max(CASE WHEN mechanism IN ('PLAIN', 'LOGIN', 'USER') THEN 1 ELSE 0 END) AS plaintext,
        max(CASE WHEN mechanism NOT IN ('PLAIN', 'LOGIN', 'USER') THEN 1 ELSE 0 END) AS better,
        max(CASE WHEN mechanism = 'USER' THEN 1 ELSE 0 END) AS user_capability,
        max(CASE WHEN mechanism = 'APOP' THEN 1 ELSE 0 END) AS apop,
        max(CASE WHEN mechanism LIKE 'CRAM-%' THEN 1 ELSE 0 END) AS cram,
        max(CASE WHEN mechanism LIKE 'SCRAM-%' THEN 1 ELSE 0 END) AS scram,
        max(CASE WHEN mechanism LIKE 'SCRAM-%-PLUS' THEN 1 ELSE 0 END) AS scram_plus,
        max(CASE WHEN mechanism = 'EXTERNAL' THEN 1 ELSE 0 END) AS external_,
        max(CASE WHEN source = 'old-form' THEN 1 ELSE 0 END) AS old_form
    FROM flow_mechanisms
    GROUP BY run_id, flow_id
),
sums AS (
    SELECT
        g.block, g.heading, g.place,
        sum(CASE WHEN g.list_read THEN 1 ELSE 0 END) AS read_,
        sum(CASE WHEN g.list_read THEN 0 ELSE 1 END) AS unread,
        count(DISTINCT CASE WHEN g.list_read THEN g.server_addr END) AS servers,
        sum(CASE WHEN g.list_read AND o.any_ = 0 THEN 1 ELSE 0 END) AS no_mechanism,
        coalesce(sum(o.plaintext), 0) AS plaintext,
        count(DISTINCT CASE WHEN o.plaintext = 1 THEN g.server_addr END) AS plaintext_servers,
        sum(CASE WHEN o.plaintext = 1 AND o.better = 0 THEN 1 ELSE 0 END) AS only_plaintext,
        count(DISTINCT CASE WHEN o.plaintext = 1 AND o.better = 0 THEN g.server_addr END) AS only_plaintext_servers,
        coalesce(sum(o.user_capability), 0) AS user_capability,
        coalesce(sum(o.apop), 0) AS apop,
        coalesce(sum(o.cram), 0) AS cram,
        coalesce(sum(o.scram), 0) AS scram,
        coalesce(sum(o.scram_plus), 0) AS scram_plus,
        coalesce(sum(o.external_), 0) AS external_,
        coalesce(sum(o.old_form), 0) AS old_form,
        sum(CASE WHEN g.login_disabled THEN 1 ELSE 0 END) AS login_disabled
    FROM began g
    LEFT JOIN offers o ON o.run_id = g.run_id AND o.flow_id = g.flow_id
    GROUP BY g.block, g.heading, g.place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.read_ AS read,
    n.unread,
    n.servers,
    n.no_mechanism,
    n.read_ AS no_mechanism_of_read,
    n.plaintext,
    n.read_ AS plaintext_of_read,
    n.plaintext_servers,
    n.servers AS plaintext_servers_of_servers,
    n.only_plaintext,
    n.read_ AS only_plaintext_of_read,
    n.only_plaintext_servers,
    n.servers AS only_plaintext_servers_of_servers,
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
ORDER BY n.place, n.block
