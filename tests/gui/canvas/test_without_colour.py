"""With all colours that say something made one grey, every state is still seen: by shape, sign or word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from attrs import evolve
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage

from blockstudio.engine.protocol import Problem
from blockstudio.graph.edits import Connect, SetNode
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import PortKey, node_key
from blockstudio.gui.canvas.painting.surface import Detail

from .conftest import ROOT, Desk

GREY = QColor("#777777")
SIGNALS = ("border", "muted", "accent", "halo", "error", "warning", "wire", "label")


@pytest.fixture
def grey(net: Desk) -> Iterator[Desk]:
    surface = net.scene.surface
    before = surface.colors
    hues = dict.fromkeys(before.hues, GREY)
    surface.colors = evolve(before, **dict.fromkeys(SIGNALS, GREY), hues=hues)
    surface.pens.clear()
    yield net
    surface.colors = before


def problem(desk: Desk, severity: str) -> None:
    desk.session.set_diagnostics([Problem("shape-mismatch", severity, "Net/relu", "It does not fit.", {})])  # type: ignore[arg-type]


def bypass(desk: Desk) -> None:
    desk.session.push(SetNode(ROOT, evolve(desk.graph.nodes["relu"], bypassed=True)), "")


def unplug(desk: Desk) -> None:
    desk.session.push(Connect(ROOT, Endpoint("relu", "input"), None), "")


def unknown_port(desk: Desk) -> None:
    desk.session.push(Connect(ROOT, Endpoint("relu", "other"), Endpoint("linear", "output")), "")


STATES: dict[str, Callable[[Desk], object]] = {
    "plain": lambda desk: None,
    "error": lambda desk: problem(desk, "error"),
    "warning": lambda desk: problem(desk, "warning"),
    "info": lambda desk: problem(desk, "info"),
    "selected": lambda desk: desk.canvas.select_keys([node_key("relu")]),
    "on a port": lambda desk: desk.canvas.focus.go(PortKey("relu", "input", False)),
    "bypassed": bypass,
    "not wired": unplug,
    "no such port": unknown_port,
}


def picture(desk: Desk, scale: float) -> QImage:
    desk.canvas.set_view(QPointF(400, 110), scale)
    return desk.canvas.viewport().grab().toImage()


def test_states_of_a_node_differ(grey: Desk) -> None:
    start = grey.session.undo_stack.index()
    seen: dict[str, QImage] = {}
    for name, change in STATES.items():
        change(grey)
        seen[name] = picture(grey, 1.0)
        grey.session.undo_stack.setIndex(start)
        grey.session.set_diagnostics([])
        grey.canvas.select_keys([])
        grey.canvas.focus.show_ring(False)
    alike = [(a, b) for a, b in combinations(seen, 2) if seen[a] == seen[b]]
    assert not alike


def test_ways_of_reuse_differ(grey: Desk) -> None:
    grey.select("linear")
    grey.canvas.duplicate("copy")
    (copy,) = grey.selected()
    at = grey.graph.nodes[copy].position
    copied = picture(grey, 1.0)
    grey.session.undo_stack.undo()
    grey.select("linear")
    grey.canvas.duplicate("shared")
    (call,) = grey.selected()
    assert grey.graph.nodes[call].position == at
    assert picture(grey, 1.0) != copied


@pytest.mark.parametrize("scale", [0.3, 0.1])
def test_an_error_is_seen_from_afar(grey: Desk, scale: float) -> None:
    plain = picture(grey, scale)
    assert grey.scene.surface.detail < Detail.FULL
    problem(grey, "error")
    wrong = picture(grey, scale)
    grey.session.set_diagnostics([])
    grey.select("relu")
    assert plain != wrong != picture(grey, scale)


def test_an_error_is_seen_on_the_map(grey: Desk) -> None:
    minimap = grey.canvas.minimap
    minimap._renew()
    plain = minimap._paint_graph(1.0).toImage()
    problem(grey, "error")
    assert minimap._paint_graph(1.0).toImage() != plain
