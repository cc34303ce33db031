"""
Do any two members reach each other?  A matrix of cells, each a pair of ends and sometimes a change of the network, in a
lab of real network namespaces and NATs, with real C{twistd} programs that joined as users join.

In each cell one end pings the other, ten times a second, and nobody else sends anything: the tap of the pinged end is
silent, with IPv6 off and the neighbours known, since packets of its own would open the way from its side and so hide a
fault.  What counts is the time from the first ping that is sent to the first answer, which way the frames go (direct,
over a relay, over a stream), how soon a direct way is taken where there is one, and what is lost meanwhile; and after a
change, the time until pings are answered again.

    cells       pairs                          limit                             what else
    25          public, firewall, cone,        1 s if one end is public,         direct wherever that is possible, after
                carrier and symmetric,         2 s if both are behind NATs,      5 s at most, and none lost
                each to each                   1 s over a relay
    5           behind one NAT                 2 s                               the LAN, a hairpin, or a relay
    4           two behind one router with     1 s or 2 s                        direct
                the default port
    6           IPv4 alone, IPv6 alone, both   1 s or 2 s                        a relay between versions of IP
    7           UDP blocked                    3 s                               over a stream
    5           black holes of the path size   3 s, for a frame of the tap's     none lost after the first answer
                                               whole MTU
    5           roaming                        3 s after the change
    3           NATs that restart              3 s after the change

L{bench.reach.cells} has them, L{bench.reach.land} the lab, L{bench.reach.course} what is measured.  The ends are shared
by all the cells where nothing of one cell helps another: those that ping are never pinged by the same ends, so each
pair is new to each other.  All run in one network with one public server.
"""
