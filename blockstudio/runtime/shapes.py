"""The shape on every edge of a document, worked out on the meta device without building or running the model."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from functools import cache

import torch
from attrs import Factory, define

from blockstudio.compiler.check import Analysis, analyse
from blockstudio.compiler.lower import lower
from blockstudio.engine.protocol import Shapes
from blockstudio.errors import BlockStudioError, mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Example, Port
from blockstudio.runtime import inputs as examples
from blockstudio.runtime.abstract import UNKNOWN, Abstract, Known, known_tensor, on_meta
from blockstudio.runtime.misfits import Fault
from blockstudio.runtime.refusals import overflow
from blockstudio.runtime.shape_steps import Steps
from blockstudio.runtime.shape_walk import Found, Walk, modes
from blockstudio.runtime.steps import evaluate

FRAMES = 10_000
"""Blocks nested in blocks take a dozen of Python's frames each, which are a thousand at most by default."""


@define
class ShapeFinder:
    """Works out shapes, and keeps what it worked out: an edit costs what it touches."""

    steps: Steps = Factory(Steps)

    def shapes(
        self,
        document: Document,
        *,
        revision: int = 0,
        trusted: bool = False,
        shown: Iterable[str] = (),
        within: Sequence[str] = (),
        analysis: Analysis | None = None,
    ) -> Shapes:
        """The shape at every output and border input that can be told, and what does not fit.

        A definition is shown as its first use has it, or as the last of the instances `within` each other, or, in
        `shown` and out of the root's reach, as its own examples have it. Python of the user's own runs only if
        `trusted`.
        """
        start = time.perf_counter()
        sys.setrecursionlimit(max(FRAMES, sys.getrecursionlimit()))
        analysis = analysis or analyse(document)
        found = Found()
        reached: set[str] = set()
        warm_up()
        with torch.device("meta"), torch.no_grad():
            for root in dict.fromkeys((document.root, *shown)):
                definition = document.definitions.get(root)
                if root not in reached and isinstance(definition, Definition):
                    reached.update(analysis.reached(root))
                    program = lower(document, root, analysis)
                    ports = definition.graph.inputs
                    given = [self._example(port, root, root == document.root, found) for port in ports]
                    for training in modes(program):
                        Walk(program, document, self.steps, found, trusted, training, within).run(given)
        self.steps.trim()
        return Shapes(revision, found.port_shapes(), tuple(found.problems.values()), _milliseconds(start))

    def _example(self, port: Port, name: str, is_root: bool, found: Found) -> Abstract:
        """What a border input of a root is given."""
        path = Location(name).path()
        if port.example is None:
            value = _default(port)
            if value is None and is_root:
                template = mark("Give the input “{name}” an example: then shapes are shown.")
                found.blame(path, Fault("input-example", template, {"name": port.name}), "info")
            return value or UNKNOWN
        try:
            return self._of_example(port.example, port.name)
        except BlockStudioError as error:
            found.blame(path, Fault("input-example", error.template, dict(error.facts)))
        except (RuntimeError, TypeError, ValueError, OverflowError, AttributeError) as error:
            template = overflow(str(error)) or mark("The input “{name}” cannot be made: {reason}.")
            found.blame(path, Fault("input-example", template, {"name": port.name, "reason": str(error).rstrip(".")}))
        return UNKNOWN

    def _of_example(self, example: Example, name: str) -> Known:
        if example.generator != "file":
            return known_tensor(example.shape, example.dtype)
        with torch.device("cpu"):
            return self.steps.file(example, lambda: Known(on_meta(examples.make(example, name))))


def _default(port: Port) -> Known | None:
    try:
        return Known(evaluate(port.default, {})) if port.default else None
    except Exception:  # check says what is wrong with it
        return None


@cache
def warm_up() -> None:
    """The first step on the meta device imports much of torch, which takes a second or two."""
    torch.relu(torch.empty(1, device="meta"))


def _milliseconds(start: float) -> float:
    return (time.perf_counter() - start) * 1000
