"""
Tests for L{bench.scale}.
"""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from bench.scale.command import lines
from bench.scale.measuring import Figures
from bench.scale.realm import foundRealm
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import verified
from wand.sealed.credentials.trust import Trust


class ScaleTests(SynchronousTestCase):
    def test_papersAreValid(self) -> None:
        """
        The members of a realm have certificates and claims that everybody takes.
        """
        folder = mkdtemp()
        self.addCleanup(rmtree, folder)
        realm = foundRealm(Path(folder) / "state", 2)
        trust = Trust(Identity(realm.network), lambda: 0.0)
        names = []
        for papers in realm.members:
            said = Announcement.verified(papers.certificate, papers.claim(7), trust.check)
            assert said is not None
            names.append((said.claim.name, said.claim.epoch))
        self.assertEqual(names, [("member-0", 7), ("member-1", 7)])
        self.assertIsNone(verified(realm.members[0].claim(1), Claim, realm.members[1].record.identity))
        self.assertIsNotNone(verified(realm.members[0].certificate, Certificate, realm.network))

    def test_figuresAreToldInLines(self) -> None:
        """
        Every figure is in a line for people.
        """
        text = "\n".join(
            lines(Figures(1000, 20, coldStart=2.5, coldReach=3.5, registrations=1234.0, resident=5600.0, rest=0.04))
        )
        for part in ("1000, of which 20", "2.5 s", "1234 a second", "5.6 kB a member", "4.0%"):
            self.assertIn(part, text)
