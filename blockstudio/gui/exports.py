"""File > Export: what the project can be written as, for others to use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from blockstudio.engine.protocol import Exported, ExportModel, Failure
from blockstudio.errors import BlockStudioError, mark
from blockstudio.formats.files import write_atomically
from blockstudio.gui.background import Background, is_fault
from blockstudio.gui.canvas.scene.export import PAPER, Look, paint
from blockstudio.gui.export_dialog import FORMATS, ExportDialog, Format
from blockstudio.gui.file_dialogs import remember_folder, start_folder, stem, with_suffix
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.panels.asking import Question, report
from blockstudio.gui.panels.parts import engine_text
from blockstudio.gui.panels.quantities import bytes_text
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LAST_EXPORT

KEY = "export"
"""Of the messages about an export: the newest takes the place of the one before."""


class Exports(QObject):
    """Asks what to export and where to, has it done, and tells how it went. The window never waits for it."""

    about_to_export = Signal()
    """What is typed and not taken yet is to be taken."""

    def __init__(self, session: Session, window: QWidget, save_parameters: Callable[[str], None]) -> None:
        """`save_parameters` writes the state dict to a file."""
        super().__init__(window)
        self._session = session
        self._window = window
        self._save_parameters = save_parameters
        self._background = Background(self)
        self._model = Question(session, self._exported, self._refused, self)

    def open(self) -> None:
        """Ask for a format, and with it for a file."""
        self.about_to_export.emit()
        dialog = ExportDialog(self._session, self._window)
        dialog.chosen.connect(self._choose_file)
        dialog.open()

    def _choose_file(self, format: Format, look: Look) -> None:
        self._session.settings.set(LAST_EXPORT, format.suffix)
        start = Path(start_folder(self._session)) / f"{self._stem(format)}{format.suffix}"
        kind = f"{tr(format.title)} (*{format.suffix})"
        name, _ = QFileDialog.getSaveFileName(self._window, tr("Export"), str(start), kind)
        file = Path(name) if Path(name).suffix or not name else with_suffix(self._window, name, format.suffix)
        if name and file is not None:
            with self._session.guard():
                self.export(file, look)

    def export(self, file: Path, look: Look = PAPER) -> None:
        """Write a file, by its suffix; how it went is told when it is done."""
        remember_folder(self._session, file)
        match file.suffix.lower():
            case ".py":
                self._export_source(file)
            case ".svg" | ".png":
                self._export_picture(file, look)
            case ".params" | ".safetensors":
                self._save_parameters(str(file))
            case ".onnx" | ".pt2":
                self._export_model(file)
            case _:
                known = " ".join(format.suffix for format in FORMATS)
                raise BlockStudioError(
                    mark("“{file}” has no suffix that says what to write: use {known}."), file=file.name, known=known
                )

    # --- source and pictures ------------------------------------------------------------------

    def _export_source(self, file: Path) -> None:
        compiled = self._session.compiled
        if compiled is None:
            self._session.notify(tr("The model does not compile yet: see the problems."), "warning", key=KEY)
            return
        data = compiled.source.encode()
        self._in_a_thread(file, lambda: write_atomically(file, lambda out: out.write(data)))

    def _export_picture(self, file: Path, look: Look) -> None:
        session = self._session
        painted = paint(session.document, session.location, file.suffix.lower(), session, look)
        self._in_a_thread(file, lambda: painted.write(file))

    def _in_a_thread(self, file: Path, write: Callable[[], object]) -> None:
        session = self._session

        def written(_: object) -> None:
            session.notify(tr("{file} was written.").format(file=file), "success", key=KEY)

        def failed(error: Exception) -> None:
            if isinstance(error, OSError):
                template = mark("“{file}” cannot be written: {reason}.")
                error = BlockStudioError(template, file=str(file), reason=error.strerror or str(error))
            if not isinstance(error, BlockStudioError):
                is_fault(error)
            session.report(error)

        self._background.run(write, written, failed)

    # --- the model, by the engine ---------------------------------------------------------------

    def _export_model(self, file: Path) -> None:
        session = self._session
        waiting = engine_text(session.engine_state)
        if waiting or not self._model.ask(ExportModel(str(file))):
            session.notify(waiting or engine_text("starting"), "warning", key=KEY)
            return
        session.notify(
            tr("{file} is being written…").format(file=file.name),
            actions=((tr("Stop"), self._stop),),
            key=KEY,
        )

    def _stop(self) -> None:
        if self._session.kernel is not None:
            self._session.kernel.interrupt()

    def _exported(self, done: Exported) -> None:
        session = self._session
        text = tr("{file} was written: {bytes}.").format(file=done.file, bytes=bytes_text(done.bytes))
        notes = [f"{note.path}: {message(note)}" for note in done.notes]
        show: tuple[tuple[str, Callable[[], Any]], ...] = ()
        if done.notes and session.locate(done.notes[0].path):
            path = done.notes[0].path
            show = ((tr("Show"), lambda: session.show_path(path)),)
        session.notify("\n".join([text, *notes]), "warning" if notes else "success", actions=show, key=KEY)

    def _refused(self, failure: Failure) -> None:
        report(self._session, failure, key=KEY)

    # --- where to ---------------------------------------------------------------------------------

    def _stem(self, format: Format) -> str:
        """A picture is of the block that is shown, all else of the whole model."""
        if format.is_picture:
            return self._session.location.path().replace("/", "-").lower()
        return stem(self._session)
