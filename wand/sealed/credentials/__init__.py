"""
Credentials: identities, certificates, claims, revocations and invitation tokens, and the messages that carry them.
"""
