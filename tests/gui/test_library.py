"""The library and other projects: blocks are kept, listed, dragged in and picked, with all they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from blockstudio.formats import project
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddDefinition, AddNode, Connect
from blockstudio.graph.model import Definition, Endpoint, Example, Graph, Instance, Port
from blockstudio.gui import block_files
from blockstudio.gui.canvas.facts.keys import PortKey, node_key
from blockstudio.gui.library import Library, default_folder
from blockstudio.gui.panels.palette import PalettePanel
from blockstudio.gui.session import Message, Session, new_document
from tests.compiler.documents import function, graph, layer, linear
from tests.compiler.models import resnet

SAVED = "Stage.blocks"


@pytest.fixture
def folder(session: Session, tmp_path: Path) -> Path:
    """The library of the session, with nothing in it."""
    session.library.set_folder(tmp_path / "library")
    return tmp_path / "library"


def messages(session: Session) -> list[str]:
    found: list[str] = []

    def keep(message: Message) -> None:
        found.append(message.text)

    session.message.connect(keep)
    return found


def keep_stage(session: Session) -> None:
    session.replace(resnet())
    session.library.save(session.document, "Stage")
    session.replace(new_document())


def test_the_library_is_in_the_place_of_the_apps_data_until_another_is_chosen(session: Session, folder: Path) -> None:
    assert session.library.folder == folder
    assert Library(session.settings).folder == folder
    assert default_folder().parts[-2:] == ("BlockStudio", "library")


def test_a_block_is_kept_with_what_it_needs(session: Session, folder: Path, qtbot: QtBot) -> None:
    session.replace(resnet())
    session.select(("layer1",))
    said = messages(session)
    with qtbot.waitSignal(session.library.changed):
        block_files.save_to_library(session, None)  # type: ignore[arg-type]
    kept = project.load(folder / SAVED)
    assert kept.root == "Stage" and set(kept.definitions) == {"Bottleneck", "Stage"}
    assert [block.name for block in session.library.blocks()] == ["Stage"]
    block_files.save_to_library(session, None, "Stage")  # type: ignore[arg-type]
    assert "as it is" in said[-1]


@pytest.mark.parametrize(
    ("button", "files"),
    [("Replace it", {SAVED}), ("Keep both", {SAVED, "Stage_2.blocks"}), ("", {SAVED})],
)
def test_another_block_of_the_same_name_is_asked_about(
    session: Session, folder: Path, button: str, files: set[str], qtbot: QtBot
) -> None:
    session.replace(resnet())
    session.library.save(session.document, "Stage")
    before = (folder / SAVED).read_bytes()
    session.document.definition("Stage").doc = "Another one."

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        pressed = next((b for b in box.buttons() if b.text() == button), None)
        (pressed or box.button(QMessageBox.StandardButton.Cancel)).click()

    QTimer.singleShot(0, answer)
    block_files.save_to_library(session, None, "Stage")  # type: ignore[arg-type]
    assert {path.name for path in folder.iterdir()} == files
    assert ((folder / SAVED).read_bytes() == before) is (button != "Replace it")


def test_files_that_cannot_be_read_are_named_and_others_listed(session: Session, folder: Path) -> None:
    keep_stage(session)
    (folder / "broken.blocks").write_text("{")
    library = session.library
    assert [block.name for block in library.blocks()] == ["Stage"]
    (fault,) = library.faults()
    assert "broken.blocks" in str(fault)
    (folder / "broken.blocks").unlink()
    assert library.faults() == []


def test_a_file_put_there_by_another_program_is_seen(session: Session, folder: Path, qtbot: QtBot) -> None:
    keep_stage(session)
    session.library.blocks()
    with qtbot.waitSignal(session.library.changed):
        (folder / SAVED).rename(folder / "Other.blocks")
    assert [block.file.name for block in session.library.blocks()] == ["Other.blocks"]


def test_the_palette_lists_the_library_and_finds_in_it(session: Session, folder: Path, qtbot: QtBot) -> None:
    panel = PalettePanel(session)
    qtbot.addWidget(panel)
    panel.fill()
    groups = [panel.model.item(row).text() for row in range(panel.model.rowCount())]
    assert "Library" not in groups
    keep_stage(session)
    assert panel.model.item(1).text() == "Library" and panel.model.item(1).child(0).text() == "Stage"
    panel.search.setText("stage")
    assert panel.model.item(0).text() == "Stage"
    with qtbot.waitSignal(panel.chosen) as caught:
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert caught.args == [f"library:Stage@{folder / SAVED}"]


def test_a_block_of_the_library_comes_with_all_it_needs_in_one_step(window, session: Session, folder: Path) -> None:  # type: ignore[no-untyped-def]
    keep_stage(session)
    before = project.dumps(session.document)
    (block,) = session.library.blocks()
    window.canvas.add_entry(block.payload)
    assert list(session.document.definitions) == ["Net", "Bottleneck", "Stage"]
    assert [node.definition for node in session.graph.nodes.values()] == ["Stage"]  # type: ignore[attr-defined]
    assert session.undo_stack.index() == 1
    window.canvas.add_entry(block.payload)
    assert list(session.document.definitions) == ["Net", "Bottleneck", "Stage"]
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert project.dumps(session.document) == before


def test_what_must_be_renamed_is_said(window, session: Session, folder: Path) -> None:  # type: ignore[no-untyped-def]
    keep_stage(session)
    session.document.definitions["Bottleneck"] = Definition(
        "Bottleneck", graph("x", "y", [linear("a", 1, 1)], "x>a a>y")
    )
    said = messages(session)
    (block,) = session.library.blocks()
    window.canvas.add_entry(block.payload)
    assert "Bottleneck → Bottleneck_2" in said[-1]
    assert session.document.graph(Location("Stage"))


def take_images(session: Session) -> None:
    images = Graph([Port("x", example=Example((2, 64, 8, 8)))], [Port("y")])
    session.replace(Document("Net", {"Net": Definition("Net", images)}))


def offered(window) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    return [(choice.label, choice.group) for choice in window.canvas.search_popup.model.choices]


def test_a_wire_let_go_over_nothing_offers_blocks_of_the_library_that_fit(  # type: ignore[no-untyped-def]
    window, session: Session, folder: Path
) -> None:
    keep_stage(session)
    take_images(session)
    source = Document("Source", {"Source": Definition("Source", graph("", "y", [], ""))})
    project.save(source, folder / "Source.blocks")
    session.push(AddDefinition(Definition("Mine", graph("x", "y", [function("a", "torch.relu")], "x>a a>y"))), "")
    before, x = project.dumps(session.document), PortKey("", "x", True)
    window.canvas.search_to_add(QPointF(200, 200), wire=x)
    blocks = [choice for choice in offered(window) if choice[1] in ("Your blocks", "Library")]
    assert blocks == [("Mine", "Your blocks"), ("Stage", "Library")]  # Source has no input, and Net holds this graph
    QTest.keyClicks(window.canvas.search_popup.field, "stage")
    assert offered(window)[0] == ("Stage", "Library")
    QTest.keyClick(window.canvas.search_popup.field, Qt.Key.Key_Return)
    assert session.graph.edges == {Endpoint("stage", "x"): Endpoint("", "x")}
    assert {"Bottleneck", "Stage"} <= set(session.document.definitions)
    window.canvas.search_to_add(QPointF(200, 200), wire=x)
    assert ("Stage", "Your blocks") in offered(window) and ("Stage", "Library") not in offered(window)
    session.undo_stack.undo()
    assert project.dumps(session.document) == before


def test_a_block_of_the_library_goes_onto_a_wire_and_in_the_place_of_a_node(  # type: ignore[no-untyped-def]
    window, session: Session, folder: Path
) -> None:
    keep_stage(session)
    take_images(session)
    conv = layer("a", "torch.nn.Conv2d", in_channels=64, out_channels=8, kernel_size=1)
    session.push(AddNode(Location("Net"), conv), "")
    session.push(Connect(Location("Net"), Endpoint("a", "input"), Endpoint("", "x")), "")
    canvas = window.canvas
    canvas.search_to_insert(canvas.canvas_scene.edges[Endpoint("a", "input")].middle())
    canvas.search_popup.field.setText("stage")
    QTest.keyClick(canvas.search_popup.field, Qt.Key.Key_Return)
    assert session.graph.edges[Endpoint("stage", "x")] == ("", "x")
    session.undo_stack.undo()
    canvas.select_keys([node_key("a")])
    canvas.replace_selected()
    canvas.search_popup.field.setText("stage")
    QTest.keyClick(canvas.search_popup.field, Qt.Key.Key_Return)
    assert session.graph.edges == {Endpoint("a", "x"): Endpoint("", "x")}  # the name was chosen by the user
    assert isinstance(session.graph.nodes["a"], Instance)


def test_blocks_of_another_project_are_picked(
    session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "resnet.blocks"
    project.save(resnet(), file)
    before = project.dumps(session.document)
    dialog = block_files.ask_for_blocks(session, None, project.load(file), file.name)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    names = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert names == ["Bottleneck", "Stage", "ResNet"] and not dialog.add_button.isEnabled()
    dialog.list.item(1).setCheckState(Qt.CheckState.Checked)
    dialog.accept()
    assert list(session.document.definitions) == ["Net", "Bottleneck", "Stage"]
    session.undo_stack.undo()
    assert project.dumps(session.document) == before
    session.undo_stack.redo()
    said = messages(session)
    block_files.take_blocks(session, project.load(file), ["Stage"])
    assert "already" in said[-1]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "none.blocks"), ""))
    block_files.add_from_project(session, None)  # type: ignore[arg-type]
    assert "none.blocks" in said[-1]
