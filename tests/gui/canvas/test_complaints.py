"""What users of other node editors complain of, each with the number of the complaint, provably not so here."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.errors import EditError
from blockstudio.formats.project import load, save
from blockstudio.graph.document import Location
from blockstudio.graph.edits import RemoveNode, SetNote
from blockstudio.graph.model import Endpoint, Note
from blockstudio.gui.canvas import layout

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
BLOCK = Location("Block")


def grouped(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)


def test_undo_outside_keeps_what_was_done_inside(net: Desk) -> None:
    """ComfyUI #10762, #9610; ComfyUI_frontend #1477, #7040: undo reverted or lost nested work."""
    start = net.bytes()
    grouped(net)
    net.key(Qt.Key.Key_PageDown)
    net.select("relu")
    net.key(Qt.Key.Key_Tab)
    net.search("dropout")
    inside = net.bytes()
    net.key(Qt.Key.Key_PageUp)
    place = net.node("linear_2")
    net.drag(place, place + QPoint(0, 80))
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.bytes() == inside
    assert "dropout" in net.session.document.graph(BLOCK).nodes
    assert net.session.location == ROOT
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.session.location == BLOCK, "undo never works out of sight"
    assert "dropout" not in net.session.document.graph(BLOCK).nodes
    net.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert net.bytes() == inside
    assert net.undo_all() == start


def test_undo_to_and_fro_after_everything_was_deleted(net: Desk) -> None:
    """NodeGraphQt #223, #202: undo crashed on nodes and wires that were gone."""
    start = net.bytes()
    grouped(net)
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_Delete)
    for _ in range(3):
        assert net.undo_all() == start
        net.session.undo_stack.setIndex(net.session.undo_stack.count())
        net.check()


def test_a_command_that_does_nothing_leaves_no_step_open(net: Desk) -> None:
    """NodeGraphQt `auto_layout_nodes`: an early return left the undo macro open."""
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_Delete)
    empty = net.bytes()
    net.key(Qt.Key.Key_L, CTRL)
    with pytest.raises(EditError), net.session.macro("Nothing comes of it"):
        net.session.push(SetNote(ROOT, "n", Note("gone again")), "")
        net.session.push(RemoveNode(ROOT, "nobody"), "")
    assert net.bytes() == empty and net.steps() == 1
    net.canvas.drop_entry("node:input", QPointF(0.0, 0.0))
    assert net.steps() == 2
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.bytes() == empty


def test_a_group_is_taken_apart_again(net: Desk) -> None:
    """ComfyUI_frontend #4166: there was no way to take a group apart."""
    wires = dict(net.graph.edges)
    grouped(net)
    net.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert net.graph.edges == wires
    assert set(net.graph.nodes) == {"linear", "relu", "linear_2"}


def test_nested_contents_are_saved(net: Desk, tmp_path: Path) -> None:
    """NodeGraphQt #363: the contents of nested groups were not saved."""
    grouped(net)
    net.select("block", "linear_2")
    net.key(Qt.Key.Key_G, CTRL)
    save(net.session.document, tmp_path / "net.blocks")
    assert load(tmp_path / "net.blocks") == net.session.document


def test_no_wire_is_lost_when_nodes_become_a_block(net: Desk) -> None:
    """NodeGraphQt #453: wires were lost when a group was collapsed."""
    grouped(net)
    assert net.graph.edges == {
        Endpoint("block", "x"): Endpoint("", "x"),
        Endpoint("linear_2", "input"): Endpoint("block", "relu"),
        Endpoint("", "y"): Endpoint("linear_2", "output"),
    }
    net.key(Qt.Key.Key_E)
    net.key(Qt.Key.Key_E)
    assert len(net.graph.edges) == 3


def test_five_thousand_nodes_are_laid_out() -> None:
    """Netron #68: a graph of 5,000 nodes was never drawn."""
    names = [str(i) for i in range(5000)]
    boxes = dict.fromkeys(names, layout.Box(120.0, 40.0))
    wires = [layout.Wire(a, 20.0, b, 20.0) for a, b in pairwise(names)]
    places = layout.arrange(boxes, wires)
    assert len(set(places.values())) == 5000
