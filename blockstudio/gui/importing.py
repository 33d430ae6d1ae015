"""File > Import: a model that exists becomes the open project. Its Python runs in the engine, never here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from blockstudio.engine.protocol import Changed, Failure, Imported, ImportModel, LoadImported, Shapes
from blockstudio.formats import import_report
from blockstudio.formats.project import from_json
from blockstudio.gui import trust
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.asking import Question, failure_text
from blockstudio.gui.session import Session

if TYPE_CHECKING:
    from blockstudio.gui.import_dialog import ImportDialog
    from blockstudio.gui.import_report import ReportDialog

SAYS = "imported"
"""Key of the message about what came in."""


class Engine(Protocol):
    """What ends an import that does not end by itself."""

    def stop(self) -> None: ...

    def restart(self) -> None: ...


class ModelImport(QObject):
    """Asks what to import, has the engine do it, and opens what came of it."""

    def __init__(
        self, session: Session, window: QWidget, guard: Callable[[], bool], engine: Callable[[], Engine | None]
    ) -> None:
        """`guard` asks what to do with unsaved changes; `engine` gives what can stop and restart the engine."""
        super().__init__(window)
        self._session = session
        self._window = window
        self._guard = guard
        self._engine = engine
        self._import = Question(session, self._imported, self._refused, self)
        self._weights = Question(session, self._loaded, None, self)
        self._waits = False
        """Weights wait for the engine to know the document they are for."""
        session.document_replaced.connect(self._replaced)
        session.shapes_changed.connect(self._shapes_changed)
        self.dialog: ImportDialog | None = None
        self.report: ReportDialog | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def open(self, target: str = "") -> None:
        """Ask what to import; `target` is suggested."""
        from blockstudio.gui.import_dialog import ImportDialog

        if self.dialog is None:
            self.dialog = ImportDialog(self._session, self._window)
            self.dialog.wanted.connect(self._start)
            self.dialog.stopped.connect(self._stop)
            self.dialog.cancelled.connect(self._cancel)
            self._import.busy_changed.connect(self.dialog.set_busy)
        if target:
            self.dialog.suggest(target)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def open_text(self, source: str) -> None:
        """Ask whether to import the model in a piece of Python, which goes into a file of our own for that."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="blockstudio-")
        file = Path(self._folder.name) / "pasted.py"
        file.write_text(source, encoding="utf-8")
        self.open()
        assert self.dialog is not None
        self.dialog.show_file(str(file))

    def close(self) -> None:
        """Take away what was written for an import."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def show_report(self) -> None:
        """Show again what the import of this project had to say."""
        from blockstudio.gui.import_report import ReportDialog

        report = import_report.kept(self._session.document)
        if report is not None:
            self.report = ReportDialog(self._session, report, self._window)
            self.report.show()

    # --- what happens ---------------------------------------------------------------------------

    def _start(self, request: ImportModel) -> None:
        assert self.dialog is not None
        if not self._import.ask(request):
            self.dialog.fail(tr("The engine is not running."))

    def _stop(self, by_force: bool) -> None:
        engine = self._engine()
        if engine is not None:
            (engine.restart if by_force else engine.stop)()

    def _cancel(self) -> None:
        self._import.forget()
        self._stop(False)

    def _refused(self, failure: Failure) -> None:
        assert self.dialog is not None
        where = f"{failure.path}: " if failure.path else ""
        self.dialog.fail(f"{where}{failure_text(failure)}", failure.detail)

    def _imported(self, imported: Imported) -> None:
        assert self.dialog is not None
        document = from_json(imported.project)
        if not self._guard():
            self.dialog.fail(tr("The import was left out: the open project stays."))
            return
        self.dialog.close()
        # Who let the model's own Python run agreed to what was taken from it.
        trust.trust(document.code().values(), self._session.settings)
        self._session.replace(document, modified=True)
        self._waits = bool(imported.tensors)
        self._tell()

    def _replaced(self) -> None:
        self._waits = False

    def _shapes_changed(self, shapes: Shapes | None) -> None:
        """The engine has the new document: it can have its weights."""
        if self._waits and shapes is not None:
            self._waits = False
            self._weights.ask(LoadImported())

    def _tell(self) -> None:
        document = self._session.document
        report = import_report.kept(document)
        blocks, code = len(document.definitions), len(document.code())
        text = tr("{name} came in as {blocks} blocks, {code} of them Python.")
        actions = ((tr("Show the report"), self.show_report),) if report is not None and report.notes else ()
        self._session.notify(
            text.format(name=document.root, blocks=blocks, code=code),
            "warning" if code else "success",
            actions=actions,
            key=SAYS,
        )

    def _loaded(self, changed: Changed) -> None:
        self._session.push_snapshot(changed.token, tr("Imported weights"))
