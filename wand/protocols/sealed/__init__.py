"""
The sealed protocol: encrypted, authenticated sessions between the members of a network.

The documentation's page on it is the specification; L{timers} and L{packets} have its numbers and layouts.  What
arrives goes through L{transport}, all but data on to L{handshakes}, and what strangers begin to L{answering}.  What
leaves begins in L{conversation}, whose states are in L{machine}.
"""
