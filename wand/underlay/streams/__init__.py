"""
Streams: TCP connections that carry datagrams where UDP is blocked, in TLS or in a WebSocket inside of TLS.

What travels in them is sealed already; TLS is there so that what lies between sees HTTPS.  docs/streams.md describes
the layouts.
"""
