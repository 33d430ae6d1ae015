"""Every gesture of the canvas without a mouse, in a whole window: a table of what to press, and what comes of it.

Keys are words apart by spaces, "Ctrl+Right" or "."; 'text' in quotes is typed into what has the keyboard.
"""

# ruff: noqa: E501 (a table reads best with one route a line)

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from attrs import field, frozen
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QCursor, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from blockstudio.formats.project import dumps
from blockstudio.graph.edits import MoveNodes
from blockstudio.graph.model import Call, Endpoint, Graph, Instance
from blockstudio.gui.canvas.commands.keyboard import CANVAS_KEYS, command
from blockstudio.gui.canvas.commands.walking import Spot
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.facts.places import snapped
from blockstudio.gui.canvas.scene.tidying import FRAME_MARGIN
from blockstudio.gui.main_window import MainWindow

from .canvas.agreement import check_agreement
from .conftest import NET, compose

HIDDEN, ACT, OUT = node_key("hidden"), node_key("act"), node_key("out")
WIRE = Key("edge", "act", "input")
FEED = Endpoint("act", "input")


def press(window: MainWindow, keys: str) -> None:
    """Keys as they come from the keyboard: to a menu that is open, or to the window."""
    for word in re.findall(r"'[^']*'|\S+", keys):
        if word.startswith("'"):
            target = QApplication.focusWidget()
            assert target is not None
            QTest.keyClicks(target, word[1:-1])
            continue
        menu = QApplication.activePopupWidget()
        if word == "Menu":  # which the platform makes this event of
            event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
            QApplication.sendEvent(window.canvas, event)
            continue
        combination = QKeySequence(word)[0]
        target = menu or window.windowHandle()
        assert target is not None
        QTest.keyClick(target, combination.key(), combination.keyboardModifiers())  # type: ignore[call-overload]


@frozen
class Route:
    """A gesture, where the keyboard is before it, what is pressed, and whether that did it."""

    gesture: str
    start: tuple[Spot, ...]
    keys: str
    done: Callable[[MainWindow], object]
    undone: bool = field(default=True, kw_only=True)
    """It changes the document, in steps that undo takes back."""


def graph(window: MainWindow) -> Graph:
    return window.session.graph


def selected(window: MainWindow) -> set[str]:
    return {key.name for key in window.canvas.canvas_scene.selection}


def has(name: str) -> Callable[[MainWindow], bool]:
    return lambda window: name in graph(window).nodes


def wired(target: Endpoint, source: Endpoint) -> Callable[[MainWindow], bool]:
    return lambda window: graph(window).edges.get(target) == source


def at(window: MainWindow, name: str) -> tuple[float, float]:
    return graph(window).nodes[name].position


def of(kind: type, name: str) -> Callable[[MainWindow], bool]:
    return lambda window: isinstance(graph(window).nodes.get(name), kind)


def larger_frame(window: MainWindow) -> tuple[float, float]:
    """A frame round `hidden`, and a step larger both ways."""
    body, (left, top, right, bottom) = window.canvas.canvas_scene.extent([HIDDEN]), FRAME_MARGIN
    return snapped(left + body.width() + right + 10.0, top + body.height() + bottom + 10.0)


LOOKS = {"undone": False}
ROUTES = (
    # --- adding and wiring
    Route("search to add", (), "Tab 'tanh' Return", has("tanh")),
    Route("by synonyms, docs and letters", (), "Tab 'dense' Return", lambda w: len(graph(w).nodes) == 4),
    Route("drag from the palette", (), "Ctrl+2 F6 'tanh' Down Return", has("tanh")),
    Route("a wire into empty space offers what fits", (PortKey("act", "output", True),), "Tab 'sigmoid' Return",
          wired(Endpoint("sigmoid", "input"), Endpoint("act", "output"))),
    Route("draw a wire to a port", (PortKey("hidden", "output", True),), "Return 'out' Return",
          wired(Endpoint("out", "input"), Endpoint("hidden", "output"))),
    Route("draw a wire across the border of a block", (HIDDEN,), "Ctrl+G E PgDown S 'hidden' Return C 'out' Return",
          lambda w: w.session.document.graph(NET).edges[Endpoint("out", "input")].node == "block"),
    Route("draw a wire from an input", (PortKey("out", "input", False),), "C 'hidden' Return",
          wired(Endpoint("out", "input"), Endpoint("hidden", "output"))),
    Route("pull a wire off and put it elsewhere", (WIRE,), "Return 'out' Return",
          lambda w: FEED not in graph(w).edges and graph(w).edges[Endpoint("out", "input")].node == "hidden"),
    Route("take all wires of an output to another", (PortKey("hidden", "output", True),), "Shift+W 'x' Return", wired(FEED, Endpoint("", "x"))),
    Route("take the start of a wire to another output", (WIRE,), "Shift+W 'x' Return", wired(FEED, Endpoint("", "x"))),
    Route("swap inputs", (ACT,), "Tab 'a + b' Return Shift+X", lambda w: graph(w).edges.get(Endpoint("add", "other")) == Endpoint("act", "output")),
    Route("take a node out of its wires", (ACT,), "Ctrl+Shift+X",
          lambda w: wired(Endpoint("out", "input"), Endpoint("hidden", "output"))(w) and FEED not in graph(w).edges),
    Route("drop a node on a wire", (WIRE,), "Tab 'tanh' Return", wired(FEED, Endpoint("tanh", "output"))),
    Route("drop a loose node on a wire", (WIRE,), "Escape Escape Escape Tab 'tanh' Return S 'wire hidden' Return W", wired(FEED, Endpoint("tanh", "output"))),
    Route("a new node connects to the selection", (ACT,), "Tab 'tanh' Return",
          wired(Endpoint("tanh", "input"), Endpoint("act", "output"))),
    Route("wire what is selected", (HIDDEN, OUT), "W", wired(Endpoint("out", "input"), Endpoint("hidden", "output"))),
    Route("replace a node", (ACT,), "Ctrl+R 'gelu' Return", lambda w: any("gelu" in getattr(n, "type", "").lower() for n in graph(w).nodes.values()) and len(graph(w).edges) == 4),
    Route("cut a wire", (WIRE,), "Delete", lambda w: FEED not in graph(w).edges),
    Route("take the wires off a port", (PortKey("act", "input", False),), "Delete", lambda w: FEED not in graph(w).edges),
    Route("take all wires off", (ACT,), "Ctrl+U", lambda w: len(graph(w).edges) == 2),
    Route("reroute points", (WIRE,), "B", lambda w: len(graph(w).routes[FEED]) == 1),
    Route("move a point", (WIRE,), "B Alt+Down Alt+Right", lambda w: graph(w).routes[FEED]),
    Route("bypass", (ACT,), "M", lambda w: graph(w).nodes["act"].bypassed),
    Route("dissolve", (ACT,), "Ctrl+Delete", wired(Endpoint("out", "input"), Endpoint("hidden", "output"))),
    Route("frames", (HIDDEN, ACT), "Ctrl+J 'Stage' Return", lambda w: graph(w).notes["frame_1"].text == "Stage"),
    Route("resize a frame", (HIDDEN,), "Ctrl+J Return Alt+Shift+Right Alt+Shift+Down",
          lambda w: graph(w).notes["frame_1"].size == larger_frame(w)),
    Route("notes with Markdown", (), "Ctrl+Alt+N '**so**' Ctrl+Return",
          lambda w: [note.text for note in graph(w).notes.values()] == ["**so**"]),
    Route("colours", (ACT,), "Ctrl+Alt+C Down Return", lambda w: graph(w).nodes["act"].color),
    # --- blocks
    Route("group", (HIDDEN, ACT), "Ctrl+G", of(Instance, "block")),
    Route("take apart", (HIDDEN, ACT), "Ctrl+G Ctrl+Shift+G", has("act")),
    Route("move into a block", (HIDDEN, ACT), "Ctrl+G S 'out' Return Ctrl+PgDown", lambda w: list(graph(w).nodes) == ["block"]),
    Route("move out of a block", (HIDDEN, ACT), "Ctrl+G PgDown Escape S 'act' Return Ctrl+PgUp",
          lambda w: {"block", "act", "out"} == set(graph(w).nodes) and selected(w) == {"act"}),
    Route("the button of a message", (HIDDEN,), "Ctrl+G Alt+D S 'act' Return Ctrl+PgDown F6 Space Right",
          lambda w: not has("act")(w) and len(w.session.document.definitions) == 3),
    Route("into a Sequential", (), "Tab 'sequential' Return S 'hidden' Return Ctrl+PgDown",
          lambda w: len(graph(w).nodes["sequential"].body.nodes) == 1),
    Route("out of a Sequential", (), "Tab 'sequential' Return S 'hidden' Return Ctrl+PgDown PgDown Ctrl+A Ctrl+PgUp",
          lambda w: len(graph(w).nodes) == 4 and w.session.location == NET),
    Route("work in a Sequential in its place", (), "Tab 'sequential' Return E PgDown Tab 'ReLU' Return Tab 'tanh' Return Alt+Left",
          lambda w: w.canvas.in_place and list(graph(w).nodes) == ["tanh", "relu"]),
    Route("order in a Sequential", (), "Tab 'sequential' Return PgDown Tab 'ReLU' Return Tab 'tanh' Return Alt+Left",
          lambda w: [node.type for node in graph(w).nodes.values()] == ["torch.nn.Tanh", "torch.nn.ReLU"]),
    Route("expose an option", (HIDDEN,), "H Return", lambda w: w.session.definition.hyper_parameters),
    Route("rename a port inside", (Key("input", "x"),), "F2 Ctrl+A 'image' Return", lambda w: graph(w).inputs[0].name == "image"),
    Route("rename a port of a block", (HIDDEN, ACT), "Ctrl+G . F2 Ctrl+A 'image' Return",
          lambda w: Endpoint("block", "image") in graph(w).edges),
    Route("order ports", (HIDDEN,), "Ctrl+G PgDown Escape Tab 'input' Return Ctrl+Alt+Up",
          lambda w: [port.name for port in graph(w).inputs][1] == "x"),
    Route("move out of a branch", (HIDDEN,), "Ctrl+Alt+I PgDown Escape S 'hidden' Return Ctrl+PgUp",
          lambda w: has("hidden")(w) and w.session.location == NET),
    Route("move into a branch", (HIDDEN,), "Ctrl+Alt+I PgDown Escape S 'hidden' Return Ctrl+PgUp S 'choice' Return "
          "Ctrl+PgDown Down Return", lambda w: "hidden" in graph(w).nodes["choice"].then.nodes),
    Route("repeat", (ACT,), "Ctrl+Alt+R", has("rounds")),
    Route("only if", (ACT,), "Ctrl+Alt+I", has("choice")),
    Route("enter and leave", (HIDDEN,), "Ctrl+G Return PgUp", lambda w: w.session.location == NET),
    Route("expand in place", (HIDDEN,), "Ctrl+G E", lambda w: graph(w).nodes["block"].expanded),
    Route("rename", (ACT,), "F2 Ctrl+A 'squash' Return", has("squash")),
    # --- copies
    Route("duplicate", (HIDDEN,), "Ctrl+D", has("hidden_2")),
    Route("duplicate as an instance", (HIDDEN,), "Ctrl+G Alt+D", of(Instance, "block_2")),
    Route("duplicate as shared", (HIDDEN,), "Ctrl+Shift+D", lambda w: any(isinstance(n, Call) for n in graph(w).nodes.values())),
    Route("copy and paste across blocks", (HIDDEN,), "Ctrl+G Ctrl+C PgDown Ctrl+A Ctrl+C PgUp Ctrl+V",
          lambda w: len(graph(w).nodes) == 4),
    Route("cut", (ACT,), "Ctrl+X Ctrl+V", has("act")),
    # --- selecting
    Route("select by rectangle or lasso", (), "S 'hidden' Return S 'out' Return", lambda w: selected(w) == {"hidden", "out"}, **LOOKS),
    Route("one node after the other", (HIDDEN,), "Shift+Right Shift+Right", lambda w: selected(w) == {"hidden", "act", "out"}, **LOOKS),
    Route("select by type", (HIDDEN,), "Shift+G", lambda w: selected(w) == {"hidden", "out"}, **LOOKS),
    Route("select upstream", (ACT,), "Shift+U", lambda w: selected(w) == {"x", "hidden", "act"}, **LOOKS),
    Route("select downstream", (ACT,), "Shift+D", lambda w: selected(w) == {"act", "out", "y"}, **LOOKS),
    Route("everything, and the others", (ACT,), "Ctrl+Shift+A", lambda w: selected(w) == {"x", "hidden", "out", "y"}, **LOOKS),
    Route("along the wires", (HIDDEN,), "Right Right", lambda w: selected(w) == {"out"}, **LOOKS),
    Route("to ports and wires", (HIDDEN,), ". . Right", lambda w: w.session.selected_wires == (FEED,), **LOOKS),
    Route("to what hangs on no wire", (HIDDEN,), "Ctrl+Left", lambda w: selected(w) == {"x"}, **LOOKS),
    Route("break off", (ACT,), "Escape", lambda w: not selected(w), **LOOKS),
    # --- arranging
    Route("move nodes", (ACT,), "Alt+Down Alt+Right", lambda w: at(w, "act") == (410.0, 110.0)),
    Route("move nodes far", (ACT,), "Alt+Shift+Down", lambda w: at(w, "act") == (400.0, 150.0)),
    Route("align", (HIDDEN, ACT, OUT), "Ctrl+Shift+Left", lambda w: at(w, "out")[0] == at(w, "hidden")[0]),
    Route("distribute", (HIDDEN, ACT, OUT), "Alt+Right Shift+H", lambda w: at(w, "hidden")[0] < at(w, "act")[0]),
    Route("tidy", (), "L", lambda w: len({at(w, name)[1] for name in graph(w).nodes}) == 1),
    # --- finding and looking
    Route("find", (), "Ctrl+F 'out' Return", lambda w: selected(w) == {"out"}, **LOOKS),
    Route("any action by its name", (ACT,), "Ctrl+Shift+P 'bypass' Return", lambda w: graph(w).nodes["act"].bypassed),
    Route("bookmarks", (), "Ctrl+B Ctrl+Shift+B Return", lambda w: w.session.location == NET),
    Route("peek", (HIDDEN,), "P", lambda w: QToolTip.isVisible() and "Linear" in QToolTip.text(), **LOOKS),
    Route("split view", (), "Ctrl+\\", lambda w: len(w.split.canvases()) == 2, **LOOKS),
    Route("from canvas to canvas", (), "Ctrl+\\ F6", lambda w: w.split.canvases()[1].hasFocus(), **LOOKS),
    Route("zoom", (), "Ctrl+1 Ctrl++", lambda w: w.canvas.zoom == pytest.approx(1.25), **LOOKS),
    Route("zoom to the selection", (ACT,), "Ctrl+1 Shift+F", lambda w: w.canvas.zoom == pytest.approx(1.25), **LOOKS),
    Route("pan", (), "Shift+End Shift+End Shift+End", lambda w: not w.canvas.visible_rect().intersects(w.canvas.canvas_scene.extent([ACT])), **LOOKS),
    Route("zoom to fit", (), "Shift+End Shift+End F", lambda w: w.canvas.visible_rect().contains(w.canvas.canvas_scene.extent()), **LOOKS),
    Route("menu of what the keyboard is on", (WIRE,), "Menu Up Return", lambda w: FEED not in graph(w).edges),
)  # fmt: skip


@pytest.fixture
def net(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """x -> hidden -> act -> out -> y, each in its place, with the keyboard on the canvas."""
    compose(window.session)
    window.session.push(MoveNodes(NET, {"hidden": (120.0, 100.0), "act": (400.0, 100.0), "out": (600.0, 100.0)}), "")
    window.canvas.animated = False
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    window.canvas.setFocus()
    window.canvas.fit_all()
    return window


@pytest.mark.parametrize("route", ROUTES, ids=[route.gesture for route in ROUTES])
def test_by_keyboard(net: MainWindow, route: Route) -> None:
    before, steps = dumps(net.session.document), net.session.undo_stack.index()
    if len(route.start) == 1:
        net.canvas.focus.go(route.start[0])
    elif route.start:
        net.canvas.select_keys([spot for spot in route.start if isinstance(spot, Key)])
    press(net, route.keys)
    assert route.done(net), [bar.message.text for bar in net.messages.bars()]
    check_agreement(net.canvas.canvas_scene, net.session)
    assert route.undone == (net.session.undo_stack.index() != steps)
    net.session.undo_stack.setIndex(steps)
    assert dumps(net.session.document) == before


@pytest.mark.parametrize("place", [(300, 300), (500, 500), (700, 400)])
def test_a_pointer_left_lying_does_not_say_where(net: MainWindow, place: tuple[int, int]) -> None:
    route = next(route for route in ROUTES if route.gesture == "work in a Sequential in its place")
    QCursor.setPos(*place)
    press(net, route.keys)
    assert route.done(net)


def test_a_pointer_that_came_later_says_where(net: MainWindow) -> None:
    press(net, "Tab 'sequential' Return E PgDown")
    assert net.canvas.in_place
    ground = net.canvas.viewport().rect().bottomLeft() + QPoint(40, -40)
    assert net.canvas.spot(net.canvas.mapToScene(ground)).trail != net.canvas.place.trail
    QCursor.setPos(net.canvas.viewport().mapToGlobal(ground))
    press(net, "Tab 'ReLU' Return")
    assert not net.canvas.in_place and "relu" in graph(net).nodes


def test_what_is_found_by_no_key_is_found_by_the_menu_bar(net: MainWindow) -> None:
    net.canvas.focus.go(ACT)
    press(net, "Alt+B")
    menu = QApplication.activePopupWidget()
    assert menu is net.menus["block"]
    press(net, "Escape")
    assert QApplication.activePopupWidget() is None


def test_the_keys_that_are_promised_work_from_the_start(window: MainWindow) -> None:
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    assert window.canvas.hasFocus()
    press(window, "Tab 'linear' Return Tab 'relu' Return C 'y' Return")
    assert [edge.node for edge in graph(window).edges.values()] == ["", "linear", "relu"]


def test_the_help_page_lists_the_keys_that_there_are(net: MainWindow) -> None:
    arrows = ("Left", "Right", "Up", "Down")
    written = {
        "Arrows": arrows,
        "Shift+Arrows": [f"Shift+{arrow}" for arrow in arrows],
        "Alt+Arrows": [f"Alt+{arrow}" for arrow in arrows],
        "Alt+Shift+Arrows": [f"Alt+Shift+{arrow}" for arrow in arrows],
        "Page Down": ["PgDown"],
        "Page Up": ["PgUp"],
        "Shift+Page Up, Page Down, Home, End": [f"Shift+{key}" for key in ("PgUp", "PgDown", "Home", "End")],
    }
    for keys, _ in CANVAS_KEYS:
        if keys in ("Space", "Esc", "Menu"):  # held, and what the platform makes events of
            continue
        for combination in (QKeySequence(key)[0] for key in written.get(keys, [keys])):
            assert command(net.canvas, combination.key(), combination.keyboardModifiers()) is not None, keys
