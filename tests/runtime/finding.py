"""Shapes found without a run, and short ways to look at them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from blockstudio.engine.protocol import Problem, Shapes, TensorShape
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Example,
    Node,
    Port,
)
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import (
    graph,
    layer,
    linear,
    net,
)

FINDER = ShapeFinder()


def x(*shape: int, dtype: str = "float32", name: str = "x") -> Port:
    return Port(name, example=Example(shape, dtype))


def find(made: Document, **options: Any) -> Shapes:
    return FINDER.shapes(made, **options)


def at(shapes: Shapes, path: str, port: str = "output") -> TensorShape | None:
    return next((row.value for row in shapes.ports if (row.path, row.port) == (path, port)), None)


def size(shapes: Shapes, path: str, port: str = "output") -> tuple[int, ...] | None:
    found = at(shapes, path, port)
    return found.shape if found else None


def only(shapes: Shapes) -> Problem:
    (problem,) = shapes.problems
    return problem


def words(problem: Problem) -> str:
    return problem.template.format(**problem.facts)


def chain(*nodes: Node, inputs: Port | None = None) -> Document:
    names = ["x", *(node.name for node in nodes), "y"]
    wires = " ".join(f"{a}>{b}" for a, b in pairwise(names))
    return net(graph([inputs or x(2, 20)], "y", list(nodes), wires))


def mlp(width: int = 256, wanted: int = 256) -> Document:
    return chain(linear("hidden", 20, width), layer("act", "ReLU"), linear("out", wanted, 10))
