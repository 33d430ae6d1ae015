"""Which node of the document something in a captured graph comes from."""

from __future__ import annotations

import re

from attrs import frozen
from torch import fx, nn

from blockstudio.compiler import Compiled
from blockstudio.compiler.text import Span
from blockstudio.graph.model import Function, Layer

_FRAME = re.compile(r'File "(.+?)", line (\d+)')


@frozen
class Places:
    """Finds nodes by what torch notes of each operation: the module it is in, and the lines of source it comes from."""

    compiled: Compiled
    filename: str
    """Of the generated code."""

    @staticmethod
    def of(model: nn.Module, compiled: Compiled) -> Places:
        return Places(compiled, type(model).forward.__code__.co_filename)

    def path(self, operation: fx.Node) -> str:
        """The path of the node in its definition, such as "MLP/hidden"; the root's where there is no telling."""
        return self._layer(operation) or self._line(operation) or self.compiled.root

    def _layer(self, operation: fx.Node) -> str:
        modules = operation.meta.get("nn_module_stack") or {}
        key = next((path for path, _ in reversed(modules.values())), "")
        landing = self.compiled.follow(key) if key else None
        if landing is None or not (isinstance(landing.node, Layer) or landing.rest):
            return ""  # a block of the document: its lines say more
        assert landing.node is not None
        return landing.location.path(landing.node.name)

    def _line(self, operation: fx.Node) -> str:
        frames = _FRAME.findall(operation.meta.get("stack_trace") or "")
        lines = [int(line) for filename, line in frames if filename == self.filename]
        if not lines:
            return ""
        spans = [span for span in self.compiled.spans if span.line <= lines[-1] <= span.end_line]
        named = [span for span in spans if self._does(span, words(operation))]
        # Spans inside others come behind them: without a name, the statement as a whole.
        starting = [span for span in spans if span.line == lines[-1] and span.node]
        found = named[-1:] or starting[:1] or spans[-1:]
        return found[0].location.path(found[0].node) if found else ""

    def _does(self, span: Span, operator: str) -> bool:
        """Whether a node is of the function that an operator was called for."""
        scope = self.compiled.analysis.scopes.get(span.location.definition)
        place = scope.by_location.get(span.location) if scope else None
        node = place.graph.nodes.get(span.node) if place else None
        if not isinstance(node, Function):
            return False
        name = re.escape(node.type.rpartition(".")[2].strip("_"))
        return re.search(rf"(?:\b|_){name}(?:\b|_)", operator) is not None


def words(operation: fx.Node) -> str:
    """The name of an operator, such as "aten.linalg_qr"."""
    return str(operation.target).removesuffix(".default")
