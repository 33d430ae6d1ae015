"""Notes and frames."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QTextCharFormat
from PySide6.QtWidgets import QApplication

from blockstudio.graph.edits import MoveNodes, SetNote
from blockstudio.graph.model import Note
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.look import colors, fonts
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.note_text import HEADINGS, INDENT, NoteText

from .conftest import ROOT, Desk


def with_note(desk: Desk, note: Note) -> None:
    desk.session.push(SetNote(ROOT, "n", note), "")
    desk.check()


def test_a_new_note_is_written_at_once(net: Desk) -> None:
    start = net.bytes()
    net.canvas.add_entry("node:note", QPointF(100, 300))
    assert net.canvas.note_editor.isVisible()
    net.type("See the paper")
    net.enter(Qt.Key.Key_Escape)
    assert net.graph.notes["note_1"].text == "See the paper"
    assert net.undo_all() == start


def test_double_click_edits_a_note(net: Desk) -> None:
    with_note(net, Note("old", (100, 300), (200, 80)))
    net.double_click(net.at(150, 340))
    assert net.canvas.note_editor.isVisible()
    net.canvas.note_editor.insertPlainText("新的注释")  # QTest types Latin letters only
    net.click(net.at(600, 500))
    assert net.graph.notes["n"].text == "新的注释"


def test_paper_grows_with_its_text(net: Desk) -> None:
    with_note(net, Note("long " * 100, (100, 300), (120, 40)))
    item = net.scene.notes["n"]
    assert item.height > 200
    assert net.graph.notes["n"].size == (120, 40)


def test_drag_and_resize_a_note(net: Desk) -> None:
    start = net.bytes()
    with_note(net, Note("text", (100, 300), (200, 80)))
    net.drag(net.at(150, 340), net.at(180, 390))
    assert net.graph.notes["n"].position == (130.0, 350.0)
    net.drag(net.at(328, 428), net.at(378, 468))
    assert net.graph.notes["n"].size == (250.0, 120.0)
    assert net.steps() == 3
    assert net.undo_all() == start


def test_a_frame_takes_along_what_stands_in_it(net: Desk) -> None:
    with_note(net, Note("Head", (100, 60), (460, 120), frame=True))
    net.drag(net.at(120, 70), net.at(120, 110))
    assert net.graph.notes["n"].position == (100.0, 100.0)
    assert net.graph.nodes["linear"].position == (120.0, 140.0)
    assert net.graph.nodes["relu"].position == (400.0, 140.0)
    assert net.graph.nodes["linear_2"].position == (580, 100)
    assert net.steps() == 2


def test_inside_a_frame_one_can_still_select_with_a_rectangle(net: Desk) -> None:
    with_note(net, Note("Head", (100, 60), (460, 120), frame=True))
    net.drag(net.at(112, 92), net.at(300, 172))
    assert net.scene.selection == {Key("node", "linear")}


def test_frame_round_the_selection(net: Desk) -> None:
    start = net.bytes()
    net.select("linear", "relu")
    net.canvas.frame_selection()
    net.type("Stem")
    net.enter()
    (note,) = net.graph.notes.values()
    assert note.frame and note.text == "Stem"
    item = net.scene.notes["frame_1"]
    assert all(item.body.contains(net.scene.nodes[name].body) for name in ("linear", "relu"))
    assert net.undo_all() == start


def test_delete_and_copy_notes(net: Desk) -> None:
    with_note(net, Note("text", (100, 300), (200, 80)))
    net.click(net.at(150, 340))
    net.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    net.key(Qt.Key.Key_Delete)
    assert not net.graph.notes
    net.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [note.text for note in net.graph.notes.values()] == ["text"]


def test_colour(net: Desk) -> None:
    start = net.bytes()
    with_note(net, Note("text", (100, 300), (200, 80)))
    net.canvas.select_keys([Key("note", "n"), Key("node", "relu")])
    net.canvas.set_color("#aa3344")
    net.check()
    assert net.graph.notes["n"].color == net.graph.nodes["relu"].color == "#aa3344"
    assert net.undo_all() == start


# --- how they look ------------------------------------------------------------------------------

PAGE = """# Head

Some `code` and a [link](x).

- one
  - two

> said

```
x = 1
```

| a | b |
|---|---|
| 1 | 2 |
"""


def set_text(text: str, width: float = 300.0) -> NoteText:
    page = NoteText()
    page.set_text(text, width, fonts(), colors())
    return page


def letters(page: NoteText, word: str) -> QTextCharFormat:
    """How a word is set."""
    return page.find(word).charFormat()


def test_markdown_is_set_like_a_page(qapp: QApplication) -> None:
    page = set_text(PAGE)
    assert letters(page, "Head").font().pixelSize() == HEADINGS[0]
    assert letters(page, "code").background().color().alpha() > 0
    assert letters(page, "link").foreground().color() == colors().accent
    assert letters(page, "b").fontWeight() == QFont.Weight.DemiBold == letters(page, "a").fontWeight()
    layout = page.documentLayout()
    place = {block.text(): layout.blockBoundingRect(block) for block in page.blocks()}
    assert place["one"].width() - place["two"].width() == INDENT
    assert place["a"].top() == place["b"].top()  # no empty line above the first cell
    assert page.size().width() <= 300.0


def test_a_quotation_has_a_bar_beside_it(qapp: QApplication) -> None:
    page = set_text("> said")
    image = QImage(60, 30, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    page.paint(painter)
    painter.end()
    assert image.pixelColor(1, 6).alpha() > 0
    assert image.pixelColor(6, 6).alpha() == 0


def test_from_afar_a_note_can_be_read(net: Desk) -> None:
    """Its letters are as large on the screen as before, but fewer."""
    with_note(net, Note("x " * 200, (100, 300), (400, 120)))
    item = net.scene.notes["n"]

    def rows() -> set[int]:
        """Where there is ink in the note, in pixels from its top."""
        place = net.canvas.mapFromScene(item.body).boundingRect().adjusted(3, 3, -3, -3)
        image = net.canvas.grab(place).toImage()
        paper = image.pixelColor(0, 0)
        return {
            y
            for y in range(image.height())
            if any(abs(image.pixelColor(x, y).lightness() - paper.lightness()) > 60 for x in range(image.width()))
        }

    net.canvas.set_view(item.body.center(), 0.3)
    shown = rows()
    assert any({y, y + 1, y + 2, y + 3} <= shown for y in shown)


def test_a_long_title_of_a_frame_ends_with_dots_from_afar(net: Desk) -> None:
    with_note(net, Note("A long title " * 6, (100, 60), (460, 120), frame=True))
    item = net.scene.notes["n"]
    net.canvas.set_view(item.body.center(), 0.2)
    assert item.far_title(0.2)[0].endswith("…")
    assert item.far_title(1.0)[0] == ("A long title " * 6).strip()


def test_the_title_of_a_frame_below_a_node_is_not_hidden_by_it_from_afar(net: Desk) -> None:
    """Above it where there is room, else at its upper edge."""
    with_note(net, Note("Head", (120, 150), (500, 300), frame=True))  # right below the nodes
    item, canvas = net.scene.notes["n"], net.canvas
    canvas.set_view(item.body.center(), 0.3)

    def ink(place: QRectF) -> int:
        image = canvas.grab(canvas.mapFromScene(place).boundingRect()).toImage()
        ground = image.pixelColor(image.width() - 1, image.height() - 1)
        return sum(
            abs(image.pixelColor(x, y).lightness() - ground.lightness()) > 60
            for x in range(image.width())
            for y in range(image.height())
        )

    letters = item.far_title_place(inside=True)
    assert ink(letters) > 20
    net.session.push(MoveNodes(ROOT, {"linear": (120.0, -300.0)}), "move")
    QApplication.processEvents()
    assert ink(letters) < 20 < ink(item.far_title_place())


def test_titles_of_frames_from_afar_keep_clear_of_nodes_notes_and_each_other(
    net: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {}
    paint = NoteItem.paint_far_title

    def kept(self: NoteItem, painter: QPainter, place: QRectF) -> None:
        places[self.key.name] = place
        paint(self, painter, place)

    monkeypatch.setattr(NoteItem, "paint_far_title", kept)
    for name, y in (("above", 60.0), ("below", 110.0)):
        net.session.push(SetNote(ROOT, name, Note("Some words", (120.0, y), (1500.0, 85.0), frame=True)), "")
    net.canvas.set_view(QPointF(700.0, 100.0), 0.15)
    net.canvas.grab()
    assert places["above"].left() == 120.0  # there is room above it
    below = places["below"]
    assert below.right() == 1620.0  # the nodes are at the left
    assert not any(below.intersects(item.body) for item in net.scene.nodes.values())
    assert not below.intersects(places["above"])
