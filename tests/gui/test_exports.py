"""File > Export: the dialog, the files it makes, and what is told of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
import torch
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from blockstudio import resources
from blockstudio.engine.protocol import BuildModel, Exported, ExportModel, Failure, Problem
from blockstudio.formats.project import load
from blockstudio.graph.document import Location
from blockstudio.gui.canvas.scene.export import Look
from blockstudio.gui.export_dialog import FORMATS, ExportDialog
from blockstudio.gui.exports import Exports
from blockstudio.gui.session import Message, Session
from blockstudio.gui.settings import LAST_EXPORT, Settings
from blockstudio.runtime.build import build
from tests.helpers.engines import DirectKernel, SilentKernel

MLP = resources.path("examples", "03-mlp.blocks")


class Desk:
    """A session with an engine that answers as told, and what it was told to say."""

    def __init__(self, qtbot: QtBot, tmp_path: Path) -> None:
        self.kernel = SilentKernel()
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.session = Session(self.kernel, Settings(file=tmp_path / "settings.ini"))
        self.messages: list[Message] = []
        self.saved: list[str] = []
        self.session.message.connect(self.messages.append)
        self.session.replace(load(MLP))
        self.exports = Exports(self.session, self.window, self.saved.append)
        qtbot.waitUntil(lambda: self.session.compiled is not None)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(qtbot, tmp_path)
    yield desk
    desk.session.close()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], list[str]]:
    """Chooses a file in the next dialog; gives the names that dialogs proposed."""

    def choose(file: Path) -> list[str]:
        proposed: list[str] = []

        def ask(_parent: object, _title: str, start: str, _kinds: str) -> tuple[str, str]:
            proposed.append(start)
            return str(file), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
        return proposed

    return choose


def dialog_of(desk: Desk) -> ExportDialog:
    desk.exports.open()
    return desk.window.findChild(ExportDialog)


@pytest.mark.parametrize("suffix", [format.suffix for format in FORMATS])
def test_each_format_goes_its_way(
    suffix: str, desk: Desk, tmp_path: Path, choose: Callable[[Path], list[str]], qtbot: QtBot
) -> None:
    file = tmp_path / f"net{suffix}"
    proposed = choose(tmp_path / "net")  # without a suffix: it gets that of the format
    dialog = dialog_of(desk)
    dialog.choose(suffix)
    dialog.accept()
    assert Path(proposed[0]).name == f"mlp{suffix}"
    assert desk.session.settings.get(LAST_EXPORT) == suffix
    if suffix in (".onnx", ".pt2"):
        assert desk.kernel.pending(ExportModel) == [ExportModel(str(file))]
        assert desk.messages[-1].actions
        desk.kernel.answer(ExportModel, Exported(str(file), 2048))
        assert desk.messages[-1].level == "success" and str(file) in desk.texts[-1]
    elif suffix in (".params", ".safetensors"):
        assert desk.saved == [str(file)]
    else:
        qtbot.waitUntil(lambda: desk.texts[-1:] == [f"{file} was written."])
        assert file.stat().st_size > 100


def test_a_suffix_that_was_added_overwrites_nothing_unasked(
    desk: Desk, tmp_path: Path, choose: Callable[[Path], list[str]], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "net.py").write_text("kept")
    choose(tmp_path / "net")
    asked: list[str] = []
    for answer in (QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes):
        monkeypatch.setattr(QMessageBox, "exec", lambda box, answer=answer: asked.append(box.text()) or answer)
        assert (tmp_path / "net.py").read_text() == "kept"
        desk.exports._choose_file(FORMATS[0], Look())
    qtbot.waitUntil(lambda: bool(desk.texts))
    assert asked == ["“net.py” exists. Replace it?"] * 2
    assert "class MLP" in (tmp_path / "net.py").read_text()


def test_the_source_is_the_one_that_is_shown(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.exports.export(tmp_path / "net.py")
    qtbot.waitUntil(lambda: bool(desk.messages))
    assert (tmp_path / "net.py").read_text() == desk.session.compiled.source


def test_the_last_format_is_offered_again(desk: Desk, tmp_path: Path, choose: Callable[[Path], list[str]]) -> None:
    choose(tmp_path / "net.onnx")
    dialog = dialog_of(desk)
    assert dialog.format.suffix == ".py"
    dialog.choose(".onnx")
    dialog.accept()
    assert ExportDialog(desk.session, desk.window).format.suffix == ".onnx"


def test_the_suffix_that_is_written_counts(desk: Desk, tmp_path: Path, choose: Callable[[Path], list[str]]) -> None:
    choose(tmp_path / "net.pt2")
    dialog = dialog_of(desk)
    dialog.choose(".onnx")
    dialog.accept()
    assert desk.kernel.pending(ExportModel) == [ExportModel(str(tmp_path / "net.pt2"))]
    choose(tmp_path / "net.h5")
    dialog_of(desk).accept()
    assert ".onnx .pt2" in desk.texts[-1] and desk.messages[-1].level == "error"


def test_a_picture_is_of_the_block_that_is_shown(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.session.replace(load(resources.path("examples", "08-while.blocks")))
    desk.session.enter(Location("FixedHiddenMLP").enter("loop", "body"))
    dialog = ExportDialog(desk.session, desk.window)
    dialog.choose(".png")
    assert "FixedHiddenMLP/loop.body" in dialog.about.text()
    sizes = []
    for number, look in enumerate((Look("white", 1.0), Look("transparent", 3.0), Look("canvas", 3.0))):
        file = tmp_path / f"{number}.png"
        desk.exports.export(file, look)
        qtbot.waitUntil(lambda file=file: desk.texts[-1:] == [f"{file} was written."])
        image = QImage(str(file))
        sizes.append(image.width())
        assert image.pixelColor(1, 1).alpha() == (0 if look.background == "transparent" else 255)
        assert (image.pixelColor(1, 1).name() == "#ffffff") == (look.background == "white")
    assert abs(sizes[1] - 3 * sizes[0]) <= 3 and sizes[1] == sizes[2]


def test_what_an_export_does_not_hold_is_told_with_a_way_to_it(desk: Desk, tmp_path: Path) -> None:
    file = str(tmp_path / "net.onnx")
    desk.exports.export(Path(file))
    note = Problem("export-fixed", "warning", "MLP/out", "Fixed at {size}.", {"size": 2})
    desk.kernel.answer(ExportModel, Exported(file, 10, (note,)))
    assert desk.messages[-1].level == "warning" and "MLP/out: Fixed at 2." in desk.texts[-1]
    desk.messages[-1].actions[0][1]()
    assert desk.session.selection == {"out"} or list(desk.session.selection) == ["out"]


def test_a_refusal_names_the_node(desk: Desk, tmp_path: Path) -> None:
    desk.exports.export(tmp_path / "net.onnx")
    refusal = Failure("ExportError", "ONNX has no operator for “{operator}”.", {"operator": "aten.det"}, "MLP/hidden")
    desk.kernel.answer(ExportModel, refusal)
    shown, last = desk.messages
    assert (last.level, last.key) == ("error", shown.key)
    assert "hidden" in last.text and "aten.det" in last.text and last.actions


def test_an_export_can_be_stopped(desk: Desk, tmp_path: Path) -> None:
    desk.exports.export(tmp_path / "net.onnx")
    desk.messages[-1].actions[0][1]()
    assert desk.kernel.interrupted == 1
    desk.kernel.answer(ExportModel, Failure("Interrupted", "Stopped.", interrupted=True))
    assert (desk.texts[-1], desk.messages[-1].key) == ("Stopped.", desk.messages[0].key)


def test_what_cannot_be_written_is_told(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    for name in ("net.py", "net.svg"):
        desk.messages.clear()
        desk.exports.export(tmp_path / "gone" / name)
        qtbot.waitUntil(lambda: bool(desk.messages))
        assert desk.messages[-1].level == "error" and "cannot be written" in desk.texts[-1]


def test_a_model_that_does_not_compile_has_no_source(desk: Desk, tmp_path: Path) -> None:
    desk.session.set_compiled(None)
    desk.exports.export(tmp_path / "net.py")
    assert desk.messages[-1].level == "warning"
    assert list(tmp_path.glob("net*")) == []


def test_the_values_that_the_model_has_now(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    kernel = DirectKernel()
    session = Session(kernel, Settings(file=tmp_path / "settings.ini"))
    messages: list[Message] = []
    session.message.connect(messages.append)
    session.replace(load(MLP))
    qtbot.waitUntil(lambda: session.shapes is not None)
    kernel.request(BuildModel(7), lambda _: None)
    exports = Exports(session, desk.window, desk.saved.append)
    exports.export(tmp_path / "net.pt2")
    qtbot.waitUntil(lambda: bool(messages) and messages[-1].level == "success")
    given = torch.rand(3, 20)
    found = torch.export.load(tmp_path / "net.pt2").module()(given)
    assert torch.equal(found, build(load(MLP), seed=7)(given))
    session.close()


def test_a_fault_of_the_program_is_not_swallowed(
    desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("blockstudio.gui.exports.write_atomically", fail)
    with qtbot.captureExceptions() as raised:
        desk.exports._export_source(tmp_path / "net.py")
        qtbot.waitUntil(lambda: bool(raised))
    assert raised[0][0] is ZeroDivisionError
    assert desk.texts == []


def test_closing_the_window_while_a_file_is_written_ends_quietly(
    desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def write(file: Path, _: object) -> None:
        begun.set()
        while shiboken6.isValid(desk.exports):
            time.sleep(0.001)
        file.touch()

    monkeypatch.setattr("blockstudio.gui.exports.write_atomically", write)
    with qtbot.captureExceptions() as raised:
        desk.exports._export_source(tmp_path / "net.py")
        begun.wait()
        shiboken6.delete(desk.exports)
        QApplication.processEvents()
    assert raised == [] and desk.texts == []
    assert (tmp_path / "net.py").exists(), "it is written to its end"
