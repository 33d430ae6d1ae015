"""What it takes to go on after the engine died: the last document, a snapshot of the parameters, the settings.

Keeps the books only; whoever holds the connection sends what `Keeper` asks for.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from attrs import Factory, define, evolve, field, frozen

from blockstudio.engine import protocol
from blockstudio.engine.protocol import (
    Changed,
    Failure,
    LoadParameters,
    LoadReport,
    MoveModel,
    ParameterTable,
    Request,
    RunModel,
    RunResult,
    Saved,
    SetMode,
    TakeSnapshot,
    UpdateDocument,
)
from blockstudio.errors import mark

SNAPSHOT_LIMIT = 512 * 2**20
"""Bytes of parameters beyond which no snapshots are taken."""


@frozen
class Death:
    """How the engine ended: a sentence to be worded, and the end of what it wrote to standard error."""

    template: str
    facts: dict[str, Any] = Factory(dict)
    detail: str = ""
    during: tuple[str, ...] = ()
    """Names of the requests under way."""
    final: bool = False
    """It is not started again by itself: it keeps dying."""


@frozen
class Snapshot:
    """Parameters on disk, as they were at `taken` (seconds since the epoch)."""

    file: Path
    taken: float
    tensors: int


@frozen
class Recovery:
    """What is as it was before the engine died, and what is lost."""

    snapshot: Snapshot | None
    """What the parameters were restored from; None where there was nothing to restore from."""
    changes_lost: int
    """Changes of parameters made since the snapshot, or since the beginning where there is none."""
    not_restored: tuple[str, ...] = ()
    """Keys that the snapshot lacks or has in another shape: initialised afresh."""
    code_held_back: bool = False
    """The engine died of the document's own Python, which therefore does not run until it is changed."""
    too_large: bool = False
    """There is no snapshot because the parameters are larger than the limit."""
    failure: Failure | None = None
    """Why the snapshot could not be loaded."""

    def sentences(self) -> list[tuple[str, dict[str, Any]]]:
        """The report: sentences to be worded, with their facts."""
        told: list[tuple[str, dict[str, Any]]] = []
        clock = time.strftime("%H:%M:%S", time.localtime(self.snapshot.taken)) if self.snapshot else ""
        if self.failure is not None:
            told.append((mark("The parameters could not be restored; they were initialised afresh."), {}))
        elif self.code_held_back and self.snapshot is not None:
            told.append((mark("The parameters of {time} are kept until the model can be built."), {"time": clock}))
        elif self.snapshot is not None:
            told.append((mark("Parameters restored from {time}."), {"time": clock}))
        elif self.too_large:
            told.append((mark("The parameters are too large to be kept safe; they were initialised afresh."), {}))
        elif self.changes_lost:
            told.append((mark("There was no snapshot of the parameters yet; they were initialised afresh."), {}))
        if self.changes_lost == 1:
            told.append((mark("The last change of parameters is lost."), {}))
        elif self.changes_lost:
            told.append((mark("The last {count} changes of parameters are lost."), {"count": self.changes_lost}))
        if self.not_restored and self.snapshot is not None and self.failure is None:
            names = ", ".join(self.not_restored[:3]) + (", …" if len(self.not_restored) > 3 else "")
            told.append((mark("Initialised afresh, not being in the snapshot: {names}."), {"names": names}))
        if self.code_held_back:
            told.append((mark("The Python in this document is not run again until it is changed."), {}))
        told.append((mark("Gradients and the values of the last run are gone."), {}))
        return told


@define
class Keeper:
    """Remembers what a new engine must be told, and when parameters are worth a snapshot.

    Each goes into a file of its own, so that a crash while one is written leaves the one before.
    """

    directory: Path
    limit: int = SNAPSHOT_LIMIT
    clock: Callable[[], float] = time.time
    document: UpdateDocument | None = None
    snapshot: Snapshot | None = None
    changes: int = 0
    """Changes of parameters since the snapshot (since the beginning, where there is none)."""
    _stale: bool = field(default=False, init=False)
    _model_steps: int = field(default=0, init=False)
    _numbers: Iterator[int] = field(factory=lambda: count(1), init=False)
    _asked_at: tuple[int, int, float] | None = field(default=None, init=False)
    _table: ParameterTable | None = field(default=None, init=False)
    _settings: dict[tuple[type, str], Request] = field(factory=dict, init=False)
    _suspects: tuple[str, ...] = field(default=(), init=False)
    _owed: bool = field(default=False, init=False)
    """The parameters wait to be restored until the document's Python may run again."""

    def sending(self, request: Request) -> Request:
        """Note a request that is about to be sent; returns what to send in its place."""
        if isinstance(request, UpdateDocument):
            self.document = request
            if self._suspects and _code(request) == self._suspects:
                return evolve(request, trusted=False)
        elif isinstance(request, protocol.MODEL_REQUESTS):
            self._model_steps += 1
        return request

    def answered(self, request: Request, reply: Any) -> None:
        """Note the answer to a request."""
        if isinstance(request, TakeSnapshot):
            self._took(reply, Path(request.file))
        if isinstance(reply, Failure):
            # What was stopped half-way may have changed some of the parameters.
            if isinstance(request, protocol.MODEL_REQUESTS) and reply.interrupted:
                self._stale = True
            return
        if isinstance(reply, ParameterTable):
            self._look(reply)
        match request:
            case SetMode() | MoveModel():
                self._settings[type(request), ""] = request
            case RunModel():
                # Layers like BatchNorm learn their running statistics.
                if isinstance(reply, RunResult) and reply.training and self._table and self._table.buffers:
                    self._changed()
        if isinstance(reply, Changed) and reply.token:
            self._changed()

    def _changed(self) -> None:
        self.changes += 1
        self._stale = True

    def _look(self, table: ParameterTable) -> None:
        def layout(table: ParameterTable | None) -> list[tuple[str, tuple[int, ...]]]:
            return [(row.path, row.shape) for row in table.rows] if table else []

        if layout(table) != layout(self._table):
            self._stale = True
        self._table = table

    # --- snapshots ------------------------------------------------------------------------------

    @property
    def too_large(self) -> bool:
        return self._table is not None and self._table.bytes > self.limit

    @property
    def _unsaved(self) -> bool:
        return bool(self.changes) or self._table is None or self._table.changed

    def next_snapshot(self) -> TakeSnapshot | None:
        """The snapshot to take now that the engine is idle; None where none is needed or one is under way."""
        if not self._stale or self._asked_at is not None or self.too_large or self._table is None or self._owed:
            return None
        if not self._table.rows:
            return None
        self._asked_at = (self.changes, self._model_steps, self.clock())
        self._stale = False
        return TakeSnapshot(str(self.directory / f"snapshot-{next(self._numbers)}.params"))

    def _took(self, reply: Any, file: Path) -> None:
        if self._asked_at is None:
            return
        (changes, steps, taken), self._asked_at = self._asked_at, None
        if not isinstance(reply, Saved):
            discard(file)
            return
        if steps != self._model_steps:
            # The model was at work meanwhile: this may be half of one state and half of the next.
            self._stale = True
            discard(file)
            return
        if self.snapshot is not None:
            discard(self.snapshot.file)
        self.snapshot = Snapshot(file, taken, reply.tensors)
        self.changes -= changes

    # --- after a death --------------------------------------------------------------------------

    def died(self, during: tuple[Request, ...]) -> None:
        """The engine is gone. If it died while it worked out shapes, the document's Python is suspect."""
        self._asked_at = None
        for request in during:
            if isinstance(request, UpdateDocument) and has_code(request):
                self._suspects = _code(request)

    @property
    def code_held_back(self) -> bool:
        return bool(self._suspects) and self.document is not None and _code(self.document) == self._suspects

    def absolve(self) -> None:
        """The user wants the document's Python tried again."""
        self._suspects = ()

    def restoring(self) -> list[Request]:
        """What puts a new engine, which has the document already, back to where the old one was."""
        self._owed = self.code_held_back
        if self._owed:
            return []  # the model cannot be built
        requests: list[Request] = [request for (kind, _), request in self._settings.items() if kind is MoveModel]
        if self.snapshot is not None:
            requests += [
                protocol.CompareParameters(str(self.snapshot.file)),
                LoadParameters(str(self.snapshot.file), matching_only=True, saved=not self._unsaved),
            ]
        return requests + [request for (kind, _), request in self._settings.items() if kind is not MoveModel]

    @property
    def owes(self) -> bool:
        """Whether parameters that had to wait can be restored now."""
        return self._owed and not self.code_held_back

    def restored(self, replies: list[tuple[Request, Any]]) -> Recovery:
        """The engine has answered `restoring`: what came of it. The count of changes starts anew."""
        missing: tuple[str, ...] = ()
        failure = None
        for request, reply in replies:
            if isinstance(reply, LoadReport):
                missing = tuple(key.key for key in reply.keys if key.problem in ("missing", "shape", "kind"))
            if isinstance(request, LoadParameters) and isinstance(reply, Failure):
                failure = reply
        report = Recovery(
            self.snapshot, self.changes, missing, self.code_held_back, self.too_large and not self.snapshot, failure
        )
        if not self._owed:
            self.changes = 0
        return report

    def forget(self) -> None:
        """Another document is open: nothing of the old one is worth restoring."""
        if self.snapshot is not None:
            discard(self.snapshot.file)
        self.snapshot, self.changes, self._stale, self._table, self._owed = None, 0, False, None, False
        self._settings = {kind: request for kind, request in self._settings.items() if isinstance(request, MoveModel)}


def discard(file: Path) -> None:
    """Remove a snapshot, in a thread: to let go of a large file takes long."""
    threading.Thread(target=file.unlink, kwargs={"missing_ok": True}, name="discard").start()


def reason(status: int | None) -> tuple[str, dict[str, Any]]:
    """How a process ended, in words: the template and its facts."""
    if status is None:
        return mark("The connection to the engine is lost."), {}
    if status >= 0:
        return mark("The engine ended itself, with status {status}."), {"status": status}
    name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
    if name == "SIGKILL":
        return mark("The engine was killed, most likely because the machine ran out of memory."), {}
    if name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE"):
        return mark("The engine crashed ({signal})."), {"signal": name}
    return mark("The engine was ended by {signal}."), {"signal": name}


def has_code(document: UpdateDocument) -> bool:
    """Whether there is Python in a document that may run."""
    return document.trusted and bool(_code(document))


def _code(document: UpdateDocument) -> tuple[str, ...]:
    """Every piece of Python in a document."""
    blocks = document.project.get("definitions", ())
    sources = [block["source"] for block in blocks if isinstance(block, dict) and "source" in block]
    return (*sources, *document.project.get("functions", {}).values())
