"""
Tests for L{wand.sealed.sessions.noise_backend}.
"""

from __future__ import annotations

import hmac
from hashlib import blake2s

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.noise_backend import BLOCK, HandshakeHash, authenticated


class HandshakeHashesTests(SynchronousTestCase):
    @given(st.binary(max_size=BLOCK), st.binary())
    def test_theyAreTheStandardOnes(self, key: bytes, data: bytes) -> None:
        """
        They give what Python's own HMAC and BLAKE2s give.
        """
        self.assertEqual(authenticated(key, data), hmac.digest(key, data, "blake2s"))
        self.assertEqual(HandshakeHash().hash(data), blake2s(data).digest())
