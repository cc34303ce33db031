"""
The contract of an open store.
"""

from __future__ import annotations

from wand.interfaces import IRecords
from wand.testing import store_rules as rules
from wand.testing.record_accidents import RecordAccidents
from wand.testing.record_changes import RecordChanges


class RecordsContract(RecordChanges, RecordAccidents):
    """
    What everything must do that L{StoreContract} is about, for records that no plugin opens.

    @ivar records: the open store; it is opened when it is first used.
    """

    _records: IRecords | None = None

    def makeRecords(self) -> IRecords:
        """
        Open an empty store.
        """
        raise NotImplementedError

    @property
    def records(self) -> IRecords:
        """
        See L{RecordsContract}.
        """
        if self._records is None:
            self._records = self.makeRecords()
        return self._records

    @records.setter
    def records(self, records: IRecords) -> None:
        self._records = records

    def use(self, records: IRecords) -> None:
        """
        See L{RecordSurvival}.
        """
        self._records = records

    def closed(self) -> None:
        """
        See L{RecordSurvival}.
        """
        self.answerOf(self.records.close(), "close()", rules.CLOSE)

    def tearDown(self) -> None:
        """
        Close it.
        """
        if self._records is not None:
            self.closed()
        super().tearDown()

    def test_records(self) -> None:
        """
        An open store has all that its interface has.
        """
        self.verify(IRecords, self.records, "the open store")
