from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import (
    Changed,
    CompareParameters,
    Failure,
    KeyReport,
    LoadParameters,
    LoadReport,
    OpenTensors,
    RestoreSnapshot,
    Saved,
    SaveParameters,
    SaveTensors,
    ShowTensor,
    TensorEntry,
    TensorFile,
)
from blockstudio.gui.panels.parameter_files import ParameterFiles
from blockstudio.gui.panels.tensor_dialogs import LoadReportDialog, SaveTensorsDialog, TensorFileDialog
from blockstudio.gui.session import Message, Session
from tests.helpers.engines import SilentKernel, view

DIFFERS = (
    KeyReport("head.weight", "shape", "(20, 20)", "(10, 20)"),
    KeyReport("tail.weight", "unexpected", "", "(3,)"),
    KeyReport("head.bias", "missing", "(20,)", ""),
    KeyReport("mask", "nan"),
)


@pytest.fixture
def files(session: Session, qtbot: QtBot) -> ParameterFiles:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return ParameterFiles(session, window)


@pytest.fixture
def told(session: Session) -> list[Message]:
    messages: list[Message] = []
    session.message.connect(messages.append)
    return messages


def choose(monkeypatch: pytest.MonkeyPatch, name: str, filter: str = "") -> None:
    for function in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, function, lambda *arguments: (name, filter))


@pytest.mark.parametrize(
    ("name", "filter", "file"),
    [
        ("/x/mlp.params", "", "/x/mlp.params"),
        ("/x/mlp", "", "/x/mlp.params"),
        ("/x/mlp", "Tensors (*.safetensors)", "/x/mlp.safetensors"),
    ],
)
def test_save(
    files: ParameterFiles, kernel: SilentKernel, told: list[Message], monkeypatch: pytest.MonkeyPatch,
    name: str, filter: str, file: str,
) -> None:  # fmt: skip
    choose(monkeypatch, name, filter)
    files.save_parameters()
    assert kernel.answer(SaveParameters, Saved(file, 4, 2048)) == SaveParameters(file)
    assert told[0].text == f"4 tensors, 2 KB, were saved to {file}."


def test_a_dialog_that_is_dismissed_does_nothing(
    files: ParameterFiles, kernel: SilentKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, "")
    files.save_parameters()
    files.load_parameters()
    files.open_tensors()
    assert not any(map(kernel.pending, (SaveParameters, CompareParameters, OpenTensors)))


def test_a_suffix_that_was_added_overwrites_nothing_unasked(
    files: ParameterFiles, kernel: SilentKernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mlp.params").write_bytes(b"kept")
    choose(monkeypatch, str(tmp_path / "mlp"))
    for answer, asked in ((QMessageBox.StandardButton.No, 0), (QMessageBox.StandardButton.Yes, 1)):
        monkeypatch.setattr(QMessageBox, "exec", lambda box, answer=answer: answer)
        files.save_parameters()
        assert len(kernel.pending(SaveParameters)) == asked


def test_a_file_that_fits_is_loaded_and_can_be_undone(
    files: ParameterFiles, session: Session, kernel: SilentKernel, told: list[Message]
) -> None:
    files.load_parameters("/x/mlp.params")
    kernel.answer(CompareParameters, LoadReport("/x/mlp.params", 4, ()))
    assert kernel.answer(LoadParameters, Changed("5")) == LoadParameters("/x/mlp.params", False)
    assert session.undo_stack.undoText() == "Load mlp.params"
    assert not session.modified
    session.undo_stack.undo()
    assert kernel.answer(RestoreSnapshot, Changed("6")) == RestoreSnapshot("5")


def test_the_report_comes_before_anything_is_changed(files: ParameterFiles, kernel: SilentKernel, qtbot: QtBot) -> None:
    files.load_parameters("/x/mlp.params")
    kernel.answer(CompareParameters, LoadReport("/x/mlp.params", 3, DIFFERS))
    assert kernel.pending(LoadParameters) == []
    (dialog,) = files.dialogs
    assert isinstance(dialog, LoadReportDialog)
    rows = [[dialog.table.item(r, c).text() for c in range(4)] for r in range(dialog.table.rowCount())]
    assert rows == [
        ["head.bias", "missing in the file", "(20,)", ""],
        ["tail.weight", "not in the model", "", "(3,)"],
        ["head.weight", "another shape", "(20, 20)", "(10, 20)"],
        ["mask", "contains NaN", "", ""],
    ]
    qtbot.mouseClick(dialog.load_button, Qt.MouseButton.LeftButton)
    assert kernel.pending(LoadParameters) == [LoadParameters("/x/mlp.params", True)]


def test_remarks_do_not_stop_a_load(files: ParameterFiles, kernel: SilentKernel, qtbot: QtBot) -> None:
    files.load_parameters("/x/mlp.params")
    kernel.answer(CompareParameters, LoadReport("/x/mlp.params", 3, DIFFERS[3:]))
    (dialog,) = files.dialogs
    assert isinstance(dialog, LoadReportDialog)
    qtbot.mouseClick(dialog.load_button, Qt.MouseButton.LeftButton)
    assert kernel.pending(LoadParameters) == [LoadParameters("/x/mlp.params", False)]


def test_where_nothing_matches_nothing_can_be_loaded(files: ParameterFiles, kernel: SilentKernel) -> None:
    files.load_parameters("/x/mlp.params")
    kernel.answer(CompareParameters, LoadReport("/x/mlp.params", 0, DIFFERS))
    (dialog,) = files.dialogs
    assert isinstance(dialog, LoadReportDialog)
    assert not dialog.load_button.isEnabled()
    dialog.reject()
    assert kernel.pending(LoadParameters) == []


def test_a_file_that_is_refused_is_told_of(files: ParameterFiles, kernel: SilentKernel, told: list[Message]) -> None:
    files.load_parameters("/x/evil.params")
    failure = Failure("TensorFileError", "“{file}” holds more than tensors, and was not read.", {"file": "evil.params"})
    kernel.answer(CompareParameters, failure)
    assert told[0].text == "“evil.params” holds more than tensors, and was not read."
    assert files.dialogs == []
    assert told[0].key == "load"  # the next try takes its place


def test_of_a_model_that_cannot_be_built_it_says_what_waits_for_that(
    files: ParameterFiles, kernel: SilentKernel, told: list[Message]
) -> None:
    files.load_parameters("/x/mlp.params")
    failure = Failure("CompileError", "Output “{port}” is not wired.", {"port": "y"}, path="Net")
    kernel.answer(CompareParameters, failure)
    assert told[-1].text.startswith("Parameters are saved and loaded once the model can be built. Net: Output “y”")


def test_an_engine_that_ends_meanwhile_has_saved_nothing(
    files: ParameterFiles, kernel: SilentKernel, told: list[Message]
) -> None:
    files.save_parameters_to("/x/mlp.params")
    kernel.answer(SaveParameters, Failure("EngineError", "The engine ended while it was working."))
    assert told[-1].text == "Nothing was saved or loaded. The engine ended while it was working."


def test_a_file_of_tensors_is_looked_into(files: ParameterFiles, kernel: SilentKernel, qtbot: QtBot) -> None:
    entries = (TensorEntry("x", (2, 3), "float32", 24), TensorEntry("y", (4,), "float32", 16))
    files.open_tensors("/x/mydict")
    kernel.answer(OpenTensors, TensorFile("/x/mydict", "dict", entries))
    (dialog,) = files.dialogs
    assert isinstance(dialog, TensorFileDialog)
    assert [dialog.table.item(r, 0).text() for r in range(2)] == ["x", "y"]
    request = kernel.answer(ShowTensor, view("/x/mydict|x"))
    assert (request.path, request.source) == ("/x/mydict|x", "file")
    dialog.table.setCurrentCell(1, 0)
    assert kernel.answer(ShowTensor, view("/x/mydict|y")).path == "/x/mydict|y"
    load = next(b for b in dialog.findChildren(QPushButton) if b.text().startswith("Load"))
    qtbot.mouseClick(load, Qt.MouseButton.LeftButton)
    assert kernel.pending(CompareParameters) == [CompareParameters("/x/mydict")]
    dialog.close()


@pytest.mark.parametrize("container", ["tensor", "list"])
def test_what_is_no_state_dict_is_not_offered_to_the_model(
    files: ParameterFiles, kernel: SilentKernel, container: str
) -> None:
    files.open_tensors("/x/x-file")
    kernel.answer(OpenTensors, TensorFile("/x/x-file", container, (TensorEntry("", (4,), "float32", 16),)))  # type: ignore[arg-type]
    (dialog,) = files.dialogs
    assert not any(button.text().startswith("Load") for button in dialog.findChildren(QPushButton))
    dialog.close()


def save_dialog(files: ParameterFiles, paths: list[str]) -> SaveTensorsDialog:
    files.save_tensors(paths)
    (dialog,) = files.dialogs
    assert isinstance(dialog, SaveTensorsDialog)
    return dialog


def accept(dialog: SaveTensorsDialog, qtbot: QtBot) -> None:
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    qtbot.mouseClick(box.button(QDialogButtonBox.StandardButton.Save), Qt.MouseButton.LeftButton)


def test_one_tensor_is_saved_alone(
    files: ParameterFiles, kernel: SilentKernel, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, tmp_path: Path
) -> None:
    file = str(tmp_path / "x-file.pt")
    choose(monkeypatch, file)
    accept(save_dialog(files, ["head.weight"]), qtbot)
    assert kernel.pending(SaveTensors) == [SaveTensors(file, ("head.weight",), "tensor", ())]


def test_several_are_saved_by_names_or_as_a_list(
    files: ParameterFiles, kernel: SilentKernel, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    choose(monkeypatch, "/x/mydict")
    dialog = save_dialog(files, ["head.weight", "mask"])
    dialog.table.item(0, 0).setText("x")
    dialog.table.item(1, 0).setText("x")
    accept(dialog, qtbot)
    assert kernel.pending(SaveTensors) == []  # two of one name
    dialog.table.item(1, 0).setText("y")
    accept(dialog, qtbot)
    expected = SaveTensors("/x/mydict.pt", ("head.weight", "mask"), "dict", ("x", "y"))
    assert kernel.answer(SaveTensors, Saved("/x/mydict.pt", 2, 48)) == expected
    dialog = save_dialog(files, ["head.weight", "mask"])
    dialog.container.setCurrentIndex(dialog.container.findData("list"))
    accept(dialog, qtbot)
    assert kernel.pending(SaveTensors)[0].container == "list"
    assert dialog.container.findData("tensor") < 0


@pytest.mark.parametrize("state", ["starting", "dead"])
def test_an_engine_that_is_not_there_is_said_so(
    files: ParameterFiles, kernel: SilentKernel, told: list[Message], state: str
) -> None:
    kernel.state_changed.emit(state)
    files.load_parameters("/x/mlp.params")
    assert kernel.pending(CompareParameters) == []
    assert "engine" in told[0].text
