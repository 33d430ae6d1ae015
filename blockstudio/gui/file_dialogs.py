"""What dialogs about files have in common: where they begin, and what is asked before something is replaced."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LAST_FOLDER


def start_folder(session: Session) -> str:
    """Beside the project; without one, where the last file was, or else where people keep theirs."""
    project = str(session.path.parent) if session.path else ""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folders = (project, session.settings.get(LAST_FOLDER), documents)
    return next((folder for folder in folders if folder and Path(folder).is_dir()), str(Path.home()))


def remember_folder(session: Session, file: Path) -> None:
    """The next dialog begins where this file is."""
    session.settings.set(LAST_FOLDER, str(file.resolve().parent))


def stem(session: Session) -> str:
    """What a file of the whole model is called, but for its suffix."""
    return session.path.stem if session.path else session.document.root.lower()


def box(parent: QWidget, name: str, title: str, text: str, more: str = "") -> QMessageBox:
    """A box that asks, still without buttons. Its text is plain: what files are called may look like markup."""
    made = QMessageBox(parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(name)
    made.setIcon(QMessageBox.Icon.Warning)
    made.setWindowTitle(title)
    made.setText(text)
    made.setInformativeText(more)
    return made


def with_suffix(parent: QWidget, name: str, suffix: str) -> Path | None:
    """The file of this name, with a suffix added; None where it exists and is to stay: the file dialog asked about
    the name without it."""
    path = Path(name + suffix)
    if not path.exists():
        return path
    asked = box(parent, "replace", tr("Replace the file"), tr("“{file}” exists. Replace it?").format(file=path.name))
    asked.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    return path if asked.exec() == QMessageBox.StandardButton.Yes else None
