"""Opening and saving projects: the guard of unsaved changes, recent files, examples, and recovery."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from attrs import frozen
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from blockstudio import resources
from blockstudio.errors import BlockStudioError, ProjectError
from blockstudio.formats import project
from blockstudio.formats.targets import PROGRAM, PYTHON
from blockstudio.gui import trust
from blockstudio.gui.file_dialogs import box, remember_folder, start_folder, with_suffix
from blockstudio.gui.i18n import tr
from blockstudio.gui.journal import Orphan, orphans
from blockstudio.gui.session import Session, new_document
from blockstudio.gui.settings import RECENT_FILES
from blockstudio.gui.typed import take_typed

SUFFIX = ".blocks"
MOST_RECENT = 12
TENSOR_SUFFIXES = (".params", ".safetensors", ".pt", ".pth", ".bin")


@frozen
class Example:
    """A project under File > Examples."""

    path: Path
    title: str


ARCHITECTURES = "architectures"
"""The folder, among the examples, of networks that people know."""


def examples(folder: str = "") -> list[Example]:
    """The projects of resources/examples, or of a folder in it, in the order of their names."""
    found = []
    for path in sorted(resources.path("examples", folder).glob(f"*{SUFFIX}")):
        try:
            title = project.load(path).extra.get("title")
        except BlockStudioError:
            title = None
        found.append(Example(path, str(title or path.stem)))
    return found


class ProjectFiles(QObject):
    """What File does to the session."""

    recent_changed = Signal()
    about_to_save = Signal()
    """Whatever is not in the document yet must be put into it now."""
    parameters_wanted = Signal()
    """Parameters are to be saved."""
    tensors_dropped = Signal(str)
    """A file that is no project was opened or dropped: of tensors, or of parameters."""
    model_chosen = Signal(str)
    """A model that can be imported was opened or dropped."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self.about_to_save.connect(take_typed)

    # --- new and open -----------------------------------------------------------------------

    def new(self) -> None:
        """Start a new project, after the guard."""
        if self.guard():
            self._session.replace(new_document())

    def open(self) -> None:
        """Ask for a file and open it."""
        tensors = " ".join(f"*{suffix}" for suffix in TENSOR_SUFFIXES)
        filters = ";;".join(
            (
                tr("Projects and tensors ({patterns})").format(patterns=f"*{SUFFIX} {tensors}"),
                tr("BlockStudio projects ({patterns})").format(patterns=f"*{SUFFIX}"),
                tr("Tensors and parameters ({patterns})").format(patterns=tensors),
                tr("All files ({patterns})").format(patterns="*"),
            )
        )
        name, _ = QFileDialog.getOpenFileName(self._window, tr("Open"), start_folder(self._session), filters)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> bool:
        """Open a project; a file of tensors or a model goes to what shows or imports it. Whether it was done."""
        if path.suffix.lower() in TENSOR_SUFFIXES or (path.suffix.lower() != SUFFIX and _is_binary(path)):
            remember_folder(self._session, path)
            self.tensors_dropped.emit(str(path))
            return True
        if path.suffix.lower() in (PYTHON, PROGRAM):
            self.model_chosen.emit(str(path))
            return True
        if not self.guard():
            return False
        try:
            document = project.load(path)
        except ProjectError as error:
            self._session.report(error)
            self._forget(path)
            return False
        self._session.replace(document, path.resolve())
        self._remember(path)
        return True

    def open_example(self, path: Path) -> None:
        """Open an example as a project that has no file yet: saving asks where to."""
        if not self.guard():
            return
        with self._session.guard():
            document = project.load(path)
            # What comes with the program is trusted as the program is.
            trust.trust(document.code().values(), self._session.settings)
            self._session.replace(document)

    # --- save -------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save to the project's file, or ask for one; whether it was saved."""
        if self._session.path is None:
            return self.save_as()
        if self._session.written_elsewhere:
            return self._ask_about_the_other(self._session.path)
        return self._write(self._session.path)

    def _ask_about_the_other(self, path: Path) -> bool:
        text = tr("“{name}” was changed by another window or program since it was opened here.")
        more = tr("Saving here replaces what was saved there.")
        asked = box(self._window, "other", tr("The file has changed"), text.format(name=path.name), more)
        other = asked.addButton(tr("Save as…"), QMessageBox.ButtonRole.AcceptRole)
        replace = asked.addButton(tr("Replace"), QMessageBox.ButtonRole.DestructiveRole)
        asked.addButton(QMessageBox.StandardButton.Cancel)
        asked.setDefaultButton(other)
        asked.exec()
        if asked.clickedButton() is other:
            return self.save_as()
        return asked.clickedButton() is replace and self._write(path)

    def save_as(self) -> bool:
        """Ask for a file and save to it; whether it was saved."""
        start = self._session.path or Path(start_folder(self._session)) / f"{self._session.document.root}{SUFFIX}"
        kinds = tr("BlockStudio projects ({patterns})").format(patterns=f"*{SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self._window, tr("Save the project"), str(start), kinds)
        if not name:
            return False
        path = Path(name) if Path(name).suffix.lower() == SUFFIX else with_suffix(self._window, name, SUFFIX)
        return path is not None and self._write(path)

    def _write(self, path: Path) -> bool:
        self.about_to_save.emit()
        try:
            project.save(self._session.document, path)
        except ProjectError as error:
            self._session.report(error)
            return False
        self._session.saved_as(path.resolve())
        self._remember(path)
        return True

    # --- the guard --------------------------------------------------------------------------

    def guard(self) -> bool:
        """Ask what to do with unsaved changes; False when the user would rather stay."""
        self.about_to_save.emit()
        return self._guard_document() and self._guard_values()

    def _guard_document(self) -> bool:
        if not self._session.modified:
            return True
        text = tr("Save the changes to “{name}”?").format(name=self._session.name)
        more = tr("They are lost if you don't save them.")
        asked = box(self._window, "guard", tr("Unsaved changes"), text, more)
        asked.setStandardButtons(
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel
        )
        asked.setDefaultButton(QMessageBox.StandardButton.Save)
        chosen = asked.exec()
        if chosen == QMessageBox.StandardButton.Save:
            return self.save()
        return chosen == QMessageBox.StandardButton.Discard

    def _guard_values(self) -> bool:
        if not self._session.values_modified:
            return True
        text = tr("Parameters of “{name}” were changed and are in no file.").format(name=self._session.name)
        more = tr("A project holds how parameters start, not their values.")
        asked = box(self._window, "guard", tr("Unsaved parameters"), text, more)
        save = asked.addButton(tr("Save parameters…"), QMessageBox.ButtonRole.AcceptRole)
        asked.addButton(QMessageBox.StandardButton.Discard)
        asked.addButton(QMessageBox.StandardButton.Cancel)
        chosen = asked.exec()
        if asked.clickedButton() is save:
            self.parameters_wanted.emit()
            return False
        return chosen == QMessageBox.StandardButton.Discard

    # --- recent files -----------------------------------------------------------------------

    def recent(self) -> list[Path]:
        return [Path(name) for name in self._session.settings.get(RECENT_FILES)]

    def clear_recent(self) -> None:
        self._session.settings.set(RECENT_FILES, [])
        self.recent_changed.emit()

    def _remember(self, path: Path) -> None:
        name = str(path.resolve())
        remember_folder(self._session, path)
        others = [other for other in self._session.settings.get(RECENT_FILES) if other != name]
        self._session.settings.set(RECENT_FILES, [name, *others][:MOST_RECENT])
        self.recent_changed.emit()

    def _forget(self, path: Path) -> None:
        if not path.exists():
            name = str(path.resolve())
            others = [other for other in self._session.settings.get(RECENT_FILES) if other != name]
            self._session.settings.set(RECENT_FILES, others)
            self.recent_changed.emit()

    # --- recovery ---------------------------------------------------------------------------

    def offer_recovery(self) -> None:
        """Offer what windows that were killed had not saved."""
        for orphan in orphans():
            when = time.strftime("%H:%M", time.localtime(orphan.time))
            self._session.notify(
                tr("BlockStudio ended before “{name}” was saved ({time}).").format(name=orphan.name, time=when),
                "warning",
                actions=(
                    (tr("Restore"), self._recoverer(orphan)),
                    (tr("Discard"), orphan.discard),
                ),
                key=f"recovery {orphan.file.name}",
            )

    def _recoverer(self, orphan: Orphan) -> Callable[[], None]:
        def recover() -> None:
            if not self.guard():
                self.offer_recovery()
                return
            with self._session.guard():
                document = orphan.load()
                self._session.replace(document, orphan.path, modified=True)
                orphan.discard()

        return recover


def _is_binary(path: Path) -> bool:
    """Whether a file is no text: `torch.save(x, "x-file")` needs no suffix."""
    if not path.is_file():
        return False  # opening it as a project says why
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(1024)
    except OSError:
        return False
