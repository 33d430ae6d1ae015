"""Time and memory that NodeGraphQt takes for a graph: run by a Python that has it, without BlockStudio."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from NodeGraphQt import BaseNode, NodeGraph  # type: ignore[import-not-found]
from PySide6.QtWidgets import QApplication

ROUNDS = 5


class Plain(BaseNode):  # type: ignore[misc]
    """Two inputs and one output."""

    __identifier__ = "benchmark"
    NODE_NAME = "plain"

    def __init__(self) -> None:
        super().__init__()
        self.add_input("input")
        self.add_input("other")
        self.add_output("output")


def worked(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start


def used() -> float:
    """Megabytes of memory; the most there were, which only grows."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(file: str) -> None:
    data = json.loads(Path(file).read_text())
    application = QApplication([])
    graph = NodeGraph()
    graph.register_node(Plain)
    graph.set_acyclic(False)  # it looks for circles through the whole graph at every wire
    view = graph.viewer()
    view.resize(*data["size"])
    view.show()
    application.processEvents()
    before = used()

    def build() -> None:
        made = {}
        for name, x, y in data["nodes"]:
            made[name] = graph.create_node("benchmark.Plain", name=name, pos=(x, y), selected=False, push_undo=False)
        for source, target, port in data["wires"]:
            made[source].outputs()["output"].connect_to(made[target].inputs()[port], push_undo=False)
        # As `zoom_to_nodes` does, which alone would take minutes: it asks for each item's items.
        view._scene_range = view.scene().itemsBoundingRect()
        view._update_scene()
        view.viewport().repaint()

    built = worked(build)
    repainted = median(worked(view.viewport().repaint) for _ in range(ROUNDS))
    print(json.dumps({"build": built, "repaint": repainted, "memory": used() - before}))


if __name__ == "__main__":
    main(sys.argv[1])
