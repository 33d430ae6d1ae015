"""Another language, while the project stays open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.graph.edits import AddNode
from blockstudio.gui import i18n
from blockstudio.gui.app import Front, use_language
from blockstudio.gui.canvas.facts.offers import everything
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LANGUAGE
from tests.helpers.engines import row, table

from .conftest import NET, compose, linear, press


@pytest.fixture
def front(qapp: QApplication, session: Session, qtbot: QtBot) -> Iterator[Front]:
    session.settings.set(LANGUAGE, "en")
    use_language(qapp, session.settings)
    front = Front(session)
    front.window.show()
    qtbot.waitUntil(lambda: front.window.late.complete)
    yield front
    session.undo_stack.setClean()
    front.window.close()
    front.window.deleteLater()
    gone(qapp)
    session.settings.set(LANGUAGE, "en")
    use_language(qapp, session.settings)


def gone(qapp: QApplication) -> None:
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def speak(front: Front, name: str, qapp: QApplication, qtbot: QtBot) -> MainWindow:
    old = front.window
    old.choices["Language", i18n.LANGUAGES[name]].trigger()
    qtbot.waitUntil(lambda: front.window is not old and front.window.late.complete)
    gone(qapp)
    assert not shiboken6.isValid(old)
    return front.window


def test_the_window_speaks_another_language_and_the_project_stays(
    front: Front, session: Session, qapp: QApplication, qtbot: QtBot
) -> None:
    compose(session)
    session.set_table(table(row("hidden.weight", (2, 20))))
    session.select(("hidden",))
    assert front.window.actions_by_id["save"].text() == "Save"
    window = speak(front, "zh_CN", qapp, qtbot)
    assert window.actions_by_id["save"].text() == "保存"
    assert window.panes["palette"].windowTitle() == "组件库"
    assert i18n.language() == "zh_CN"
    assert set(session.graph.nodes) == {"hidden", "act", "out"} == set(window.canvas.canvas_scene.nodes)
    assert session.selection == ("hidden",)
    assert window.late.parameters.model.rowCount()
    assert window.isWindowModified()
    # Everything is heard by the new window, and nothing by the one that is gone.
    window.canvas.setFocus()
    for _ in range(3):
        press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    session.push(AddNode(NET, linear("b")), "Add")
    session.location_changed.emit()
    qtbot.waitUntil(lambda: session.liveness.settled)
    assert "b" in window.canvas.canvas_scene.nodes
    groups = {offer.group for offer in everything(session.document)}
    assert "卷积" in groups and "Convolution" not in groups
    again = speak(front, "en", qapp, qtbot)
    assert again.actions_by_id["save"].text() == "Save"
    assert "Linear" in {offer.group for offer in everything(session.document)}


def test_the_panes_stay_where_they_are(front: Front, qapp: QApplication, qtbot: QtBot) -> None:
    front.window.panes["palette"].hide()
    front.window.resize(780, 700)
    window = speak(front, "zh_CN", qapp, qtbot)
    assert window.panes["palette"].isHidden() and not window.panes["inspector"].isHidden()
    assert window.size().toTuple() == (780, 700)


def test_it_waits_for_a_run_whose_answer_would_be_lost(
    front: Front, session: Session, qapp: QApplication, qtbot: QtBot
) -> None:
    old = front.window
    session.engine_changed.emit("idle")
    session.engine_state = "busy"
    session.engine_changed.emit("busy")
    old.choose_language("zh_CN")
    qtbot.wait(20)
    assert front.window is old and old.messages.bars()
    session.engine_state = "idle"
    session.engine_changed.emit("idle")
    qtbot.waitUntil(lambda: front.window is not old and front.window.late.complete)
    gone(qapp)
