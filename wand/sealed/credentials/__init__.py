"""
What a member shows for itself: identities, certificates, claims, revocations, tokens, and the messages that carry
them.
"""
