"""
Tests for L{wand.sealed.credentials.handed}: requests and answers that people carry.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from simulated.membership import entropyFrom

from wand.errors import TokenInvalid
from wand.sealed.credentials.handed import HandedAnswer, HandedRequest, RequestProof, _textOf
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import packed, signature
from wand.sealed.credentials.token_text import ANSWER_PREFIX, REQUEST_PREFIX

MAC = b"\2\0\0\0\0\1"
ALICE, MALLORY = (NodeKey.fromSeed(name * 32) for name in (b"a", b"m"))
ANSWER = HandedAnswer(b"N" * 32, b"descriptor", b"S" * 32, b"certificate", b"by", ("192.0.2.1:4711",))


def test_request() -> None:
    """
    A request says what it said, however it was broken into lines.
    """
    text = HandedRequest.of(ALICE, "alice", MAC).text
    request = HandedRequest.parse(f" {text[:40]}\n{text[40:]}\n")
    assert (request.identity, request.exchangeKey) == (ALICE.identity, ALICE.exchangePublic)
    assert (request.name, request.mac) == ("alice", MAC)


@pytest.mark.parametrize(
    "change",
    [{"name": "bob"}, {"mac": b"\2\0\0\0\0\2"}, {"exchangeKey": MALLORY.exchangePublic}, {"identity": b"i" * 32}],
)
def test_requestOfAnother(change: dict[str, object]) -> None:
    """
    Nobody can ask for what another signed, with a key or a name of his own.
    """
    forged = replace(HandedRequest.of(ALICE, "alice", MAC), **change)
    with pytest.raises(TokenInvalid):
        HandedRequest.parse(_textOf(REQUEST_PREFIX, packed(forged)))


def test_answer() -> None:
    """
    Only the node that asked reads the answer, which does not show the secret.
    """
    text = ANSWER.sealedFor(ALICE.exchangePublic, entropyFrom("answer"))
    assert HandedAnswer.opened(text, ALICE) == ANSWER
    assert text.startswith(ANSWER_PREFIX)
    assert "S" * 8 not in repr(ANSWER)
    with pytest.raises(TokenInvalid):
        HandedAnswer.opened(text, MALLORY)


@given(st.text(max_size=300), st.binary(max_size=300))
def test_anything(text: str, octets: bytes) -> None:
    """
    Whatever is pasted is refused with a sentence.
    """
    for prefix in (REQUEST_PREFIX, ANSWER_PREFIX, ""):
        for each in (prefix + text, _textOf(prefix, octets)):
            with pytest.raises(TokenInvalid):
                HandedRequest.parse(each)
            with pytest.raises(TokenInvalid):
                HandedAnswer.opened(each, ALICE)


def test_weakKey() -> None:
    """
    An answer that begins with a point of small order is refused (RFC 7748, section 6.1), and so is a request with one.
    """
    proof = signature(ALICE.signing, RequestProof(ALICE.identity, bytes(32), "alice", MAC))
    request = HandedRequest(ALICE.identity, bytes(32), "alice", MAC, proof)
    with pytest.raises(TokenInvalid):
        HandedRequest.parse(request.text)
    with pytest.raises(TokenInvalid):
        HandedAnswer.opened(_textOf(ANSWER_PREFIX, bytes(32) + bytes(64)), ALICE)
