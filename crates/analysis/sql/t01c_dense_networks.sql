-- T01c · Networks where everything answers
--
-- Question: In which networks does nearly every host answer on every port asked, or on ports where nothing should be?
--
-- Columns:
--   network : text : Network : the /24; of IPv6 the /48
--   origin_as : number : AS : system that originates it; none: no table of prefixes was given
--   hosts : count : Hosts that answered : addresses that answered on a port asked
--   on_every_port : count : On every port : addresses that answered on every port asked
--   on_every_port_of_hosts : share : hosts : addresses that answered on a port asked
--   endpoints : count : Endpoints : addresses and ports that answered
--   possible : count : Possible : what they would be if each host answered on each port
--   noise : count : Noise answers : addresses and arbitrary ports that answered the noise experiment
--
-- Short: network, hosts, on_every_port, noise
-- Short note: Middleboxes answer like this; hosts do not.
--
-- Notes:
--   A middlebox that answers for a whole network makes it look like this; hosts do not.
--   Listed are networks with 8 hosts or more that answered, 9 in 10 of them on every port, where 3 ports or more were asked.
--   And those that answered the noise experiment. Of all these the 50 with the most noise, then with the most such hosts.
--   Where a network's addresses were sampled, its hosts are those of the sample.

SELECT
    network,
    origin_as,
    hosts,
    on_every_port,
    hosts AS on_every_port_of_hosts,
    endpoints,
    hosts * ports_asked AS possible,
    noise
FROM networks
WHERE (ports_asked >= 3 AND hosts >= 8 AND on_every_port * 10 >= hosts * 9) OR noise > 0
ORDER BY noise DESC, on_every_port DESC, endpoints DESC, network
LIMIT 50
