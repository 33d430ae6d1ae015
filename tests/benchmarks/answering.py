"""The longest time the window does not answer while the engine measures 60 million parameters for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from blockstudio.engine.protocol import BuildModel
from blockstudio.formats.project import save
from tests.benchmarks.rows import Row
from tests.compiler.documents import graph, linear, net

ROUNDS = 5
PATIENCE = 120.0
"""Seconds for one answer of the engine."""


def measure() -> list[Row]:
    """Looks at a new tensor of 60 million each round; a timer that should tick all the time tells of gaps."""
    from PySide6.QtCore import QTimer

    from blockstudio.gui.app import collect_here, make_application
    from blockstudio.gui.kernel import Kernel
    from blockstudio.gui.main_window import MainWindow
    from blockstudio.gui.session import Session, TensorRef

    sys.setswitchinterval(0.001)  # as in gui.app.run
    application = make_application()
    collector = collect_here()
    session = Session()
    window = MainWindow(session)
    kernel = Kernel()
    last, longest = 0.0, 0.0

    def tick() -> None:
        nonlocal last, longest
        now = time.perf_counter()
        longest, last = max(longest, now - last), now

    timer = QTimer()
    timer.timeout.connect(tick)

    def wait(done: Callable[[], object]) -> float:
        """Let the window live until it is done; the longest gap between two ticks, in milliseconds."""
        nonlocal last, longest
        until = time.perf_counter() + PATIENCE
        last, longest = time.perf_counter(), 0.0
        timer.start(0)
        poll = QTimer()
        poll.timeout.connect(lambda: (done() or time.perf_counter() > until) and application.quit())
        poll.start(5)
        application.exec()
        tick()
        timer.stop()
        if not done():
            raise TimeoutError(f"no answer of the engine in {PATIENCE:.0f} s")
        return longest * 1000

    def pause(seconds: float) -> float:
        end = time.perf_counter() + seconds
        return wait(lambda: time.perf_counter() > end)

    with TemporaryDirectory() as folder:
        file = Path(folder, "large.blocks")
        save(net(graph("x", "y", [linear("large", 6000, 10000)], "x>large large>y")), file)
        window.files.open_path(file)
    window.show()
    window.use_kernel(kernel)
    kernel.start()
    idle, busy = [], []
    try:
        wait(lambda: window.late.complete and session.table is not None and kernel.state == "idle")
        panel = window.late.tensor
        for seed in range(ROUNDS):
            session.show_tensor(None)
            built: list[object] = []
            kernel.request(BuildModel(seed), built.append)
            wait(lambda: built and kernel.state == "idle")  # noqa: B023
            pause(2)  # the snapshot of what was built is its own matter
            idle.append(pause(1))
            session.show_tensor(TensorRef("large.weight"))
            busy.append(wait(lambda: panel.statistics.text()))
    finally:
        timer.stop()
        window.close()
        session.close()
        kernel.shutdown()
        collector.stop()
    return [
        Row("longest the window did not answer meanwhile", max(busy), 50, "ms"),
        Row("the same window while nothing is asked of it", max(idle), None, "ms"),
    ]
