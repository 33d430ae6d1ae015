"""File > Import in a window, with the real worker: what comes in, what is refused, what is asked first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from blockstudio.engine import protocol as p
from blockstudio.formats.import_report import ImportReport, Note, keep
from blockstudio.formats.project import to_json
from blockstudio.graph.edits import AddNode
from blockstudio.gui import trust
from blockstudio.gui.import_dialog import ImportDialog
from blockstudio.gui.importing import SAYS
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session, new_document
from tests.gui.conftest import NET, linear
from tests.helpers.engines import DirectKernel, SilentKernel

SOURCE = """
import torch
from torch import nn

class Odd(nn.Module):
    def forward(self, x):
        print(x.shape)
        return x

class Net(nn.Module):
    def __init__(self, channels=4):
        super().__init__()
        self.lin = nn.Linear(channels, 2)
        self.odd = Odd()
        nn.init.constant_(self.lin.weight, 3.0)

    def forward(self, x):
        return self.odd(self.lin(x))

def small():
    return Net(2)
"""


class Engine:
    """What stops and restarts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def stop(self) -> None:
        self.asked.append("stop")

    def restart(self) -> None:
        self.asked.append("restart")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def silent(window: MainWindow, session: Session) -> SilentKernel:
    kernel = SilentKernel()
    session.attach(kernel)
    return kernel


@pytest.fixture
def dialog(window: MainWindow) -> Iterator[ImportDialog]:
    window.actions_by_id["import"].trigger()
    assert window.importing.dialog is not None
    yield window.importing.dialog
    window.importing.dialog.reject()


def answer(monkeypatch: pytest.MonkeyPatch, button: QMessageBox.StandardButton) -> None:
    monkeypatch.setattr(QMessageBox, "exec", lambda box: button)


def test_a_file_of_python_comes_in_with_its_weights(
    window: MainWindow, session: Session, dialog: ImportDialog, file: Path, qtbot: QtBot
) -> None:
    kernel = DirectKernel()
    session.attach(kernel)
    dialog.target.setText(str(file))
    assert [dialog.model.itemText(row) for row in range(dialog.model.count())] == ["Net", "Odd", "small"]
    assert dialog.model.currentText() == "Net"
    assert dialog.signature.text() == "Net(channels=4)"
    dialog.arguments.setText("channels=3")
    dialog.inputs.setText("5, 3")
    assert not dialog.accept_button.isEnabled()  # it is not trusted yet
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert set(session.document.definitions) == {"Net", "Odd"}
    assert session.path is None and session.modified
    assert session.trusted  # who let it run need not be asked again
    qtbot.waitUntil(lambda: session.values_modified)
    (port,) = session.graph.inputs
    assert port.example is not None and port.example.shape == (5, 3)
    table = kernel.worker.handle(p.ShowTensor("lin.weight"))
    assert table.values == ((3.0,) * 3,) * 2
    (bar,) = [bar for bar in window.messages.bars() if bar.message.key == SAYS]
    assert "2 blocks, 1 of them Python" in bar.message.text
    dict(bar.message.actions)["Show the report"]()
    report = window.importing.report
    assert report is not None and "it prints" in report.text()
    report.close()
    assert trust.is_trusted([SOURCE], session.settings)
    session.replace(new_document())  # nothing to ask about when the window closes


def test_what_goes_wrong_is_said_and_nothing_is_lost(
    window: MainWindow, session: Session, dialog: ImportDialog, file: Path, qtbot: QtBot
) -> None:
    session.push(AddNode(NET, linear("mine")), "Add")
    session.attach(DirectKernel())
    file.write_text(SOURCE + "\nraise RuntimeError('no luck today')\n")
    dialog.target.setText(str(file))
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: "no luck today" in dialog.problem.text())
    assert "RuntimeError" in dialog.details.toPlainText()
    assert dialog.isVisible() and dialog.accept_button.isEnabled() and dialog.target.text() == str(file)
    assert list(session.graph.nodes) == ["mine"]


def test_what_is_typed_is_checked_before_anything_runs(dialog: ImportDialog, tmp_path: Path) -> None:
    dialog.trusted.setChecked(True)
    assert not dialog.accept_button.isEnabled() and not dialog.problem.isVisible()
    dialog.target.setText("torch.nn")
    dialog.trusted.setChecked(True)
    assert "MODULE:CALLABLE" in dialog.problem.text() and not dialog.accept_button.isEnabled()
    dialog.target.setText("torch.nn:Linear")
    dialog.trusted.setChecked(True)
    dialog.arguments.setText("3, 4")
    assert "with their names" in dialog.problem.text()
    dialog.arguments.setText("in_features=3, out_features=4")
    dialog.inputs.setText("2, a")
    assert "no shape" in dialog.problem.text()
    dialog.inputs.setText("2, 3")
    assert dialog.accept_button.isEnabled() and not dialog.problem.isVisible()
    (tmp_path / "two.py").write_text("class A(Module): ...\nclass B(Module): ...")
    dialog.target.setText(str(tmp_path / "two.py"))
    assert "choose one" in dialog.problem.text()


def test_a_program_needs_no_more_than_its_file(dialog: ImportDialog, silent: SilentKernel) -> None:
    dialog.target.setText("/somewhere/net.pt2")
    assert not dialog.model.isVisible() and not dialog.arguments.isVisible() and not dialog.inputs.isVisible()
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    assert silent.pending(p.ImportModel) == [p.ImportModel("/somewhere/net.pt2")]


def test_an_import_can_be_stopped_and_then_ended_by_force(
    window: MainWindow, dialog: ImportDialog, silent: SilentKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    monkeypatch.setattr(window, "engine", engine)
    dialog.target.setText("torch.nn:ReLU")
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    assert dialog.busy and dialog.stop.isVisible() and not dialog.target.isEnabled()
    dialog.stop.click()
    assert engine.asked == ["stop"]
    dialog.stop.click()
    assert engine.asked == ["stop", "restart"]
    silent.answer(p.ImportModel, p.Failure("Interrupted", "Stopped.", interrupted=True))
    assert dialog.problem.text() == "Stopped." and not dialog.busy


def test_what_was_cancelled_does_not_come_in(
    window: MainWindow, session: Session, dialog: ImportDialog, silent: SilentKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    monkeypatch.setattr(window, "engine", engine)
    dialog.target.setText("torch.nn:ReLU")
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    dialog.reject()
    assert engine.asked == ["stop"] and not dialog.isVisible() and not dialog.busy
    document = session.document
    silent.answer(p.ImportModel, p.Imported(to_json(new_document()), 0))
    assert session.document is document


def test_who_would_rather_keep_unsaved_changes_keeps_them(
    session: Session, dialog: ImportDialog, silent: SilentKernel, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    session.push(AddNode(NET, linear("mine")), "Add")
    answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    dialog.target.setText("torch.nn:ReLU")
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()

    def asked() -> bool:
        """The engine gets the edit before it is asked for anything else."""
        if silent.pending(p.UpdateDocument):
            silent.answer(p.UpdateDocument, p.Shapes(1, (), ()))
        return bool(silent.pending(p.ImportModel))

    qtbot.waitUntil(asked)
    silent.answer(p.ImportModel, p.Imported(to_json(new_document()), 0))
    assert list(session.graph.nodes) == ["mine"] and dialog.isVisible()


def test_weights_wait_for_the_document_they_are_for(
    window: MainWindow, session: Session, dialog: ImportDialog, silent: SilentKernel, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: bool(silent.pending(p.UpdateDocument)))
    dialog.target.setText("torch.nn:ReLU")
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    silent.answer(p.ImportModel, p.Imported(to_json(new_document()), 2))
    silent.answer(p.UpdateDocument, p.Shapes(0, (), ()))  # of the document before
    assert not silent.pending(p.LoadImported)
    qtbot.waitUntil(lambda: bool(silent.pending(p.UpdateDocument)))
    silent.answer(p.UpdateDocument, p.Shapes(1, (), ()))
    assert silent.pending(p.LoadImported)


@pytest.mark.parametrize("name", ["net.py", "net.pt2"])
def test_a_model_that_is_dropped_or_opened_is_offered_for_import(
    window: MainWindow, tmp_path: Path, name: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_text(SOURCE)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPoint(200, 200), Qt.DropAction.CopyAction, data, buttons, keys))
    qtbot.waitUntil(lambda: window.importing.dialog is not None)
    dialog = window.importing.dialog
    assert dialog is not None and dialog.isVisible() and dialog.target.text() == str(file)
    assert not dialog.trusted.isChecked() and not dialog.busy
    dialog.reject()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    dialog.target.clear()
    dialog.show()
    dialog.browse.click()
    assert dialog.target.text() == str(file)
    dialog.reject()


def test_the_report_can_be_read_again(window: MainWindow, session: Session) -> None:
    assert not window.actions_by_id["import_report"].isEnabled()
    document: Any = new_document()
    notes = (
        Note("opaque", "body", {"type": "Odd", "reason": "it prints"}, more=2),
        Note("dropped", "", {"value": "None"}),
        Note("rank", "", {"rank": 4}),
    )
    keep(document, ImportReport("net.py:Net", notes))
    session.replace(document)
    assert window.actions_by_id["import_report"].isEnabled()
    window.actions_by_id["import_report"].trigger()
    report = window.importing.report
    assert report is not None and report.tree.topLevelItemCount() == 3
    text = report.text()
    assert "net.py:Net" in text and "body and 2 like it: Odd came in as a block of Python: it prints." in text
    QGuiApplication.clipboard().setText(text)
    report.close()


def test_python_from_the_clipboard_is_asked_about_like_a_file(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    session.attach(DirectKernel())
    QGuiApplication.clipboard().setText(SOURCE)
    window.canvas.paste()
    (bar,) = [bar for bar in window.messages.bars() if bar.message.key == "pasted"]
    dict(bar.message.actions)["Import…"]()
    dialog = window.importing.dialog
    assert dialog is not None and dialog.model.currentText() == "Net"
    assert not dialog.accept_button.isEnabled()  # it is not trusted yet
    dialog.trusted.setChecked(True)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert set(session.document.definitions) == {"Net", "Odd"}
    file = Path(dialog.target.text())
    assert file.is_file()
    window.importing.close()
    assert not file.exists()
    session.replace(new_document())
