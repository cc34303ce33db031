"""
The sealed protocol: encrypted, authenticated sessions between the members of a network, through which frames travel.

The documentation's page on it is the specification; L{timers} and L{packets} have its numbers and layouts.  What
arrives goes through L{reception}; all but data goes on to L{handshakes}, and what strangers begin to L{answering}.
Frames leave through L{transport} and a L{link}; L{access} is for everything that is not a frame.  What is between one
peer and us is a L{conversation}, whose states are in L{machine}.
"""
