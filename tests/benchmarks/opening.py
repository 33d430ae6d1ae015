"""Opening ResNet-152: to a drawn canvas with every shape, once the engine is up; and an edit in its Bottleneck."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median

from attrs import evolve

from blockstudio import resources
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Batch, Edit, SetNode
from blockstudio.graph.model import Expression, Layer
from tests.benchmarks.rows import Row

OPENINGS = 7
EDITS = 15
BOTTLENECK = Location("Bottleneck")
PATIENCE = 60.0


def measure() -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from blockstudio.gui.app import make_application
    from blockstudio.gui.kernel import Kernel
    from blockstudio.gui.main_window import MainWindow
    from blockstudio.gui.session import Session, new_document

    application = make_application()
    session = Session()
    window = MainWindow(session)
    kernel = Kernel()
    file = resources.path("examples", "architectures", "09-resnet152.blocks")

    def wait(done: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("the engine did not answer")
            application.processEvents()
            time.sleep(0.0005)

    def settled() -> bool:
        return session.liveness.settled and kernel.state == "idle"

    def has_shapes() -> bool:
        return session.shapes is not None and all(edge.label for edge in window.canvas.canvas_scene.edges.values())

    def width() -> int | None:
        """How many channels the first convolution is shown to give."""
        found = session.shape(BOTTLENECK, "conv1", "output")
        return found.shape[1] if found and found.shape else None

    def widened(factor: int) -> Edit:
        """The first two convolutions with more channels between them."""
        wide = Expression(f"width * {factor}")
        changes = {
            "conv1": {"out_channels": wide},
            "bn1": {"num_features": wide},
            "conv2": {"in_channels": wide},
        }
        nodes = {name: session.document.node(BOTTLENECK, name) for name in changes}
        return Batch(
            tuple(
                SetNode(BOTTLENECK, evolve(node, options={**node.options, **changes[name]}))
                for name, node in nodes.items()
                if isinstance(node, Layer)
            )
        )

    window.resize(1600, 1000)
    window.show()
    window.use_kernel(kernel)
    kernel.start()
    openings, edits = [], []
    try:
        wait(lambda: window.late.complete and session.shapes is not None and settled())
        for number in range(OPENINGS + 1):
            session.replace(new_document())
            wait(lambda: session.shapes is not None and settled())
            start = time.perf_counter()
            assert window.files.open_path(file)
            session.set_shapes(None)
            wait(has_shapes)
            window.canvas.viewport().repaint()
            if number:
                openings.append((time.perf_counter() - start) * 1000)
            wait(settled)
        session.enter(BOTTLENECK)
        wait(settled)
        for number in range(EDITS):
            factor = 2 + number % 2
            edit = widened(factor)
            start = time.perf_counter()
            session.push(edit, "width")
            wait(lambda factor=factor: width() == 64 * factor)  # type: ignore[misc]
            window.canvas.viewport().repaint()
            edits.append((time.perf_counter() - start) * 1000)
            wait(settled)  # a person does not edit again before the compiler is done
    finally:
        session.undo_stack.setClean()
        window.close()
        session.close()
        kernel.shutdown()
    return [
        Row("open ResNet-152 to a drawn canvas with every shape", median(openings), 2000, "ms"),
        Row("an edit in Bottleneck to the shapes of its 50 instances", median(edits), 150, "ms"),
    ]
