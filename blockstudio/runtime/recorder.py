"""A built model walked node by node, and what flows on every edge kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from blockstudio.compiler import ir
from blockstudio.errors import BlockStudioError
from blockstudio.graph.document import Document, Location
from blockstudio.runtime.interpreter import Frame, Interpreter
from blockstudio.runtime.raised import raised
from blockstudio.runtime.steps import evaluate


class Recorder(Interpreter):
    """Runs a built model and keeps what flowed out of every node: the last value, in a loop or on second use.

    The module of every instance must be of the program's classes; its own `forward` is not called.
    """

    def __init__(self, program: ir.Program, document: Document) -> None:
        super().__init__(program, document)
        self.seen: dict[tuple[str, str], Any] = {}
        """By `Location.path(node)` and port."""

    def see(self, location: Location, node: str, port: str, value: Any, frame: Frame) -> None:
        self.seen[location.path(node), port] = value

    def run(self, model: nn.Module, inputs: Mapping[str, Any]) -> list[Any]:
        """The outputs, for inputs by port; those with a default may be left out. RunError names the node that
        raised."""
        module = self.program.modules[self.program.root]
        if isinstance(module, ir.CodeModule):
            returned = model(*inputs.values())
            return list(returned) if isinstance(returned, tuple) and len(module.outputs) > 1 else [returned]
        given = [
            inputs[argument.name] if argument.name in inputs else evaluate(argument.default, {})
            for argument in module.forward.inputs
        ]
        try:
            return self.run_root(model, given)
        except BlockStudioError:
            raise
        except Exception as error:
            path = self.at.path if self.at is not None else ""
            raise raised(error, path) from error
