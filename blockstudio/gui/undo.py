"""The two kinds of undo command: one wraps any edit of the document, one a change of parameter values.

And what goes with an edit in the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

from attrs import Factory, define
from PySide6.QtGui import QUndoCommand

from blockstudio.engine.protocol import Changed, Failure, RestoreSnapshot
from blockstudio.errors import EngineError, mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit
from blockstudio.gui.navigation import View

if TYPE_CHECKING:
    from blockstudio.gui.session import Session

MOST_SETTLING = 20
"""Blocks within blocks, each of which makes room for the one inside it."""


@define
class Settling:
    """What goes with a change that was just made: whoever sees what it led to adds edits to the same step of undo."""

    edits: list[Edit] = Factory(list)
    done: set[Location] = Factory(set)
    """Graphs that somebody has cared for already."""


def settled(document: Document, edit: Edit, settle: Callable[[Settling], object]) -> tuple[Edit, Edit]:
    """Make a change, and what `settle` adds to it; all of that as one edit, and the one that takes it back."""
    made, inverses = [edit], [document.apply(edit)]
    while len(made) < MOST_SETTLING:
        settling = Settling()
        settle(settling)
        if not settling.edits:
            break
        made.append(Batch(tuple(settling.edits)))
        inverses.append(document.apply(made[-1]))
    if len(made) == 1:
        return edit, inverses[0]
    return Batch(tuple(made)), Batch(tuple(reversed(inverses)))


class EditCommand(QUndoCommand):
    """An edit that was made already: the first `redo`, which the stack calls itself, does nothing.

    `values` is the change of parameter values that goes with it, undone and redone in the same step.
    """

    def __init__(
        self,
        session: Session,
        edit: Edit,
        inverse: Edit,
        text: str,
        before: View,
        merge: str = "",
        values: SnapshotCommand | None = None,
    ) -> None:
        super().__init__(text)
        self._session = session
        self._edit = edit
        self._inverse = inverse
        self._merge = merge
        self._before = before
        self._after = View(session.trail)  # under the names that it has since: the edit may have renamed the way
        self._made = True
        self.values = values

    @classmethod
    def of_macro(cls, session: Session, done: Sequence[tuple[Edit, Edit]], text: str, before: View) -> EditCommand:
        """Several edits, made one after the other, as one step."""
        edits = Batch(tuple(edit for edit, _ in done))
        inverses = Batch(tuple(inverse for _, inverse in reversed(done)))
        return cls(session, edits, inverses, text, before)

    def redo(self) -> None:
        if self.values is not None:
            self.values.redo()
        if self._made:
            self._made = False
            return
        self._inverse = self._session.document.apply(self._edit)
        self._session.restore_view(self._after)

    def undo(self) -> None:
        if self.values is not None:
            self.values.undo()
        if self._session.trail == self._after.trail:
            self._after = self._session.view()
        self._edit = self._session.document.apply(self._inverse)
        self._session.restore_view(self._before)

    def id(self) -> int:
        return crc32(self._merge.encode()) & 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditCommand) or other._merge != self._merge or self.values or other.values:
            return False
        self._edit = Batch((self._edit, other._edit))
        self._inverse = Batch((other._inverse, self._inverse))
        return True


class SnapshotCommand(QUndoCommand):
    """A change of parameter values that the engine made, and can take back while it runs.

    Undo and redo may follow each other faster than the engine answers: at most one request is
    under way, and the last wish is asked for when its reply has come.
    """

    def __init__(self, session: Session, token: str, text: str) -> None:
        super().__init__(text)
        self._session = session
        self._token = token
        self._made = True
        self._wanted = True
        self._holds = True
        self._asked = False

    def redo(self) -> None:
        if self._made:
            self._made = False
            return
        self._wish(True)

    def undo(self) -> None:
        self._wish(False)

    def _wish(self, changed: bool) -> None:
        self._wanted = changed
        if not self._asked:
            self._ask()

    def _ask(self) -> None:
        kernel = self._session.kernel
        if self._wanted == self._holds or kernel is None:
            return
        self._asked = True
        kernel.request(RestoreSnapshot(self._token), self._answered, self._refused)

    def _answered(self, reply: Changed) -> None:
        self._asked = False
        self._token = reply.token
        self._holds = not self._holds
        self._session.parameters_changed.emit()
        self._ask()

    def _refused(self, failure: Failure) -> None:
        self._asked = False
        self._wanted = self._holds
        self._session.report(
            EngineError(mark("The parameter values from before are gone: the engine was restarted.")), failure.detail
        )
