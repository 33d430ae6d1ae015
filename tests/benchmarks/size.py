"""What checking, lowering, generating and shapes cost against the number of nodes: no more than n log n.

In one graph, a chain of layers and functions; and the same number of nodes by blocks of ten within each other, where
each block costs once however often it is used. `python -m tests.benchmarks size --plot FILE` draws it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import log, log10
from typing import Any

from blockstudio.compiler.check import analyse
from blockstudio.compiler.codegen import generate
from blockstudio.compiler.lower import lower
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    BOUNDARY,
    Definition,
    Endpoint,
    Example,
    Function,
    Graph,
    Instance,
    Layer,
    Node,
    Port,
)
from tests.benchmarks.rows import Row, worked

SIZES = (100, 1_000, 10_000, 100_000)
PHASES = ("check", "lower", "codegen", "shapes")
REPEATS = {100: 20, 1_000: 7, 10_000: 3}
"""How often the small ones are measured; the least counts."""

Times = Mapping[str, Sequence[float]]
"""Seconds for each of `SIZES`, by phase."""


def chain(nodes: Sequence[Node], port: str = "input", output: str = "output") -> Graph:
    """Nodes in a row."""
    graph = Graph([Port("x", example=Example((2, 8)))], [Port("y")])
    before = Endpoint(BOUNDARY, "x")
    for node in nodes:
        graph.nodes[node.name] = node
        graph.connect(Endpoint(node.name, port), before)
        before = Endpoint(node.name, output)
    graph.connect(Endpoint(BOUNDARY, "y"), before)
    return graph


def step(number: int) -> Node:
    """Linear and ReLU by turns."""
    if number % 2:
        return Function(name=f"relu{number}", type="torch.nn.functional.relu")
    return Layer(name=f"fc{number}", type="torch.nn.Linear", options={"in_features": 8, "out_features": 8})


def flat(size: int) -> Document:
    return Document("Net", {"Net": Definition("Net", chain([step(number) for number in range(size)]))})


def nested(size: int) -> Document:
    """Blocks of ten, of tens of them, and so on: `size` nodes where all are counted."""
    definitions = {"Block1": Definition("Block1", chain([step(number) for number in range(10)]))}
    while 10 ** (len(definitions) + 1) <= size:
        inner = f"Block{len(definitions)}"
        parts = [Instance(name=f"part{number}", definition=inner) for number in range(10)]
        name = f"Block{len(definitions) + 1}"
        definitions[name] = Definition(name, chain(parts, "x", "y"))
    return Document(list(definitions)[-1], definitions)


def once(document: Document) -> dict[str, float]:
    """Seconds of each phase."""
    from blockstudio.runtime.shapes import ShapeFinder

    found: dict[str, Any] = {}
    finder = ShapeFinder()

    def keep(name: str, work: Callable[[], object]) -> None:
        found[name] = work()

    gc.collect()
    seconds = {
        "check": worked(partial(keep, "analysis", lambda: analyse(document))),
        "lower": worked(partial(keep, "program", lambda: lower(document, analysis=found["analysis"]))),
        "codegen": worked(partial(keep, "source", lambda: generate(found["program"]))),
        # It lowers anew.
        "shapes": worked(partial(keep, "shapes", lambda: finder.shapes(document, analysis=found["analysis"]))),
    }
    assert all(row.value.shape == (2, 8) for row in found["shapes"].ports) and not found["analysis"].diagnostics
    return seconds


def times(make: Callable[[int], Document]) -> Times:
    found: dict[str, list[float]] = {phase: [] for phase in PHASES}
    for size in SIZES:
        document = make(size)
        runs = [once(document) for _ in range(REPEATS.get(size, 1))]
        for phase in PHASES:
            found[phase].append(min(run[phase] for run in runs))
    return found


def measure() -> list[Row]:
    import torch

    torch.set_num_threads(1)
    once(flat(100))  # imports what is imported late
    in_one, in_blocks = times(flat), times(nested)
    file = os.environ.get("BLOCKSTUDIO_PLOT", "")
    if file:
        plot(in_one, in_blocks, file)
    least, most = SIZES[1], SIZES[-1]
    allowed = most * log(most) / (least * log(least))
    rows = []
    for phase in PHASES:
        rows += [
            Row(f"{phase}: {size:,} nodes in one graph", seconds * 1000, None, "ms")
            for size, seconds in zip(SIZES, in_one[phase], strict=True)
        ]
        growth = in_one[phase][-1] / in_one[phase][1] / allowed
        rows.append(Row(f"{phase}: growth from {least:,} to {most:,} nodes : that of n log n", growth, 1.0, "x"))
    whole = sum(in_one[phase][-1] for phase in PHASES)
    once_each = sum(in_blocks[phase][-1] for phase in PHASES)
    rows.append(Row(f"all four: {most:,} nodes in blocks of ten within each other", once_each * 1000, None, "ms"))
    rows.append(Row("the same : all in one graph", once_each / whole, 0.01, "x"))
    return rows


def plot(in_one: Times, in_blocks: Times, file: str) -> None:
    """Both on logarithmic axes, with n log n beside them, as a PNG."""
    import pyqtgraph as pg
    from pyqtgraph.exporters import ImageExporter
    from PySide6.QtCore import Qt

    application = pg.mkQApp()
    pg.setConfigOptions(antialias=True, background="w", foreground="k")
    area = pg.PlotWidget()
    area.resize(900, 560)
    area.setLogMode(True, True)
    area.showGrid(True, True, 0.2)
    area.setLabels(bottom="nodes", left="milliseconds of one processor")
    area.setTitle("solid: in one graph; dashed: by blocks of ten within each other")
    area.addLegend(offset=(20, 10))
    ticks = [(log10(size), f"{size:,}") for size in SIZES]
    area.getAxis("bottom").setTicks([ticks, []])
    for phase, color in zip(PHASES, ("#2563eb", "#0d9488", "#d97706", "#be185d"), strict=True):
        for found, line in ((in_one, Qt.PenStyle.SolidLine), (in_blocks, Qt.PenStyle.DashLine)):
            heights = [max(seconds * 1000, 0.01) for seconds in found[phase]]
            name = phase if found is in_one else None
            pen = pg.mkPen(color, width=2, style=line)
            area.plot(SIZES, heights, pen=pen, symbol="o", symbolSize=6, symbolBrush=color, name=name)
    scale = in_one["check"][0] * 1000 / (SIZES[0] * log(SIZES[0]))
    area.plot(
        SIZES,
        [scale * size * log(size) for size in SIZES],
        pen=pg.mkPen("#888888", width=1, style=Qt.PenStyle.DotLine),
        name="n log n",
    )
    area.show()
    application.processEvents()
    exporter = ImageExporter(area.plotItem)
    exporter.parameters()["width"] = 1200
    exporter.export(file)
    area.close()
