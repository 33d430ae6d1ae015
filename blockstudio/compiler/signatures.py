"""The arguments of constructors: their order, defaults and annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from blockstudio.catalog.ports import definition_options
from blockstudio.catalog.render import option_source
from blockstudio.catalog.spec import OptionSpec
from blockstudio.compiler import ir
from blockstudio.compiler.options import Names
from blockstudio.compiler.snippets import quoted
from blockstudio.errors import ExpressionError
from blockstudio.graph.model import Definition, OptionValue

_PLAIN = {"int": "int", "float": "float", "bool": "bool", "str": "str"}


def arguments_of(definition: Definition) -> tuple[ir.Argument, ...]:
    """The hyper-parameters of a definition as arguments: first those that must be given."""
    specs = {spec.name: spec for spec in definition_options(definition)}
    arguments = [
        ir.Argument(p.name, default_source(p.default), annotation(specs[p.name]), p.doc)
        for p in definition.hyper_parameters
    ]
    return tuple(sorted(arguments, key=lambda argument: bool(argument.default)))


def signature_arguments(specs: Iterable[OptionSpec]) -> tuple[ir.Argument, ...]:
    """The hyper-parameters of a block written in Python."""
    return tuple(_of_spec(spec) for spec in specs)


def _of_spec(spec: OptionSpec) -> ir.Argument:
    default = "" if spec.required else option_source(spec, _value(spec))
    return ir.Argument(spec.name, default, annotation(spec), spec.doc)


def _value(spec: OptionSpec) -> OptionValue:
    return None if spec.required else spec.default  # type: ignore[return-value]


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
