"""From an edit in a model of 300 layers to its new shapes in the window's session: at most 100 ms.

The edit goes all the way: checked and compiled beside the window, sent to the engine, read, lowered, walked and sent
back. Told besides: what the engine itself takes of that, with one layer changed and with every shape changed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from statistics import median

from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit, SetNode, SetPorts
from blockstudio.graph.model import BOUNDARY, Definition, Endpoint, Example, Graph, Layer, Port
from tests.benchmarks.rows import Row

LAYERS = 300
ROUNDS = 15
NET = Location("Net")


def model() -> Document:
    """Linear and ReLU by turns, in one graph."""
    graph = Graph([Port("x", example=Example((8, 64)))], [Port("y")])
    before = Endpoint(BOUNDARY, "x")
    for number in range(LAYERS):
        node = linear(number, 64, 64) if number % 2 == 0 else Layer(name=f"layer_{number}", type="torch.nn.ReLU")
        graph.nodes[node.name] = node
        graph.connect(Endpoint(node.name, "input"), before)
        before = Endpoint(node.name, "output")
    graph.connect(Endpoint(BOUNDARY, "y"), before)
    return Document("Net", {"Net": Definition("Net", graph)})


def linear(number: int, inputs: int, outputs: int) -> Layer:
    return Layer(
        name=f"layer_{number}",
        type="torch.nn.Linear",
        options={"in_features": inputs, "out_features": outputs},
    )


def widened(number: int) -> Edit:
    """A layer in the middle gets another width, and the next one takes it."""
    first, width = 100 + 4 * number, 65 + number
    return Batch((SetNode(NET, linear(first, 64, width)), SetNode(NET, linear(first + 2, width, 64))))


def resized(number: int) -> Edit:
    """Another batch size: every shape is another one."""
    return SetPorts(NET, "inputs", (Port("x", example=Example((9 + number, 64))),))


def milliseconds(work: Callable[[int], object]) -> float:
    """Of the processor: what other programs do meanwhile does not count."""
    times = []
    for number in range(ROUNDS):
        start = time.thread_time()
        work(number)
        times.append((time.thread_time() - start) * 1000)
    return median(times)


def in_the_engine() -> tuple[float, float]:
    """One layer changed, and every shape changed: from the project as JSON to the reply."""
    import torch

    from blockstudio.engine.protocol import Shapes, UpdateDocument
    from blockstudio.formats.project import to_json
    from blockstudio.runtime.worker import Worker

    torch.set_num_threads(1)
    document, worker = model(), Worker()
    worker.handle(UpdateDocument(to_json(document), 0))
    revision = 0

    def update(edit: Edit) -> None:
        nonlocal revision
        document.apply(edit)
        revision += 1
        shapes = worker.handle(UpdateDocument(to_json(document), revision))
        assert isinstance(shapes, Shapes) and len(shapes.ports) == LAYERS + 1, shapes

    return milliseconds(lambda number: update(widened(number))), milliseconds(lambda number: update(resized(number)))


def in_the_window() -> float:
    """One layer changed: from the edit to the session's `shapes_changed`."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from blockstudio.gui.kernel import Kernel
    from blockstudio.gui.session import Session

    sys.setswitchinterval(0.001)  # as the app does
    application = QApplication.instance() or QApplication([])
    kernel = Kernel()
    session = Session(kernel)
    session.replace(model())
    kernel.start()

    def settle(wanted: int | None = None) -> None:
        while True:
            application.processEvents()
            shapes = session.shapes
            if shapes is not None and len(shapes.ports) == LAYERS + 1:
                widths = {row.path: row.value.shape for row in shapes.ports}
                if wanted is None or widths[f"Net/layer_{100 + 4 * wanted}"] == (8, 65 + wanted):
                    return
            time.sleep(0.0005)

    times = []
    try:
        settle()
        for number in range(ROUNDS):
            start = time.perf_counter()
            session.push(widened(number), "width")
            settle(number)
            times.append((time.perf_counter() - start) * 1000)
            while not session.liveness.settled:  # a person does not edit again before the compiler is done
                application.processEvents()
        return median(times)
    finally:
        session.close()
        kernel.shutdown()


def measure() -> list[Row]:
    window = in_the_window()
    one, all_of_them = in_the_engine()
    return [
        Row(f"an edit in {LAYERS} layers to its new shapes in the window", window, 100, "ms"),
        Row("of that, the engine's part, in time of the processor", one, None, "ms"),
        Row("the engine's part where every shape is another one", all_of_them, None, "ms"),
    ]
