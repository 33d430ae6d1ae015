"""The palette: what it lists, how it is searched, what a drag carries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from blockstudio.catalog.catalog import catalog
from blockstudio.graph.document import Location
from blockstudio.graph.model import CodeDefinition, Definition
from blockstudio.gui import own_blocks
from blockstudio.gui.panels.palette import LEFT_OUT, MIME, PalettePanel
from blockstudio.gui.session import Session
from blockstudio.gui.settings import PALETTE_CLOSED


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[PalettePanel]:
    session.settings.set(PALETTE_CLOSED, [])
    panel = PalettePanel(session)
    qtbot.addWidget(panel)
    panel.resize(240, 600)
    panel.show()
    panel.fill()
    yield panel


def leaves(panel: PalettePanel) -> list[QModelIndex]:
    found = []
    for row in range(panel.model.rowCount()):
        top = panel.model.index(row, 0)
        rows = panel.model.rowCount(top)
        found += [panel.model.index(i, 0, top) for i in range(rows)] if rows else [top]
    return found


def carried(panel: PalettePanel, index: QModelIndex) -> str:
    return bytes(panel.model.mimeData([index]).data(MIME).data()).decode()


def named(panel: PalettePanel, name: str) -> QModelIndex:
    return next(index for index in leaves(panel) if index.data() == name)


def test_everything_that_can_be_placed_is_listed(panel: PalettePanel, session: Session) -> None:
    known = catalog()
    wanted = {entry.type for entry in known.entries if not entry.hidden}
    wanted |= {f"node:{entry.kind}" for entry in known.structures if entry.kind not in LEFT_OUT}
    wanted |= {f"definition:{name}" for name in session.document.definitions}
    assert {carried(panel, index) for index in leaves(panel)} == wanted


def test_every_item_says_what_it_is(panel: PalettePanel) -> None:
    for index in leaves(panel):
        assert index.data() and index.data(Qt.ItemDataRole.ToolTipRole)
        assert panel.model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled


@pytest.mark.parametrize(
    ("text", "first"), [("linear", "Linear"), ("relu", "ReLU"), ("卷积", "Conv"), ("while", "While")]
)
def test_search_finds_the_likeliest_first(text: str, first: str, panel: PalettePanel, qtbot: QtBot) -> None:
    panel.search.setText(text)
    assert str(panel.model.index(0, 0).data()).startswith(first)


def test_return_adds_what_was_found(panel: PalettePanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.search, "linear")
    with qtbot.waitSignal(panel.chosen) as caught:
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert caught.args == ["torch.nn.Linear"]
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.search.text() == "" and panel.model.rowCount() > 10


def test_what_is_not_found_is_said(panel: PalettePanel) -> None:
    panel.search.setText("zzzz")
    assert not panel.nothing.isHidden() and "zzzz" in panel.nothing.text()
    panel.search.clear()
    assert panel.nothing.isHidden() and not panel.tree.isHidden()


def test_closed_groups_stay_closed(panel: PalettePanel, session: Session, qtbot: QtBot) -> None:
    group = panel.model.index(2, 0)
    panel.tree.collapse(group)
    other = PalettePanel(session)
    qtbot.addWidget(other)
    other.fill()
    assert not other.tree.isExpanded(other.model.index(2, 0))
    assert other.tree.isExpanded(other.model.index(3, 0))


def test_a_new_block_is_made_and_shown(panel: PalettePanel, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **kwargs: ("Encoder", True))
    panel.new_block()
    assert isinstance(session.document.definitions["Encoder"], Definition)
    assert session.location == Location("Encoder")
    assert named(panel, "Encoder").isValid()
    session.undo_stack.undo()
    assert session.location == Location("Net")
    assert "Encoder" not in [index.data() for index in leaves(panel)]


def test_a_new_code_block_may_run(
    panel: PalettePanel, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **kwargs: ("MyLinear", True))
    with qtbot.waitSignal(session.code_requested):
        panel.new_code()
    assert isinstance(session.document.definitions["MyLinear"], CodeDefinition)
    assert session.trusted


def test_a_name_that_is_none_is_told(
    panel: PalettePanel, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **kwargs: ("my block", True))
    with qtbot.waitSignal(session.message):
        panel.new_block()
    assert list(session.document.definitions) == ["Net", "Block"]


def test_blocks_are_copied_renamed_and_deleted(panel: PalettePanel, session: Session) -> None:
    own_blocks.copy_block(session, "Block")
    assert session.location == Location("Block2")
    own_blocks.rename_block(session, "Block2", "Other")
    assert session.location == Location("Other")
    own_blocks.make_root(session, "Other")
    assert session.document.root == "Other"
    session.undo_stack.undo()
    own_blocks.delete(session, "Other")
    assert list(session.document.definitions) == ["Net", "Block"]


def test_renaming_a_code_block_renames_its_class(panel: PalettePanel, session: Session) -> None:
    own_blocks.add_code(session, "Mine")
    own_blocks.rename_block(session, "Mine", "Yours")
    definition = session.document.definitions["Yours"]
    assert isinstance(definition, CodeDefinition) and "class Yours(nn.Module)" in definition.source
    assert session.trusted
    session.undo_stack.undo()
    assert "Mine" in session.document.definitions


@pytest.mark.parametrize("width", [140, 160, 180, 220, 260])
def test_the_words_of_the_buttons_are_whole(panel: PalettePanel, qtbot: QtBot, width: int) -> None:
    panel.setMinimumWidth(60)  # as in its pane
    panel.resize(width, 400)
    qtbot.wait(1)
    assert panel.width() == width
    for button in (panel.new_block_button, panel.new_code_button):
        assert button.sizeHint().width() <= button.width()
    beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    assert (panel.new_block_button.toolButtonStyle() == beside) or width < 220
