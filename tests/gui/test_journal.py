"""What was not saved survives a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from blockstudio.graph.edits import AddNode
from blockstudio.gui import journal as module
from blockstudio.gui import project_files
from blockstudio.gui.journal import Journal, orphans
from blockstudio.gui.project_files import ProjectFiles
from blockstudio.gui.session import Message, Session
from tests.gui.conftest import NET, linear

EDITS_AND_WAITS = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from blockstudio.graph.edits import AddNode
from blockstudio.graph.document import Location
from blockstudio.graph.model import Layer
from blockstudio.gui import journal as module
from blockstudio.gui.session import Session
module.SOON = 10
app = QCoreApplication([])
app.setApplicationName("BlockStudio")
session = Session()
session.path = Path("/somewhere/mine.blocks")
journal = module.Journal(session, Path(sys.argv[1]))
journal.written.connect(lambda: print("written", flush=True))
session.push(AddNode(Location("Net"), Layer(name="precious", type="torch.nn.ReLU")), "Add")
app.exec()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


@pytest.fixture
def journal(session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setattr(module, "SOON", 10)
    journal = Journal(session, folder)
    yield journal
    journal.clear()


def test_a_killed_window_leaves_what_was_not_saved(
    session: Session, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = subprocess.Popen([sys.executable, "-c", EDITS_AND_WAITS, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    assert orphans(folder) == [], "a window that runs keeps its journal"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    monkeypatch.setattr(module, "journal_folder", lambda: folder)
    told: list[Message] = []
    session.message.connect(told.append)
    files = ProjectFiles(session, QWidget())
    files.offer_recovery()
    (message,) = told
    assert "mine.blocks" in message.text
    dict(message.actions)["Restore"]()
    assert "precious" in session.graph.nodes
    assert session.modified and session.path == Path("/somewhere/mine.blocks")
    assert list(folder.glob("*.blocks")) == []
    told.clear()
    files.offer_recovery()
    assert told == []


def test_discarding_deletes_it(session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "x.blocks").write_text("{}")
    (folder / "x.json").write_text('{"path": "", "name": "Net"}')
    monkeypatch.setattr(project_files, "orphans", lambda: orphans(folder))
    told: list[Message] = []
    session.message.connect(told.append)
    ProjectFiles(session, QWidget()).offer_recovery()
    dict(told[0].actions)["Discard"]()
    assert list(folder.glob("x.*")) == []


def test_a_journal_that_cannot_be_read_is_told_and_kept(
    session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    (folder / "x.blocks").write_text("{")
    (folder / "x.json").write_text('{"path": "", "name": "Net"}')
    (folder / "y.json").write_text("nonsense")
    monkeypatch.setattr(project_files, "orphans", lambda: orphans(folder))
    told: list[Message] = []
    session.message.connect(told.append)
    ProjectFiles(session, QWidget()).offer_recovery()
    before = session.document
    dict(told[0].actions)["Restore"]()
    assert told[-1].level == "error" and session.document is before
    assert (folder / "x.blocks").exists()


def test_saving_and_undoing_clear_the_journal(session: Session, journal: Journal, folder: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(journal.written):
        session.push(AddNode(NET, linear("a")), "Add")
    assert len(list(folder.glob("*.blocks"))) == 1
    session.undo_stack.undo()
    assert list(folder.glob("*.blocks")) == []
    with qtbot.waitSignal(journal.written):
        session.undo_stack.redo()
    session.saved_as(folder / "saved.blocks")
    assert list(folder.glob("*.json")) == []


def test_a_journal_that_cannot_be_written_is_told_once(session: Session, folder: Path, qtbot: QtBot) -> None:
    folder.write_text("not a folder")
    journal = Journal(session, folder)
    told: list[Message] = []
    session.message.connect(told.append)
    for name in "ab":
        session.push(AddNode(NET, linear(name)), "Add")
        journal.write()
    assert ["Not a directory" in message.text or "File exists" in message.text for message in told] == [True]
    journal.clear()


def test_changes_without_a_pause_are_written_too(
    session: Session, journal: Journal, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SOON", 100_000)
    monkeypatch.setattr(module, "LATEST", 0.01)
    session.push(AddNode(NET, linear("a")), "Add")
    qtbot.wait(20)
    with qtbot.waitSignal(journal.written):
        session.push(AddNode(NET, linear("b")), "Add")
