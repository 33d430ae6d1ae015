"""A compiled document: its source, and the ways between source, nodes and tensors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from attrs import field, frozen

from blockstudio.compiler import ir
from blockstudio.compiler.check import Analysis, analyse
from blockstudio.compiler.codegen import generate
from blockstudio.compiler.diagnostics import Diagnostic
from blockstudio.compiler.lower import lower
from blockstudio.compiler.paths import Landing, Paths, Values, default_values
from blockstudio.compiler.text import Span
from blockstudio.errors import BlockStudioError, CompileError, mark
from blockstudio.graph.document import Document, Location


@frozen(slots=False, eq=False)
class Compiled:
    """The source of a block and all it uses, with what each part of it comes from."""

    source: str
    spans: tuple[Span, ...]
    program: ir.Program
    analysis: Analysis = field(repr=False)

    @property
    def root(self) -> str:
        return self.program.root

    def does_the_same_as(self, other: Compiled) -> bool:
        """Whether a model of one serves as a model of the other, its lines leading to the same nodes: what is said
        of example inputs may differ."""
        same = self.program == other.program and self.source.count("\n") == other.source.count("\n")
        return self.source == other.source or same

    def node_at(self, line: int, column: int) -> tuple[Location, str] | None:
        """The node that the source at a position comes from: line from 1, column from 0."""
        return self.node_of(line, column, line, column + 1)

    def node_of(self, line: int, column: int, end_line: int, end_column: int) -> tuple[Location, str] | None:
        """The node that a stretch of the source comes from: the innermost one that covers all of it."""
        best: Span | None = None
        for span in self._by_line.get(line, ()):
            covers = (span.line, span.column) <= (line, column) and (end_line, end_column) <= (
                span.end_line,
                span.end_column,
            )
            # Spans inside others come behind them.
            if covers and (best is None or (span.line, span.column) >= (best.line, best.column)):
                best = span
        return (best.location, best.node) if best else None

    def spans_of(self, location: Location, node: str) -> tuple[Span, ...]:
        """Where the source of a node is: its declaration and its uses."""
        return tuple(self._by_node.get((location, node), ()))

    def follow(self, path: str, values: Values | None = None) -> Landing | None:
        """The node and the Python path of a module path or state-dict key from the root, such as "net.0.weight".

        `values` are those of the root's hyper-parameters that are not at their defaults.
        """
        scope = self.analysis.scopes.get(self.root)
        if scope is None:
            return None
        return Paths(self.analysis.scopes).follow(
            self.root, path, {**default_values(scope.definition), **(values or {})}
        )

    @cached_property
    def _by_line(self) -> Mapping[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        for span in self.spans:
            for line in range(span.line, span.end_line + 1):
                found.setdefault(line, []).append(span)
        return found

    @cached_property
    def _by_node(self) -> Mapping[tuple[Location, str], list[Span]]:
        found: dict[tuple[Location, str], list[Span]] = {}
        for span in self.spans:
            found.setdefault((span.location, span.node), []).append(span)
        return found


def compile_document(document: Document, root: str = "") -> Compiled:
    """The document, or another block of it, compiled; CompileError with every diagnostic if it has errors.

    Errors in blocks that the root does not use are no obstacle.
    """
    analysis = analyse(document)
    root = root or document.root
    errors = errors_for(analysis, root)
    if errors:
        first, *others = errors
        template, facts = first.template, first.facts
        if others:
            template = mark("The document has {count} errors; the first: {first}")
            facts = {"count": len(errors), "first": BlockStudioError(first.template, **first.facts)}
        raise CompileError(template, path=first.path, diagnostics=analysis.diagnostics, **facts)
    program = lower(document, root, analysis)
    source = generate(program)
    return Compiled(source.text, source.spans, program, analysis)


def errors_for(analysis: Analysis, root: str) -> list[Diagnostic]:
    """The errors that keep a block from being compiled."""
    used = {*analysis.reached(root), root}
    return [d for d in analysis.diagnostics if d.severity == "error" and d.location.definition in used]


def source(document: Document) -> str:
    """The complete Python source of a document; CompileError if it has errors."""
    return compile_document(document).source
