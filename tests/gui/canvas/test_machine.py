"""Hundreds of gestures in any order, at any depth: the scene equals the document after each of them.

At the end, undoing everything gives the document of the beginning byte for byte, redoing everything that of the
end; what was saved reads back equal; and nothing that was made on the way is left over.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from PySide6.QtCore import SIGNAL, QCoreApplication, QEvent, QObject, QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.formats.project import dumps, loads
from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, SetNode
from blockstudio.graph.grouping import group
from blockstudio.graph.model import Function, Graph, Instance, Port, Sequential
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.session import Session
from blockstudio.gui.settings import Settings

from .agreement import LAYERS
from .conftest import Desk, chain
from .hands import COMMANDS, GESTURES, Hands

MOST_NODES = 60
MADE_ONCE = 3
"""Objects of a kind that are made when first needed, and stay."""
BUTTONS = 12
"""Those of the bar at the selection are more."""
SIGNALS = ("document_changed(PyObject)", "location_changed()", "selection_changed()", "diagnostics_changed(PyObject)")


def nested() -> Document:
    """Blocks in a block, twice the same one, and every kind of node that has an inside; some of them expanded."""
    document = chain()
    root = Location("Net")
    document.apply(group(document, root, ["relu", "linear_2"], "Outer")[0])
    outer = Location("Outer")
    document.apply(group(document, outer, ["relu"], "Inner")[0])
    document.apply(AddNode(root, Instance(name="again", definition="Inner", position=(420.0, 260.0))))
    body = Graph([Port("input")], [Port("output")])
    body.nodes["act"] = Function(name="act", type="torch.nn.functional.relu")
    document.apply(AddNode(root, Sequential(name="layers", body=body, position=(120.0, 240.0))))
    kinds: tuple[Literal["while", "if", "repeat"], ...] = ("while", "if", "repeat")
    for number, kind in enumerate(kinds):
        place = root if number else outer
        document.apply(AddNode(place, new_control_flow(kind, f"{kind}_1", position=(280.0 * number, 380.0))))
    for place, name in ((root, "outer"), (outer, "inner"), (root, "again"), (root, "repeat_1"), (root, "layers")):
        document.apply(SetNode(place, evolve(document.node(place, name), expanded=True)))
    return loads(dumps(document))


class Machine(RuleBasedStateMachine):
    """A rule for each gesture and each command; `folder` is where settings go."""

    folder = Path()

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(settings=Settings(file=self.folder / "settings.ini"))
        self.desk = Desk(self.session)
        self.desk.show()
        self.desk.canvas.setFocus()
        self.start = self.desk.show_document(nested())
        self.desk.canvas.set_view(QPointF(400, 150), 1.0)
        self.counted = self.count()

    def teardown(self) -> None:
        desk, session = self.desk, self.session
        desk.canvas.end_gesture()
        desk.check()
        end = desk.bytes()
        assert dumps(loads(end)) == end
        assert loads(end) == session.document
        assert desk.undo_all() == self.start
        assert loads(self.start) == session.document
        desk.canvas.stop_animation()
        session.undo_stack.clear()
        left, lazy = self.count()
        before, lazy_before = self.counted
        assert left == before
        lazy_before["QToolButton"] += BUTTONS
        assert {name: count for name, count in lazy.items() if count > lazy_before[name] + MADE_ONCE} == {}
        session.close()
        desk.hide()
        desk.deleteLater()
        session.deleteLater()
        _clear_away()

    def count(self) -> tuple[Counter[str], Counter[str]]:
        """What there is of all that could be left over; and the objects below canvas and session."""
        _clear_away()
        scenes = list(self.desk.scene.family)
        counted = Counter({f"listeners of {s}": self.session.receivers(SIGNAL(s)) for s in SIGNALS})
        counted["graphics items"] = sum(len(scene.items()) - len(scene.notes) - LAYERS for scene in scenes)
        # Beside those the scenes show.
        kinds: dict[type, Callable[[CanvasScene], object]] = {
            NodeItem: lambda scene: scene.nodes.values(),
            PillItem: lambda scene: scene.pills.values(),
            EdgeItem: lambda scene: scene.edges.values(),
            NoteItem: lambda scene: scene.notes.values(),
            CanvasScene: lambda scene: [scene],
        }
        alive = Counter(kind for thing in gc.get_objects() if (kind := type(thing)) in kinds)
        for kind, shown in kinds.items():
            counted[kind.__name__] = alive[kind] - sum(len(list(shown(scene))) for scene in scenes)  # type: ignore[call-overload]
        parents = self.desk.canvas, self.session
        lazy = Counter(type(child).__name__ for parent in parents for child in parent.findChildren(QObject))
        return counted, lazy

    @initialize(data=st.data())
    def go_in(self, data: st.DataObject) -> None:
        """Begin at any depth."""
        for _ in range(data.draw(st.integers(0, 3))):
            GESTURES["slot"](Hands(self.desk, data.draw))
            self.desk.check()
        self.desk.canvas.fit_all()

    def do(self, gesture: Callable[[Hands], None], data: st.DataObject) -> None:
        gesture(Hands(self.desk, data.draw))
        QApplication.processEvents()
        self.desk.check()
        if sum(len(graph.nodes) for _, graph in self.session.document.graphs()) > MOST_NODES:
            self.session.undo_stack.setIndex(0)
            self.desk.check()


def _clear_away() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[arg-type]
    gc.collect()


def _gesture(gesture: Callable[[Hands], None]) -> Callable[..., None]:
    def step(machine: Machine, data: st.DataObject) -> None:
        machine.do(gesture, data)

    return step


def _command(id: str) -> Callable[[Hands], None]:
    return lambda hands: hands.act(id)


STEPS = GESTURES | {f"action_{id}": _command(id) for id in COMMANDS}


def machine(folder: Path) -> type[Machine]:
    rules: dict[str, Any] = {}
    for name, gesture in STEPS.items():
        step = _gesture(gesture)
        step.__name__ = name
        rules[name] = rule(data=st.data())(step)
    return type("Gestures", (Machine,), {"folder": folder, **rules})


@pytest.fixture
def nothing_from_before() -> Iterator[None]:
    """What other tests left is not counted: to look through it over and over took most of the time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("nothing_from_before")
@pytest.mark.parametrize(("examples", "steps"), [(20, 25), (4, 120)], ids=["many short", "few long"])
def test_any_gestures_in_any_order(qtbot: QtBot, tmp_path: Path, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine(tmp_path),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=[Phase.generate],  # what fails is told as it was found: making it shorter takes minutes
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )


def test_every_gesture_is_in_the_table() -> None:
    assert {"add_node", "group", "ungroup", "enter", "leave", "rename", "copy", "cut", "paste", "undo", "redo"} <= {
        *COMMANDS
    }
    assert {"duplicate", "duplicate_instance", "duplicate_shared", "delete", "tidy"} <= {*COMMANDS}
