"""
Tests for L{wand.testing.descriptors} and L{wand.testing.frames}.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorFDSet
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.interfaces import IFrameReader
from wand.testing.descriptors import Descriptors
from wand.testing.frames import FrameRecorder, makeFrame, makeTaggedFrame


class ProviderTests(SynchronousTestCase):
    """
    The test tools are what they stand in for.
    """

    def test_descriptors(self) -> None:
        """
        The descriptors provide what a reactor does.
        """
        self.assertTrue(verifyObject(IReactorFDSet, Descriptors()))

    def test_recorder(self) -> None:
        """
        The recorder provides what the data plane does.
        """
        self.assertTrue(verifyObject(IFrameReader, FrameRecorder()))

    def test_frames(self) -> None:
        """
        Frames have the size that was asked for, with a tag and without.
        """
        for size in (18, 64, 1500, 65_018):
            self.assertEqual((size, size), (len(makeFrame(size)), len(makeTaggedFrame(size))))
