"""Saving and loading parameters, and opening and saving files of tensors, with the dialogs that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from blockstudio.engine.protocol import (
    Changed,
    CompareParameters,
    Failure,
    LoadParameters,
    LoadReport,
    OpenTensors,
    Saved,
    SaveParameters,
    SaveTensors,
    TensorFile,
)
from blockstudio.gui.file_dialogs import remember_folder, start_folder, stem, with_suffix
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.asking import Question, report
from blockstudio.gui.panels.parts import engine_text
from blockstudio.gui.panels.quantities import bytes_text
from blockstudio.gui.panels.tensor_dialogs import LoadReportDialog, SaveTensorsDialog, TensorFileDialog
from blockstudio.gui.session import Session

PARAMETERS = ("*.params", "*.safetensors", "*.pt", "*.pth")
TENSORS = ("*.pt", "*.pth", "*.params", "*.safetensors", "*.bin")


class ParameterFiles(QObject):
    """What File does with parameters and tensors. Nothing in the model changes before the keys are compared."""

    about_to_save = Signal()
    """What is typed and not taken yet is to be taken."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._save = Question(session, self._saved, partial(self._refused, "saved"), self)
        self._compare = Question(session, self._compared, partial(self._refused, "load"), self)
        self._load = Question(session, self._loaded, partial(self._refused, "load"), self)
        self._open = Question(session, self._opened, partial(self._refused, "open"), self)
        self._loading = ""

    # --- parameters ------------------------------------------------------------------------------

    def save_parameters(self) -> None:
        """Ask for a file and write the state dict to it."""
        self.about_to_save.emit()
        start = Path(start_folder(self._session)) / f"{stem(self._session)}.params"
        file = self._ask_save(tr("Save parameters"), start, PARAMETERS[:2])
        if file:
            self.save_parameters_to(file)

    def save_parameters_to(self, file: str) -> None:
        """Write the state dict to a file."""
        self._ask(self._save, SaveParameters(file))

    def load_parameters(self, file: str = "") -> None:
        """Ask for a file, compare its keys with the model's, and load it; the report comes first."""
        file = file or self._ask_open(tr("Load parameters"), PARAMETERS)
        if file:
            self._ask(self._compare, CompareParameters(file))

    def _compared(self, report: LoadReport) -> None:
        if not report.keys:
            self._start_loading(report.file, False)
            return
        dialog = LoadReportDialog(report, lambda part: self._start_loading(report.file, part), self._window)
        dialog.open()

    def _start_loading(self, file: str, matching_only: bool) -> None:
        self._loading = file
        self._ask(self._load, LoadParameters(file, matching_only))

    def _loaded(self, changed: Changed) -> None:
        name = Path(self._loading).name
        self._session.push_snapshot(changed.token, tr("Load {file}").format(file=name))
        self._session.notify(tr("{file} was loaded into the model.").format(file=name), "success", key="load")

    # --- tensors -----------------------------------------------------------------------------------

    def open_tensors(self, file: str = "") -> None:
        """Ask for a file of tensors, and show what it holds."""
        file = file or self._ask_open(tr("Open tensors"), TENSORS, all_first=True)
        if file:
            self._ask(self._open, OpenTensors(file))

    def _opened(self, file: TensorFile) -> None:
        dialog = TensorFileDialog(
            self._session, file, lambda: self.load_parameters(file.file), self.save_tensors, self._window
        )
        dialog.show()

    def save_tensors(self, paths: Sequence[str], source: str = "value") -> None:
        """Ask how and where to save tensors of the model, and save them."""
        if not paths:
            return
        dialog = SaveTensorsDialog(paths, lambda kind, names: self._save_as(paths, source, kind, names), self._window)
        dialog.open()

    def _save_as(self, paths: Sequence[str], source: Any, container: Any, names: tuple[str, ...]) -> None:
        name = paths[0].rpartition("|")[2] or "x-file"
        start = Path(start_folder(self._session)) / f"{name if len(paths) == 1 else stem(self._session)}.pt"
        file = self._ask_save(tr("Save tensors"), start, ("*.pt",))
        if file:
            self._ask(self._save, SaveTensors(file, tuple(paths), container, names, source))

    # --- what they share ----------------------------------------------------------------------------

    def _saved(self, saved: Saved) -> None:
        text = tr("{count} tensors, {bytes}, were saved to {file}.")
        self._session.notify(
            text.format(count=saved.tensors, bytes=bytes_text(saved.bytes), file=saved.file), "success", key="saved"
        )
        self._session.parameters_changed.emit()  # they are not "changed" any more

    def _refused(self, key: str, failure: Failure) -> None:
        first = ""
        if failure.path:
            first = tr("Parameters are saved and loaded once the model can be built.")
        elif failure.kind == "EngineError":
            first = tr("Nothing was saved or loaded.")
        report(self._session, failure, key, first=first)  # in place of what the last try came to

    def _ask(self, question: Question, request: Any) -> None:
        waiting = engine_text(self._session.engine_state)
        if waiting or not question.ask(request):
            self._session.notify(waiting or engine_text("starting"), "warning", key="engine")

    def _ask_open(self, title: str, patterns: Sequence[str], *, all_first: bool = False) -> str:
        # Files of tensors often have no suffix at all; those of parameters have one.
        filters = _filters(tr("Tensors and parameters ({patterns})"), patterns)
        if all_first:
            filters = ";;".join(reversed(filters.split(";;")))
        name, _ = QFileDialog.getOpenFileName(self._window, title, start_folder(self._session), filters)
        return self._remember(name)

    def _ask_save(self, title: str, start: Path, patterns: Sequence[str]) -> str:
        filters = ";;".join(_filters(tr("Tensors ({patterns})"), (p,), every=False) for p in patterns)
        name, chosen = QFileDialog.getSaveFileName(self._window, title, str(start), filters)
        if name and not Path(name).suffix:
            suffix = next((p[1:] for p in patterns if p in chosen), patterns[0][1:])
            name = str(with_suffix(self._window, name, suffix) or "")
        return self._remember(name)

    def _remember(self, name: str) -> str:
        if name:
            remember_folder(self._session, Path(name))
        return name

    @property
    def dialogs(self) -> list[QDialog]:
        """The dialogs that are open now."""
        return [dialog for dialog in self._window.findChildren(QDialog) if dialog.isVisible()]


def _filters(kind: str, patterns: Sequence[str], *, every: bool = True) -> str:
    text = kind.format(patterns=" ".join(patterns))
    return ";;".join((text, tr("All files ({patterns})").format(patterns="*"))) if every else text
