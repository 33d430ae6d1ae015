"""The canvas with a large graph: opening, painting, moving about, changing; and NodeGraphQt, where it is installed."""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, RemoveNode
from blockstudio.graph.model import Definition, Endpoint, Example, Function, Graph, Layer, Node, Options, Port
from blockstudio.gui.canvas.scene.hits import hit
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.canvas.view import Canvas
from blockstudio.gui.session import Session
from tests.benchmarks.rows import Row, worked
from tests.helpers.tidying import tidied

NODES, WIRES = 10_000, 15_000
FEWER = 3_000, 4_499
"""Nodes and wires for what is measured at 3,000."""
LONG = 0.02
"""Share of wires that come from anywhere before."""
SELECTED = 500
ROUNDS = 9
SIZE = 1600, 1000
ROOT = Location("Net")
TITLES = 0.27
OTHER = Path(__file__).with_name("nodegraphqt.py")
OTHER_PYTHON = os.environ.get("NODEGRAPHQT_PYTHON", sys.executable)
"""A Python that NodeGraphQt is installed for; it is no dependency."""


def large(nodes: int, wires: int) -> Document:
    """Layers and functions as models have them, in columns, most wired to near ones of the column before."""
    draw = random.Random(nodes)
    rows = round(nodes**0.5)
    twice = set(draw.sample(range(rows, nodes), wires - nodes + rows))
    made: list[Node] = []
    edges: dict[Endpoint, Endpoint] = {}
    for i in range(nodes):
        place = (300.0 * (i // rows), 90.0 * (i % rows))
        made.append(_node(draw, i, 2 if i in twice else 1, place))
        if i >= rows:
            for port in ("input", "other")[: 2 if i in twice else 1]:
                edges[Endpoint(made[-1].name, port)] = Endpoint(made[_before(draw, i, rows)].name, "output")
    ports = [Port("x", (-200.0, 0.0), Example((2, 20)))], [Port("y", (300.0 * rows, 0.0))]
    return Document("Net", {"Net": Definition("Net", Graph(*ports, {node.name: node for node in made}, edges))})


def _before(draw: random.Random, number: int, rows: int) -> int:
    column, row = divmod(number, rows)
    if draw.random() < LONG:
        return draw.randrange(column * rows)
    return (column - 1) * rows + min(rows - 1, max(0, row + draw.randint(-3, 3)))


def _node(draw: random.Random, number: int, inputs: int, place: tuple[float, float]) -> Node:
    if inputs == 2:
        return Function(name=f"add_{number}", type="operator.add", position=place)
    width = 2 ** draw.randrange(4, 10)
    layers: list[tuple[str, Options]] = [
        ("Linear", {"in_features": width, "out_features": 2 * width}),
        ("Conv2d", {"in_channels": width, "out_channels": width, "kernel_size": 3, "padding": 1}),
        ("BatchNorm2d", {"num_features": width}),
        ("Dropout", {"p": 0.1}),
    ]
    kind = draw.randrange(len(layers) + 1)
    if kind == len(layers):
        return Function(name=f"relu_{number}", type="torch.nn.functional.relu", position=place)
    name, options = layers[kind]
    return Layer(name=f"{name.lower()}_{number}", type=f"torch.nn.{name}", options=options, position=place)


class Painted(QObject):
    """Waits until a widget has painted itself."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._seen = False
        canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self._seen = self._seen or event.type() == QEvent.Type.Paint
        return False

    def wait(self) -> None:
        self._seen = False
        while not self._seen:
            QApplication.processEvents()


class Bench:
    """A window with a canvas, as large as a window is."""

    def __init__(self) -> None:
        self.session = Session()
        self.canvas = Canvas(self.session)
        self.canvas.animated = False
        self.canvas.resize(*SIZE)
        self.canvas.show()
        self.painted = Painted(self.canvas)
        QApplication.processEvents()

    @property
    def scene(self) -> CanvasScene:
        """What is shown: each graph has a scene of its own."""
        return self.canvas.canvas_scene

    def open(self, document: Document) -> float:
        """Seconds until a document is drawn, all of it in view."""

        def work() -> None:
            self.session.replace(document)
            self.canvas.fit_all()
            self.painted.wait()

        return worked(work)

    def settle(self) -> None:
        """Let what follows a change in the background come to its end."""
        while not self.session.liveness.settled:
            QTest.qWait(20)
        gc.collect()

    def drawn(self, *steps: Callable[[], object]) -> float:
        """Milliseconds that each of these takes until it is on the screen: the median of many rounds."""
        times = []
        for number in range(ROUNDS + 2):
            for step in steps:
                taken = worked(lambda: (step(), self.canvas.viewport().repaint()))  # noqa: B023
                if number >= 2:
                    times.append(taken)
        return 1000 * median(times)

    def repaint(self) -> float:
        """All of it, a pixel further each time: what was painted as it is now is painted from a picture."""
        return self.drawn(lambda: self.canvas.scroll_by(1, 0), lambda: self.canvas.scroll_by(-1, 0))

    def pan(self) -> float:
        """By what needs to be painted, as the event loop does it."""
        scroll = self.canvas.scroll_by
        steps = [lambda dx=dx, dy=dy: scroll(dx, dy) for dx, dy in ((14, 6), (9, -11), (-12, 8), (-11, -3))]
        times = [worked(lambda: (step(), QApplication.processEvents())) for step in steps * ROUNDS]  # noqa: B023
        return 1000 * median(times)

    def zoom(self) -> float:
        center = QPointF(self.canvas.viewport().rect().center())
        return self.drawn(lambda: self.canvas.zoom_at(center, 1.18), lambda: self.canvas.zoom_at(center, 1 / 1.18))

    def look(self, scale: float) -> None:
        self.canvas.set_view(self.scene.extent().center(), scale)
        self.canvas.viewport().repaint()

    def hit(self) -> float:
        """Milliseconds to find what is under the pointer: the mean over many places."""
        draw = random.Random(0)
        extent = self.scene.extent()
        places = [
            QPointF(extent.left() + draw.random() * extent.width(), extent.top() + draw.random() * extent.height())
            for _ in range(3000)
        ]
        return 1000 * worked(lambda: [hit(self.scene, place) for place in places]) / len(places)

    def drag(self) -> float:
        """Milliseconds for one move of the mouse while it drags `SELECTED` nodes that are in view."""
        center = self.scene.extent().center()
        nodes = sorted(self.scene.nodes.values(), key=lambda n: (n.pos() - center).manhattanLength())
        self.canvas.select_keys(node.key for node in nodes[:SELECTED])
        view, place = self.canvas.viewport(), self.canvas.mapFromScene(nodes[0].body.center())
        QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        times = []
        for number in range(4 * ROUNDS):
            to = place + QPoint(20 + 7 * (number % 9), 20 + 5 * (number % 7))
            taken = worked(lambda: (QTest.mouseMove(view, to), QApplication.processEvents()))  # noqa: B023
            if number >= 5:
                times.append(taken)
        assert self.canvas.interaction is not None
        self.canvas.end_gesture()
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        self.canvas.select_keys([])
        return 1000 * median(times)

    def tidy(self) -> tuple[float, float]:
        """Milliseconds that laying all out takes, and the longest time meanwhile that the window did not answer."""
        last, longest = time.perf_counter(), 0.0

        def tick() -> None:
            nonlocal last, longest
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

        clock = QTimer()
        clock.setTimerType(Qt.TimerType.PreciseTimer)
        clock.timeout.connect(tick)
        undo, both = self.session.undo_stack.undo, []
        for _ in range(ROUNDS):
            self.settle()
            clock.start(2)
            last, longest = time.perf_counter(), 0.0
            taken = worked(self._tidy_up)
            clock.stop()
            both.append((1000 * taken, 1000 * longest))
            undo()
        return median(taken for taken, _ in both), median(silence for _, silence in both)

    def _tidy_up(self) -> None:
        self.canvas.tidy()
        while self.canvas.tidy_up.under_way:
            QApplication.processEvents()
        self.painted.wait()

    def edit(self) -> tuple[float, float, float]:
        """Milliseconds to add, delete and undo one node, painted."""
        times: tuple[list[float], ...] = ([], [], [])
        view, undo = self.canvas.viewport(), self.session.undo_stack.undo
        place = self.canvas.view_center()
        for number in range(ROUNDS):
            node = Function(name=f"new_{number}", type="torch.nn.functional.relu", position=(place.x(), place.y()))
            works: tuple[Callable[[], object], ...] = (
                lambda: self.session.push(AddNode(ROOT, node), "add"),  # noqa: B023
                lambda: self.session.push(RemoveNode(ROOT, node.name), "delete"),  # noqa: B023
                undo,
            )
            for found, work in zip(times, works, strict=True):
                found.append(worked(work))
                view.repaint()
            undo()
            self.settle()
        add, delete, back = (1000 * median(found) for found in times)
        return add, delete, back


def measure() -> list[Row]:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    gc.disable()  # as the app does, which collects when there is time
    bench = Bench()
    bench.open(large(20, 30))
    bench.settle()
    before = memory()
    rows = []

    def tell(name: str, value: float, target: float | None = None, unit: str = "ms") -> None:
        rows.append(Row(f"canvas: {name}", value, target, unit))

    tell("open 10,000 nodes and 15,000 wires, drawn", bench.open(large(NODES, WIRES)), 1.0, "s")
    bench.settle()
    tell("memory for them", (memory() - before) / 1e6, 150, "MB")
    tell("repaint with all in view", bench.repaint(), 16)
    tell("pan with all in view", bench.pan(), 8)
    tell("a step of zoom with all in view", bench.zoom(), 16)
    tell("find what is under the pointer", bench.hit(), 0.2)
    tell(f"drag {SELECTED} selected nodes, each move", bench.drag(), 16)
    for what, taken in zip(("add", "delete", "undo"), bench.edit(), strict=True):
        tell(f"{what} one node", taken, 5)
    bench.look(1.0)
    tell("repaint at 1:1", bench.repaint(), 8)
    tell("pan at 1:1", bench.pan())
    tell("a step of zoom at 1:1", bench.zoom())
    bench.look(TITLES)
    tell("repaint where titles can just be read, 1,000 of them", bench.repaint())
    opened = bench.open(large(*FEWER))
    bench.settle()
    for what, taken in zip(("add", "delete", "undo"), bench.edit(), strict=True):
        tell(f"{what} one node among 3,000", taken)
    tell("lay out 3,000 nodes", 1000 * median(worked(lambda: tidied(bench.scene)) for _ in range(ROUNDS)), 250)
    for what, taken in zip(("and paint", "longest silence of the window meanwhile"), bench.tidy(), strict=True):
        tell(f"lay out 3,000 nodes, {what}", taken)
    repainted = bench.repaint()
    used = (memory() - before) / 1e6
    other = nodegraphqt()
    if other is None:
        print(f"NodeGraphQt is not installed for {OTHER_PYTHON}: no comparison", file=sys.stderr)
    else:
        tell("NodeGraphQt's time to build 3,000 nodes : ours", other["build"] / opened, None, "x")
        tell("ours : NodeGraphQt's time to build 3,000 nodes", opened / other["build"], 1 / 20, "x")
        tell("ours : NodeGraphQt's time to repaint them", repainted / 1000 / other["repaint"], 1 / 20, "x")
        tell("ours : NodeGraphQt's memory for them", used / other["memory"], 1 / 3, "x")
    bench.session.close()
    gc.enable()
    return rows


def memory() -> int:
    gc.collect()
    used: int = psutil.Process().memory_info().rss
    return used


def nodegraphqt() -> dict[str, float] | None:
    """What NodeGraphQt takes for a graph of the same size, in a process of its own; None where there is none."""
    check = [OTHER_PYTHON, "-c", "import NodeGraphQt"]
    if subprocess.run(check, capture_output=True).returncode:
        return None
    nodes, wires = FEWER
    graph = large(nodes, wires).definition("Net").graph
    data = {
        "nodes": [[name, *node.position] for name, node in graph.nodes.items()],
        "wires": [[source.node, target.node, target.port] for target, source in graph.edges.items()],
        "size": SIZE,
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "graph.json")
        file.write_text(json.dumps(data))
        done = subprocess.run([OTHER_PYTHON, str(OTHER), str(file)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
