"""How long at most the window does not answer while 60 million parameters are measured and their histogram is drawn."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from blockstudio.graph.document import Document
from blockstudio.graph.model import BOUNDARY, Definition, Endpoint, Example, Graph, Initializer, Layer, Port
from tests.benchmarks.rows import Row

SIDE = 7746
"""60 million weights are a square of this side."""
ROUNDS = 3
PATIENCE = 120.0
"""Seconds after which the benchmark gives up, whatever it waits for."""
TICK = 2
"""Milliseconds between two events of the window."""


def model() -> Document:
    options = {"in_features": SIDE, "out_features": SIDE, "bias": False}
    graph = Graph([Port("x", example=Example((1, SIDE)))], [Port("y")])
    graph.nodes["large"] = Layer(name="large", type="torch.nn.Linear", options=options)
    graph.connect(Endpoint("large", "input"), Endpoint(BOUNDARY, "x"))
    graph.connect(Endpoint(BOUNDARY, "y"), Endpoint("large", "output"))
    return Document("Net", {"Net": Definition("Net", graph)})


def longest_silences() -> tuple[float, float]:
    """Milliseconds: while histograms are worked out and drawn, and while nothing is done for as long."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt, QTimer

    from blockstudio.gui.app import collect_here, make_application
    from blockstudio.gui.kernel import Kernel
    from blockstudio.gui.main_window import MainWindow
    from blockstudio.gui.panels.rules import apply_rule
    from blockstudio.gui.session import Session, TensorRef

    sys.setswitchinterval(0.001)  # as the app does
    application = make_application()
    collector = collect_here()
    session = Session()
    window = MainWindow(session)
    window.resize(1500, 950)
    window.show()
    kernel = Kernel()
    end = time.monotonic() + PATIENCE
    last, longest = time.perf_counter(), 0.0

    def tick() -> None:
        nonlocal last, longest
        now = time.perf_counter()
        longest, last = max(longest, now - last), now

    clock = QTimer()
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(tick)

    def wait(what: str, condition: Callable[[], object]) -> None:
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"waiting for {what} took more than {PATIENCE:.0f} seconds")
            application.processEvents()
            time.sleep(0.0005)

    def pause(seconds: float) -> None:
        over = time.monotonic() + seconds
        wait("the pause", lambda: time.monotonic() > over)

    def silence(work: Callable[[], object]) -> float:
        nonlocal last, longest
        last, longest = time.perf_counter(), 0.0
        work()
        return longest * 1000

    def measure(number: int) -> None:
        """New values, their histogram, and the drawing of it."""
        before = panel.statistics.text()
        rule = Initializer(function="torch.nn.init.constant_", arguments={"val": 0.5 + number})
        assert apply_rule(session, "Net", rule, "fill")
        wait("a histogram", lambda: panel.statistics.text() not in ("", before))
        pause(0.3)

    try:
        wait("the panels", lambda: window.late.complete)
        session.replace(model())
        window.use_kernel(kernel)
        kernel.start()
        wait("the parameters", lambda: session.table)
        panel = window.late.tensor
        window.panes["tensor"].bring_up()
        session.show_tensor(TensorRef("large.weight"))
        wait("the first histogram", panel.statistics.text)
        pause(1.0)
        clock.start(TICK)
        start = time.monotonic()
        busy = silence(lambda: [measure(number) for number in range(ROUNDS)])
        taken = time.monotonic() - start
        return busy, silence(lambda: pause(taken))
    finally:
        clock.stop()
        window.hide()  # closing would ask whether to save
        session.close()
        kernel.shutdown()
        collector.stop()


def measure() -> list[Row]:
    busy, idle = longest_silences()
    return [
        Row("longest the window did not answer, 60 million being measured", busy, 50, "ms"),
        Row("the same while nothing is done: what the machine does to it", idle, None, "ms"),
    ]
