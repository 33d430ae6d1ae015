"""Autosave: a journal of the open document beside its file, and what a window that was killed left behind.

Each window keeps `ID.blocks` (the document), `ID.json` (what it was) and `ID.lock` in the folder of the
app's data while it has unsaved changes. A journal whose lock nobody holds is one to recover.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from uuid import uuid4

from attrs import frozen
from PySide6.QtCore import QLockFile, QObject, QStandardPaths, QTimer, Signal

from blockstudio.errors import ProjectError
from blockstudio.formats.files import write_atomically
from blockstudio.formats.project import dumps, load
from blockstudio.graph.document import Document
from blockstudio.gui.background import Background, is_fault
from blockstudio.gui.i18n import tr
from blockstudio.gui.liveness import snapshot
from blockstudio.gui.session import Session

SOON = 1500
"""Milliseconds of quiet after which a change is written."""
LATEST = 8.0
"""Seconds after which it is written even while changes go on."""


def journal_folder() -> Path:
    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(base) / "BlockStudio" / "recovery"


@frozen
class Orphan:
    """What a window that did not end well had not saved."""

    file: Path
    path: Path | None
    """The project it belongs to; None when it was never saved."""
    name: str
    time: float
    """When it was written."""

    def load(self) -> Document:
        return load(self.file)

    def discard(self) -> None:
        for suffix in (".blocks", ".json", ".lock"):
            self.file.with_suffix(suffix).unlink(missing_ok=True)


def orphans(folder: Path | None = None) -> list[Orphan]:
    """The journals that no running window holds, newest first."""
    found = []
    for info in sorted((folder or journal_folder()).glob("*.json")):
        lock = QLockFile(str(info.with_suffix(".lock")))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            continue
        lock.unlock()
        try:
            data = json.loads(info.read_text("utf-8"))
            path = Path(data["path"]) if data["path"] else None
            orphan = Orphan(info.with_suffix(".blocks"), path, str(data["name"]), info.stat().st_mtime)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if orphan.file.exists():
            found.append(orphan)
    return sorted(found, key=lambda orphan: -orphan.time)


def _write(file: Path, document: Document, about: dict[str, str]) -> None:
    """Runs in the thread."""
    data, text = dumps(document), json.dumps(about).encode()
    write_atomically(file, lambda out: out.write(data))
    write_atomically(file.with_suffix(".json"), lambda out: out.write(text))


class Journal(QObject):
    """Writes the document of a session to disk while it has unsaved changes."""

    written = Signal()

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        super().__init__(session)
        self._session = session
        self._file = (folder or journal_folder()) / f"{uuid4().hex}.blocks"
        self._lock: QLockFile | None = None
        self._background = Background(self)
        self._waiting_since = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.write)
        session.document_changed.connect(self._changed)
        session.modified_changed.connect(self._modified_changed)
        session.document_replaced.connect(self._replaced)
        self._told = False
        """It was said that nothing can be written; once is enough."""

    def write(self) -> None:
        """Write now, in a thread."""
        self._timer.stop()
        self._waiting_since = 0.0
        if not self._session.modified:
            return
        document = snapshot(self._session.document)
        path = self._session.path
        about = {"path": str(path.resolve()) if path else "", "name": self._session.name}
        if self._lock is None:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                self._failed(error)
                return
            self._lock = QLockFile(str(self._file.with_suffix(".lock")))
            self._lock.setStaleLockTime(0)
            self._lock.tryLock(0)
        file = self._file
        self._background.run(lambda: _write(file, document, about), self._works, self._failed)

    def _works(self, _: None) -> None:
        self._told = False
        self.written.emit()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, OSError | ProjectError):
            is_fault(error)
        if not self._told:
            self._told = True
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            text = tr("After a crash unsaved changes would be lost, for they cannot be kept aside: {reason}.")
            self._session.notify(text.format(reason=tr(reason)), "warning", key="journal")

    def clear(self) -> None:
        """Nothing is unsaved: the journal goes."""
        self._timer.stop()
        self._waiting_since = 0.0
        self._background.wait()
        if self._lock is None:
            return
        for suffix in (".json", ".blocks"):
            self._file.with_suffix(suffix).unlink(missing_ok=True)
        self._lock.unlock()
        self._lock = None

    def _changed(self) -> None:
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        if now - self._waiting_since > LATEST:
            self.write()
        else:
            self._timer.start(SOON)

    def _modified_changed(self, modified: bool) -> None:
        if not modified:
            self.clear()

    def _replaced(self) -> None:
        self.clear()
        if self._session.modified:
            self._timer.start(0)
