"""Whatever a project calls things, the window shows it as text, and reads no file that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtGui import Qt as Guesses
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QStyleOptionGraphicsItem, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from blockstudio.formats import project
from blockstudio.graph.model import Note
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.surface import Surface
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.markup import caption
from blockstudio.gui.menus import _fill_recent

TAG = "<img src='x'>"


def called_by_tags() -> bytes:
    """A project whose every name and text is a tag."""
    inner = {"name": TAG, "default": TAG, "doc": TAG}
    nodes: list[dict[str, Any]] = [
        {"kind": "layer", "type": "torch.nn.Linear", "options": {"in_features": TAG, TAG: TAG}, "device": TAG},
        {"kind": "layer", "type": TAG},
        {"kind": "instance", "definition": TAG + "block", "options": {TAG: TAG}},
        {"kind": "call", "layer": TAG},
        {"kind": "constant", "value": TAG},
        {"kind": "repeat", "body": {}, "count": {"expression": TAG}, "index": TAG},
        {"kind": "if", "condition": {}, "then": {}, "otherwise": {}},
        {"kind": TAG},
    ]
    for number, node in enumerate(nodes):
        node |= {"name": f"{TAG}{number}", "comment": TAG}
    graph = {"nodes": nodes, "inputs": [{"name": TAG}], "outputs": [{"name": TAG}]}
    blocks = [
        {"name": TAG, "graph": graph, "doc": TAG, "hyper_parameters": [inner]},
        {"name": TAG + "block", "graph": {}, "doc": TAG, "hyper_parameters": [inner]},
    ]
    return json.dumps({"format": "blockstudio", "version": 1, "root": TAG, "definitions": blocks}).encode()


def taken_for_html(window: MainWindow) -> set[str]:
    """Texts of widgets and items that Qt would take for HTML with the tag in it."""
    texts = set()
    for widget in window.findChildren(QWidget):
        texts.add(widget.toolTip())
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            texts.add(widget.text())
    for view in window.findChildren(QTreeView):
        model = view.model()
        rows = [model.index(row, column) for row in range(model.rowCount()) for column in range(model.columnCount())]
        rows += [model.index(row, 0, top) for top in rows for row in range(model.rowCount(top))]
        texts |= {str(index.data(Qt.ItemDataRole.ToolTipRole) or "") for index in rows}
    return {text for text in texts if TAG in text and Guesses.mightBeRichText(text)}


def test_names_and_texts_are_shown_as_they_are(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.replace(project.loads(called_by_tags()))
    for pane in window.panes.values():
        pane.bring_up()
    qtbot.waitUntil(lambda: bool(session.diagnostics))
    for selection in [(name,) for name in session.graph.nodes] + [()]:
        session.select(selection)
        qtbot.waitUntil(lambda: not window.inspector_panel._soon.isActive())
        assert taken_for_html(window) == set()


@pytest.mark.parametrize("text", ["![picture]({})", "<img src='{}'>", "![picture](file://{})"])
def test_a_note_reads_no_file(text: str, qapp: QApplication, tmp_path: Path) -> None:
    picture = QImage(60, 60, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    picture.save(str(tmp_path / "picture.png"))
    item = NoteItem(
        Key("note", "n"), Note(text.format(tmp_path / "picture.png"), (0.0, 0.0), (200.0, 200.0)), Surface()
    )
    seen = QImage(200, 200, QImage.Format.Format_RGB32)
    painter = QPainter(seen)
    item.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    assert all(seen.pixelColor(x, y) != picture.pixelColor(0, 0) for x in range(200) for y in range(200))


def test_captions_are_shown_as_they_are() -> None:
    assert caption("R&D\n2") == "R&&D 2"
    assert caption("&" * 200) == "&&" * 40 + "…" + "&&" * 40


def test_menus_and_titles_show_the_name_of_a_file_as_it_is(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "R&D\n[*].blocks"
    project.save(window.session.document, file)
    assert window.files.open_path(file)
    menu = QMenu()
    _fill_recent(window, menu)
    assert menu.actions()[0].text() == "&1  R&&D [*].blocks"
    assert window.windowTitle() == "R&D\n[*][*].blocks[*] – BlockStudio"
