"""Modules with a forward that torch.export recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from torch import fx, nn
from torch.utils import _pytree as pytree


class Recorded(nn.Module):
    """A module that does what a graph says. Those of one class in the program are of one class here, whatever
    their graphs say."""

    code: str
    """The source of the graph."""
    spec: pytree.TreeSpec | None = None
    """Of what the root gives."""

    def record(self, graph: fx.Graph) -> None:
        """Do from now on what this graph says."""
        written = graph.python_code("self")
        scope = dict(written.globals)
        exec(compile(written.src, "<exported>", "exec"), scope)  # operators, and names that fx made
        self.code = written.src
        _FORWARDS[self.code] = scope["forward"]

    def run(self, *values: Any) -> Any:
        given = _FORWARDS[self.code](self, *values)
        return given if self.spec is None else pytree.tree_unflatten(list(given), self.spec)


_FORWARDS: dict[str, Callable[..., Any]] = {}
"""By the source of a graph, the function it is."""


@lru_cache(maxsize=4096)
def recorded_class(kind: str, inputs: tuple[str, ...]) -> type[Recorded]:
    """The class of modules that were recorded of the class `kind` and take these inputs."""
    given = ", ".join(inputs)
    scope: dict[str, Any] = {}
    exec(f"def forward(self, {given}):\n    return self.run({given})", scope)  # names that fx made
    home, _, name = kind.rpartition(".")
    return type(name, (Recorded,), {"forward": scope["forward"], "__module__": home or "exported"})
