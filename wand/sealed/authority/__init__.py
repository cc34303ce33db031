"""
Who belongs to a network: members, invitations and revocations, as the server that signs them knows them.
"""
