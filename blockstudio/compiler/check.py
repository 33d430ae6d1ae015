"""Every problem of a document at once, each with the place where it is."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping

from attrs import frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.custom_code import read_code
from blockstudio.collecting import uncollected
from blockstudio.compiler.check_definition import DefinitionCheck
from blockstudio.compiler.check_initializers import check_initializers
from blockstudio.compiler.code import USUAL_NAMES, bound_names
from blockstudio.compiler.diagnostics import Diagnostic as Diagnostic
from blockstudio.compiler.diagnostics import Report
from blockstudio.compiler.naming import CLASS_RESERVED, is_plain
from blockstudio.compiler.scope import Scope
from blockstudio.errors import BlockStudioError
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import CodeDefinition, Definition, Instance

DEEPEST_NESTING = 150
"""Blocks within blocks. Each costs torch several Python frames of the thousand there are."""


@frozen(eq=False)
class Analysis:
    """What checking found out about a document, for those who go on from there."""

    diagnostics: tuple[Diagnostic, ...]
    scopes: Mapping[str, Scope]
    order: tuple[str, ...]
    """Every definition, each after those it uses."""
    broken: frozenset[tuple[Location, str]]
    """The nodes that have an error."""

    def reached(self, root: str) -> list[str]:
        """The definitions that a root needs, each after those it uses, the root last."""
        needed = {root}
        for name in reversed(self.order):
            if name in needed and name in self.scopes:
                needed.update(definition for definition, _, _ in uses(self.scopes[name]))
        return [name for name in self.order if name in needed]


def check(document: Document) -> list[Diagnostic]:
    """Every problem, empty when there is none; never raises, whatever the document holds."""
    return list(analyse(document).diagnostics)


@uncollected
def analyse(document: Document) -> Analysis:
    """Check a document, and keep what was worked out on the way."""
    report = Report()
    scopes = {
        name: Scope(document, name, definition)
        for name, definition in document.definitions.items()
        if isinstance(definition, Definition)
    }
    _check_root(document, report)
    _check_functions(document, report)
    _check_names(document, report)
    order = _check_nesting(document, scopes, report)
    for name, definition in document.definitions.items():
        if isinstance(definition, CodeDefinition):
            _check_code(definition, name, report)
        else:
            DefinitionCheck(document, scopes[name], report).run()
    broken = frozenset((d.location, d.node) for d in report.diagnostics if d.severity == "error" and d.node)
    for scope in scopes.values():
        check_initializers(scope, scopes, report)
    return Analysis(tuple(report.diagnostics), scopes, order, broken)


def uses(scope: Scope) -> Iterator[tuple[str, Location, str]]:
    """The definitions a definition has instances of, with the place and name of each instance."""
    for place in scope.places:
        for node in place.graph.nodes.values():
            if isinstance(node, Instance):
                yield node.definition, place.location, node.name


def _check_root(document: Document, report: Report) -> None:
    place = Location(document.root)
    root = document.definitions.get(document.root)
    if root is None:
        report.add("root.missing", place, name=document.root)
    elif isinstance(root, CodeDefinition):
        report.add("root.code", place)
    else:
        for parameter in root.hyper_parameters:
            if not parameter.default:
                report.add("root.arguments", place, name=parameter.name)


def _check_functions(document: Document, report: Report) -> None:
    place = Location(document.root)
    for name, source in document.functions.items():
        if not is_plain(name) or name in CLASS_RESERVED or name in document.definitions:
            report.add("function.name", place, name=name)
        try:
            tree = _parse(source)
        except SyntaxError as error:
            report.add("function.syntax", place, name=name, line=error.lineno or 1, reason=error.msg)
        except (ValueError, RecursionError, MemoryError):
            report.add("function.code", place, name=name)
        else:
            if not any(isinstance(part, ast.FunctionDef) and part.name == name for part in tree.body):
                report.add("function.code", place, name=name)


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an odd escape in a string; running the code will say so
        return ast.parse(source)


def _check_names(document: Document, report: Report) -> None:
    for name in document.definitions:
        place = Location(name)
        if not is_plain(name):
            report.add("definition.name", place, name=name)
        elif name in CLASS_RESERVED:
            report.add("definition.reserved", place, name=name)
        elif catalog().get(f"torch.nn.{name}") is not None:
            report.add("definition.torch", place, name=name)
    _check_clashes(document, report)


def _check_clashes(document: Document, report: Report) -> None:
    """Names that the user's own code binds beside its class must differ from all others of the file."""
    owners = {name: name for name in [*document.definitions, *document.functions]}
    imports = {alias: (meaning, "torch") for alias, meaning in USUAL_NAMES.items()}
    for name, source in document.code().items():
        bound = bound_names(source)
        for helper in bound.defined:
            other = imports[helper][1] if helper in imports else owners.setdefault(helper, name)
            if other != name:
                report.add("code.clash", Location(name), name=helper, other=other)
        for alias, meaning in bound.imported.items():
            known, other = imports.setdefault(alias, (meaning, name))
            if known != meaning or alias in owners:
                report.add("code.clash", Location(name), name=alias, other=owners.get(alias, other))


def _check_code(definition: CodeDefinition, name: str, report: Report) -> None:
    try:
        read_code(definition.source, name)
    except BlockStudioError as error:
        report.add_error("code.invalid", error, Location(name))


def _check_nesting(document: Document, scopes: Mapping[str, Scope], report: Report) -> tuple[str, ...]:
    """Refuse recursion, at each instance that closes a circle; gives definitions in order of use."""
    children = {name: list(uses(scope)) for name, scope in scopes.items()}
    order: list[str] = []
    height: dict[str, int] = {}
    for start in document.definitions:
        if start in height:
            continue
        # The definitions on the way from `start`, each with the instances in it still to look at.
        way = {start: iter(children.get(start, ()))}
        while way:
            name = next(reversed(way))
            step = next(way[name], None)
            if step is None:
                del way[name]
                below = [height.get(child, 0) for child, _, _ in children.get(name, ())]
                height[name] = 1 + max(below, default=0)
                if height[name] == DEEPEST_NESTING + 1:
                    report.add("definition.deep", Location(name), limit=DEEPEST_NESTING)
                order.append(name)
                continue
            child, location, node = step
            if child in way:
                names = list(way)
                cycle = [*names[names.index(child) :], child]
                report.add("definition.recursive", location, node, cycle=" → ".join(cycle))
            elif child in document.definitions and child not in height:
                way[child] = iter(children.get(child, ()))
    return tuple(order)
