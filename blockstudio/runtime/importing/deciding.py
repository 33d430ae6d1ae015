"""What decides between the variants of a class: conditions on what its modules were made with."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from attrs import evolve

from blockstudio.compiler.paths import evaluate
from blockstudio.errors import BlockStudioError
from blockstudio.graph.model import Expression, Function, Graph, If, OptionValue

_COMPARISONS = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}


def separates(text: str, values: Sequence[Mapping[str, Any]], wanted: Sequence[bool]) -> bool:
    """Whether a condition holds for those members that it should hold for, and no others."""
    return all(_truth(text, given) is right for given, right in zip(values, wanted, strict=True))


def _truth(text: str, values: Mapping[str, Any]) -> bool | None:
    try:
        return bool(evaluate(Expression(text), values))
    except (BlockStudioError, TypeError, ValueError, ArithmeticError, LookupError):
        return None


def asked(kind: type, known: Sequence[Mapping[str, Any]], wanted: Sequence[bool]) -> str:
    """The condition in the source of a class that tells its modules apart; "" where none does."""
    for text in _conditions(kind):
        if separates(text, known, wanted):
            return text
        opposite = f"not ({text})"
        if separates(opposite, known, wanted):
            return _without_not(opposite)
    return ""


@lru_cache(maxsize=256)
def _conditions(kind: type) -> tuple[str, ...]:
    """The conditions in the source of a class: comparisons first, then names."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return ()
    texts = [ast.unparse(_Attributes().visit(part)) for part in _tests(tree)]
    return tuple(sorted(dict.fromkeys(texts), key=str.isidentifier))


def _tests(tree: ast.AST) -> Iterator[ast.expr]:
    for part in ast.walk(tree):
        if isinstance(part, ast.If | ast.IfExp):
            yield part.test
        elif isinstance(part, ast.Assign | ast.AnnAssign) and isinstance(part.value, ast.Compare | ast.BoolOp):
            yield part.value


class _Attributes(ast.NodeTransformer):
    """Takes attributes of `self` for arguments."""

    def visit_Attribute(self, part: ast.Attribute) -> ast.AST:
        if isinstance(part.value, ast.Name) and part.value.id == "self":
            return ast.Name(part.attr)
        return part


def _without_not(text: str) -> str:
    part = ast.parse(text, mode="eval").body
    assert isinstance(part, ast.UnaryOp)
    match part.operand:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return ast.unparse(inner)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return f"{ast.unparse(left)} != {ast.unparse(right)}"
        case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right]):
            return f"{ast.unparse(left)} == {ast.unparse(right)}"
    return ast.unparse(part)


def write_conditions(graph: Graph) -> None:
    """Write the conditions of Ifs as the comparisons that they are."""
    for node in graph.nodes.values():
        if isinstance(node, If):
            for name, test in node.condition.nodes.items():
                if isinstance(test, Function) and isinstance(test.options.get("input"), Expression):
                    node.condition.nodes[name] = _compared(test)
        for _, inner in node.graphs():
            write_conditions(inner)


def _compared(test: Function) -> Function:
    given = test.options["input"]
    assert isinstance(given, Expression)
    match ast.parse(given.text, mode="eval").body:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
            kind = _COMPARISONS[type(operator)]
        case ast.BoolOp(op=operator, values=[left, right]):
            kind = "and_" if isinstance(operator, ast.And) else "or_"
            if not all(isinstance(side, ast.Compare) for side in (left, right)):
                return test
        case _:
            return test
    return evolve(test, type=f"operator.{kind}", options={"input": _option(left), "other": _option(right)})


def _option(part: ast.expr) -> OptionValue:
    if isinstance(part, ast.Constant) and isinstance(part.value, int | float):
        return part.value
    return Expression(ast.unparse(part))
