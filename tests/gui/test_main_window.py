"""The window as a whole: what it shows, what the keyboard reaches, what it remembers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from blockstudio import resources
from blockstudio.formats.project import save
from blockstudio.graph.definition_commands import rename_definition
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode
from blockstudio.graph.model import CodeDefinition, Definition, Graph, Instance, Port, Repeat
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.main_window import TRUST, MainWindow
from blockstudio.gui.menus import fill_examples
from blockstudio.gui.panels.palette import MIME
from blockstudio.gui.session import Session, new_document
from blockstudio.gui.welcome import SHOWN
from tests.gui.conftest import NET, compose, linear

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.mark.parametrize("size", [(1024, 680), (1366, 768), (1600, 1000)])
def test_the_welcome_leaves_the_input_and_the_output_to_be_seen(
    window: MainWindow, session: Session, size: tuple[int, int], qtbot: QtBot
) -> None:
    window.resize(*size)
    window.arrangement.reset()
    canvas = window.canvas
    qtbot.waitUntil(lambda: window.welcome.y() == canvas.height() - canvas.covered)
    canvas.fit()

    def seen(pill: PillItem) -> bool:
        place = canvas.mapFromScene(pill.body).boundingRect()
        return canvas.viewport().rect().contains(place) and place.bottom() < window.welcome.y()

    qtbot.waitUntil(lambda: all(seen(pill) for pill in canvas.canvas_scene.pills.values()))
    assert window.welcome.geometry().bottom() < canvas.height()
    assert "between x and y" in window.welcome._text.text()
    session.push(AddDefinition(Definition("Empty", Graph([Port("x")], [Port("y", (560.0, 0.0))]))), "Block")
    session.enter(Location("Empty"))
    middle = canvas.mapFromScene(canvas.canvas_scene.extent().center())
    assert abs(middle.y() - canvas.viewport().height() / 2) < 3  # nothing stands there
    session.enter(NET)
    window.actions_by_id["select_all"].trigger()
    window.actions_by_id["delete"].trigger()
    assert not session.graph.inputs
    assert window.welcome.isVisible() and "between" not in window.welcome._text.text()


@pytest.mark.parametrize("width", [310, 350, 400, 700])
def test_nothing_on_the_welcome_is_cut_off(window: MainWindow, width: int) -> None:
    canvas, card = window.canvas, window.welcome
    window.centralWidget().setFixedSize(width, 300)
    canvas.resize(width, 240)
    card.update_shown()
    card.layout().activate()
    buttons = [button for button in card.findChildren(QPushButton) if button.isVisible()]
    assert len(buttons) >= 3
    for button in buttons:
        assert button.width() >= button.sizeHint().width(), button.text()


def test_the_title_says_what_is_open(window: MainWindow, session: Session, tmp_path: Path) -> None:
    assert window.windowTitle() == "Net[*] – BlockStudio"
    session.push(AddNode(NET, linear("a")), "Add")
    assert window.isWindowModified()
    session.push(rename_definition(session.document, "Net", "MLP"), "Rename")
    assert window.windowTitle() == "MLP[*] – BlockStudio" and window.isWindowModified()
    session.saved_as(tmp_path / "mine.blocks")
    assert window.windowTitle().startswith("mine.blocks") and not window.isWindowModified()


def test_an_example_is_one_click_away(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    links = {button.text(): button for button in window.welcome.findChildren(QPushButton)}
    for name, title in SHOWN:
        assert resources.path("examples", f"{name}.blocks").is_file()
        assert title in links
    links["LeNet"].click()
    qtbot.waitUntil(lambda: "lenet" in session.document.root.lower())
    assert not window.welcome.isVisible()


def test_the_welcome_goes_with_the_first_node(window: MainWindow, session: Session) -> None:
    assert window.welcome.isVisible()
    session.push(AddNode(NET, linear("a")), "Add")
    assert not window.welcome.isVisible()
    session.undo_stack.undo()
    assert window.welcome.isVisible()


def test_undo_says_what_it_takes_back(window: MainWindow, session: Session) -> None:
    session.push(AddNode(NET, linear("a")), "Add Linear")
    assert window.actions_by_id["undo"].text() == "Undo Add Linear"
    window.actions_by_id["undo"].trigger()
    assert not session.graph.nodes
    assert window.actions_by_id["redo"].text() == "Redo Add Linear"


def test_untrusted_code_is_announced_until_agreed(window: MainWindow, session: Session) -> None:
    session.push(AddDefinition(CodeDefinition("Mine", "class Mine(nn.Module): ...")), "New")
    (bar,) = [bar for bar in window.messages.bars() if bar.message.key == TRUST]
    assert "Mine" in bar.message.text
    dict(bar.message.actions)["Run the code"]()
    assert session.trusted
    assert not [bar for bar in window.messages.bars() if bar.message.key == TRUST]


def test_breadcrumbs_lead_back(
    window: MainWindow, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.files, "guard", lambda: True)
    compose(session)
    session.push(AddNode(NET, Repeat(name="loop", body=session.graph.__class__())), "Add")
    session.enter_node("loop")
    window.breadcrumbs.rebuild()
    buttons = window.breadcrumbs.findChildren(QToolButton)
    QApplication.processEvents()
    texts = [button.text() for button in buttons if not button.isHidden()]
    assert texts == ["Net", "loop · body"]
    window.activateWindow()
    qtbot.mouseClick(next(button for button in buttons if button.text() == "Net"), Qt.MouseButton.LeftButton)
    assert session.location == NET
    qtbot.waitUntil(window.canvas.hasFocus)  # not the button that goes with its step
    window.palette_panel.search.setFocus()
    qtbot.waitUntil(window.palette_panel.search.hasFocus)
    window.files.new()
    qtbot.waitUntil(window.canvas.hasFocus)


def test_a_file_dropped_on_the_window_opens(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "dropped.blocks"
    save(new_document(), file)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    at = QPoint(200, 200)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, data, buttons, keys)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, data, buttons, keys))
    qtbot.waitUntil(lambda: session.path == file)


def test_a_file_over_the_canvas_is_for_the_window(window: MainWindow, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.blocks"))])
    over = window.canvas.viewport()
    enter = QDragEnterEvent(
        over.rect().center(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(over, enter)
    assert enter.isAccepted()


def _reachable(window: MainWindow) -> list[QWidget]:
    kinds = (QAbstractButton, QLineEdit, QComboBox)
    return [w for w in window.findChildren(QWidget) if isinstance(w, kinds) and w.isVisible() and not _part(w)]


def _part(widget: QWidget) -> bool:
    """Whether Qt made it as a part of another widget, which speaks for it."""
    return isinstance(widget.parent(), QLineEdit | QComboBox) or widget.objectName().startswith("qt_")


def test_every_control_has_a_tooltip_and_the_keyboard(window: MainWindow, session: Session) -> None:
    compose(session)
    session.push(AddDefinition(CodeDefinition("Mine", "class Mine(nn.Module): ...")), "New")
    session.push(AddNode(NET, Instance(name="mine", definition="Mine")), "Add")
    session.select(("hidden",))
    for name, pane in window.panes.items():
        pane.bring_up()
        QApplication.processEvents()
        found = _reachable(window)
        assert len(found) > 15
        silent = [f"{type(w).__name__} {w.objectName()} {w.accessibleName()}" for w in found if not _tip(w)]
        assert silent == [], name
        unreached = [w for w in found if w.focusPolicy() == Qt.FocusPolicy.NoFocus and not w.focusProxy()]
        assert [f"{type(w).__name__} {w.toolTip()}" for w in unreached if not _on_pane_title(w)] == [], name


def _tip(widget: QWidget) -> str:
    place: QWidget | None = widget
    while place is not None and not place.toolTip():
        place = place.parentWidget()
    return place.toolTip() if place else ""


def _on_pane_title(widget: QWidget) -> bool:
    return widget.parentWidget() is not None and widget.parentWidget().objectName() == "paneTitle"


def test_closing_asks_about_unsaved_changes(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Cancel)
    assert not window.close()
    assert window.isVisible()
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Discard)
    assert window.close()


def test_the_examples_have_a_menu_of_architectures(window: MainWindow, session: Session) -> None:
    fill_examples(window, window.example_menu)
    *_, architectures = (action.menu() for action in window.example_menu.actions() if action.menu())
    architectures.aboutToShow.emit()
    titles = [action.text() for action in architectures.actions()]
    assert "ResNet-50" in titles and len(titles) == 17
    architectures.actions()[titles.index("ResNet-50")].trigger()
    assert session.document.root == "ResNet50" and session.path is None


def test_the_card_makes_way_as_soon_as_something_is_dragged_over_the_canvas(window: MainWindow) -> None:
    assert not window.welcome.isHidden()
    data = QMimeData()
    data.setData(MIME, b"torch.nn.Linear")
    action, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window.canvas.viewport(), QDragEnterEvent(QPoint(2, 2), action, data, button, keys))
    assert window.welcome.isHidden()
    QApplication.sendEvent(window.canvas.viewport(), QDragLeaveEvent())
    assert not window.welcome.isHidden()
