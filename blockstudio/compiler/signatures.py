"""The arguments of constructors: their order, defaults and annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from blockstudio.catalog.ports import definition_options
from blockstudio.catalog.render import option_source
from blockstudio.catalog.spec import OptionSpec
from blockstudio.compiler import ir
from blockstudio.compiler.options import Names, specs_of
from blockstudio.compiler.scope import Scope
from blockstudio.compiler.snippets import quoted
from blockstudio.errors import ExpressionError
from blockstudio.graph.expressions import names_in
from blockstudio.graph.model import Expression, Function, Layer, OptionValue

_PLAIN = {"int": "int", "float": "float", "bool": "bool", "str": "str"}


def arguments_of(scope: Scope) -> tuple[ir.Argument, ...]:
    """The hyper-parameters of a definition as arguments: first those that must be given."""
    specs = {spec.name: spec for spec in definition_options(scope.definition)}
    used = _types_used(scope)
    arguments = []
    for parameter in scope.definition.hyper_parameters:
        types = used.get(parameter.name, set())
        known = annotation(specs[parameter.name]) or (types.copy().pop() if len(types) == 1 else "")
        arguments.append(ir.Argument(parameter.name, default_source(parameter.default), known, parameter.doc))
    return tuple(sorted(arguments, key=lambda argument: bool(argument.default)))


def _types_used(scope: Scope) -> dict[str, set[str]]:
    """The types of the options that each hyper-parameter is given to, by itself or in arithmetic."""
    found: dict[str, set[str]] = {}
    if not scope.definition.hyper_parameters:
        return found
    for place in scope.places:
        for node in place.graph.nodes.values():
            if not isinstance(node, Layer | Function):
                continue
            for name, spec in specs_of(node.type).items():
                value = node.options.get(name)
                if isinstance(value, Expression) and spec.type in _PLAIN and _is_arithmetic(value.text):
                    for used in names_in(value.text):
                        found.setdefault(used, set()).add(_PLAIN[spec.type])
    return found


def _is_arithmetic(text: str) -> bool:
    """Whether an expression is of the type of the names in it."""
    try:
        parts = list(ast.walk(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    same = ast.Name | ast.Constant | ast.BinOp | ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.expr_context
    return all(isinstance(part, same) for part in parts)


def signature_arguments(specs: Iterable[OptionSpec]) -> tuple[ir.Argument, ...]:
    """The hyper-parameters of a block written in Python."""
    return tuple(_of_spec(spec) for spec in specs)


def _of_spec(spec: OptionSpec) -> ir.Argument:
    default = "" if spec.required else option_source(spec, _value(spec))
    return ir.Argument(spec.name, default, annotation(spec), spec.doc)


def _value(spec: OptionSpec) -> OptionValue:
    return None if spec.required else spec.default  # type: ignore[return-value]  # not REQUIRED then


def annotation(spec: OptionSpec) -> str:
    """The type of an argument as source; "" where it is not plain."""
    plain = _PLAIN.get(spec.type, "")
    return f"{plain} | None" if plain and spec.nullable else plain


def default_source(text: str) -> str:
    """The source of a default; lists become tuples, which calls cannot change. "" for one that is none."""
    try:
        source = Names().option(text) if text else ""
    except ExpressionError:
        return ""
    if "[" in source:
        source = ast.unparse(_Frozen().visit(ast.parse(source, mode="eval")))
    return quoted(source)


class _Frozen(ast.NodeTransformer):
    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        return ast.Tuple(node.elts, ast.Load())
