"""File: new, open, save, the guard, recent files, and bad files that lose nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from blockstudio import resources
from blockstudio.formats.project import load, save
from blockstudio.graph.edits import AddNode
from blockstudio.gui.project_files import ARCHITECTURES, MOST_RECENT, ProjectFiles, examples
from blockstudio.gui.session import Session, new_document
from tests.gui.conftest import NET, linear
from tests.helpers.engines import row, table


@pytest.fixture
def files(session: Session, qtbot: QtBot) -> ProjectFiles:
    widget = QWidget()
    qtbot.addWidget(widget)
    return ProjectFiles(session, widget)


def answer(monkeypatch: pytest.MonkeyPatch, button: QMessageBox.StandardButton) -> list[str]:
    asked: list[str] = []

    def answered(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box.text())
        return button

    monkeypatch.setattr(QMessageBox, "exec", answered)
    return asked


def choose(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    for method in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, method, lambda *args, **kwargs: (str(path), ""))


def test_saving_asks_once_and_adds_the_suffix(
    files: ProjectFiles, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    choose(monkeypatch, tmp_path / "mine")
    assert files.save()
    assert session.path == tmp_path / "mine.blocks" and not session.modified
    session.push(AddNode(NET, linear("b")), "Add")
    choose(monkeypatch, tmp_path / "other.blocks")
    assert files.save()
    assert list(load(tmp_path / "mine.blocks").definition("Net").graph.nodes) == ["a", "b"]
    assert files.save_as() and session.path == tmp_path / "other.blocks"
    assert [path.name for path in files.recent()] == ["other.blocks", "mine.blocks"]


def test_a_saved_project_opens_the_same(files: ProjectFiles, session: Session, tmp_path: Path) -> None:
    file = tmp_path / "net.blocks"
    save(new_document(), file)
    assert files.open_path(file)
    assert session.path == file and not session.modified
    assert session.document == new_document()


@pytest.mark.parametrize(("button", "here", "there"), [("Replace", True, False), ("Cancel", False, True)])
def test_what_another_window_saved_is_not_lost_unasked(
    files: ProjectFiles,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    button: str,
    here: bool,
    there: bool,
) -> None:
    file = tmp_path / "net.blocks"
    save(new_document(), file)
    files.open_path(file)
    session.push(AddNode(NET, linear("here")), "Add")
    assert files.save()  # what this window wrote itself is nobody else's
    other = load(file)
    other.apply(AddNode(NET, linear("there")))
    save(other, file)
    session.push(AddNode(NET, linear("more")), "Add")

    def click(box: QMessageBox) -> int:
        assert "another window" in box.text()
        next(each for each in box.buttons() if button in each.text()).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", click)
    assert files.save() is here
    assert ("more" in load(file).graph(NET).nodes, "there" in load(file).graph(NET).nodes) == (here, there)
    assert session.modified is not here
    file.unlink()
    assert files.save() and file.exists()  # nothing is lost where there is nothing


def test_a_name_as_long_as_the_system_allows(files: ProjectFiles, session: Session, tmp_path: Path) -> None:
    file = tmp_path / ("层" * 82 + ".blocks")
    save(new_document(), file)
    assert files.open_path(file) and files.save()


def test_the_guard_saves_discards_or_stays(
    files: ProjectFiles, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    files.new()
    assert "a" in session.graph.nodes and len(asked) == 1
    choose(monkeypatch, "")
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    files.new()
    assert "a" in session.graph.nodes  # no file was chosen, so nothing is lost
    choose(monkeypatch, tmp_path / "kept.blocks")
    files.new()
    assert not session.graph.nodes and (tmp_path / "kept.blocks").exists()
    session.push(AddNode(NET, linear("b")), "Add")
    answer(monkeypatch, QMessageBox.StandardButton.Discard)
    files.new()
    assert not session.graph.nodes and not session.modified


def test_values_that_are_in_no_file_are_guarded_too(
    files: ProjectFiles, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.set_table(table(row("a", (2,))))
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    assert files.guard() and asked == []
    session.set_table(evolve(table(row("a", (2,))), changed=True))
    assert not files.guard() and "in no file" in asked[0]
    answer(monkeypatch, QMessageBox.StandardButton.Discard)
    assert files.guard()


def test_without_changes_nobody_is_asked(files: ProjectFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    files.new()
    assert asked == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"format": "else"}', b'{"format": "blockstudio", "version": 999}']
)
def test_a_bad_file_is_told_and_the_open_project_stays(
    content: bytes, files: ProjectFiles, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "bad.blocks"
    file.write_bytes(content)
    before = session.document
    with qtbot.waitSignal(session.message) as caught:
        assert not files.open_path(file)
    assert session.document is before and session.path is None
    assert "bad.blocks" in caught.args[0].text


def test_a_read_only_target_is_told_and_intact(
    files: ProjectFiles, session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.blocks"
    save(new_document(), file)
    before = file.read_bytes()
    files.open_path(file)
    session.push(AddNode(NET, linear("a")), "Add")
    monkeypatch.setattr(os, "access", lambda *args: False)
    with qtbot.waitSignal(session.message):
        assert not files.save()
    assert file.read_bytes() == before and session.modified


def test_a_recent_file_that_is_gone_is_forgotten(
    files: ProjectFiles, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "net.blocks"
    save(new_document(), file)
    files.open_path(file)
    file.unlink()
    with qtbot.waitSignal(session.message):
        files.open_path(file)
    assert file not in files.recent()


def test_recent_files_are_few(files: ProjectFiles, tmp_path: Path) -> None:
    for number in range(MOST_RECENT + 3):
        file = tmp_path / f"{number}.blocks"
        save(new_document(), file)
        files.open_path(file)
    assert len(files.recent()) == MOST_RECENT and files.recent()[0] == file
    files.clear_recent()
    assert files.recent() == []


@pytest.mark.parametrize("name", ["a.params", "a.safetensors", "a.pt"])
def test_files_of_tensors_go_elsewhere(name: str, files: ProjectFiles, session: Session, qtbot: QtBot) -> None:
    before = session.document
    with qtbot.waitSignal(files.tensors_dropped) as caught:
        files.open_path(Path("/tmp") / name)
    assert caught.args == [f"/tmp/{name}"] and session.document is before


def test_a_file_of_tensors_without_a_suffix_is_known_by_what_is_in_it(
    files: ProjectFiles, session: Session, qtbot: QtBot
) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    mydict = str(resources.path("examples", "mydict"))
    with qtbot.waitSignal(files.tensors_dropped, check_params_cb=lambda name: name == mydict):
        assert files.open_path(Path(mydict))
    assert session.modified  # nobody was asked to save or discard it


def test_a_project_of_the_name_with_the_suffix_is_not_replaced_unasked(
    files: ProjectFiles, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(new_document(), tmp_path / "lesson5.2.blocks")
    before = (tmp_path / "lesson5.2.blocks").read_bytes()
    session.push(AddNode(NET, linear("a")), "Add")
    choose(monkeypatch, tmp_path / "lesson5.2")
    answers = [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No]
    monkeypatch.setattr(QMessageBox, "exec", lambda box: answers.pop())
    assert not files.save()
    assert (tmp_path / "lesson5.2.blocks").read_bytes() == before and session.modified
    assert files.save() and not answers
    assert session.path == tmp_path / "lesson5.2.blocks"
    assert list(load(session.path).definition("Net").graph.nodes) == ["a"]


def test_an_example_has_no_file_yet(files: ProjectFiles, session: Session, tmp_path: Path) -> None:
    file = tmp_path / "example.blocks"
    save(new_document(), file)
    files.open_example(file)
    assert session.path is None and not session.modified


@pytest.mark.parametrize("folder", ["", ARCHITECTURES])
def test_every_example_opens(folder: str, files: ProjectFiles, session: Session) -> None:
    titles = [example.title for example in examples(folder)]
    assert titles and len(set(titles)) == len(titles)
    for example in examples(folder):
        assert example.title != example.path.stem
        files.open_example(example.path)
        assert session.document.definitions and session.trusted
