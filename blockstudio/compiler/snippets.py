"""The Python source of single declarations and statements; whole files are made of these."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from blockstudio.catalog import render
from blockstudio.compiler import ir

_PLAIN = r"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*|\d[\d.]*)"
_POWER = re.compile(rf"(?<![\w.)\]])({_PLAIN}) \*\* (-?{_PLAIN})(?![\w.(\[])")
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")


def constructor(declaration: ir.Declaration) -> str:
    """What a declaration is made by, one round of it: `nn.Linear(20, 256)`, `MLP(64, depth=2)`,
    `nn.Parameter(torch.ones(3))`, or the value of a buffer. Containers are put together by the caller."""
    match declaration:
        case ir.LayerDeclaration():
            return quoted(render.constructor(declaration.entry, declaration.options))
        case ir.InstanceDeclaration():
            return quoted(f"{declaration.definition}({', '.join(declaration.arguments)})")
        case ir.ParameterDeclaration():
            return quoted(f"nn.Parameter({declaration.value})")
        case ir.BufferDeclaration():
            return quoted(declaration.value)
    raise TypeError(f"{type(declaration).__name__} is a container")


def call(statement: ir.Statement, arguments: Mapping[str, str], callee: str = "") -> str:
    """What a statement without blocks computes, `arguments` being the source at each wired input.

    `callee` is what to call instead of the statement's own, for those who keep modules elsewhere.
    """
    match statement:
        case ir.Compute():
            return quoted(render.call(statement.entry, arguments, statement.options))
        case ir.Apply():
            callee = callee or statement.callee
            if statement.entry is None:
                return f"{callee}({', '.join(_positional(statement, arguments))})"
            return quoted(render.call(statement.entry, arguments, statement.options, callee))
        case ir.Read():
            return statement.source
    raise TypeError(f"{type(statement).__name__} holds blocks")


def targets(statement: ir.Statement, names: Mapping[str, str]) -> str:
    """What stands left of the `=`: `names` has the variable for each output that is used."""
    entry = statement.entry if isinstance(statement, ir.Compute | ir.Apply) else None
    if entry is not None:
        return render.targets(entry, statement.outputs, names)
    return ", ".join(names.get(port, "_") for port in statement.outputs)


def negated(condition: str) -> str:
    """The opposite of a condition; of `a == b`, as one writes it, `a != b`."""
    tree = ast.parse(condition, mode="eval").body
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return quoted(ast.unparse(tree.operand))
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq | ast.NotEq):
        old, new = ("==", "!=") if isinstance(tree.ops[0], ast.Eq) else ("!=", "==")
        if condition.count(old) == 1:
            return condition.replace(old, new)
    return f"not ({condition})" if isinstance(tree, ast.BoolOp | ast.IfExp) else f"not {condition}"


def all_of(conditions: Sequence[str]) -> str:
    """The condition that all of some hold."""
    if len(conditions) == 1:
        return conditions[0]
    loose = ast.BoolOp | ast.IfExp | ast.Lambda
    bodies = [ast.parse(condition, mode="eval").body for condition in conditions]
    return " and ".join(
        f"({text})" if isinstance(body, loose) else text for text, body in zip(conditions, bodies, strict=True)
    )


def with_words(condition: str) -> str:
    """A condition on plain values with `and` and `or` for the `&` and `|` of comparisons."""
    return ast.unparse(_Words().visit(ast.parse(condition, mode="eval")))


class _Words(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        word = {ast.BitAnd: ast.And, ast.BitOr: ast.Or}.get(type(node.op))
        if word is None or not all(isinstance(side, ast.Compare | ast.BoolOp) for side in (node.left, node.right)):
            return node
        return ast.BoolOp(word(), [node.left, node.right])

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        match node:  # nobody writes `flag == True`
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=True)]):
                return left
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=False)]):
                return ast.UnaryOp(ast.Not(), left)
        return node


def is_atom(source: str) -> bool:
    """Whether an attribute may be taken of an expression without brackets round it."""
    tree = ast.parse(source, mode="eval").body
    return isinstance(tree, ast.Call | ast.Name | ast.Attribute | ast.Subscript)


def quoted(source: str) -> str:
    """The source with strings in double quotes and powers of plain things without spaces, as formatters write them."""
    if " ** " in source and "'" not in source and '"' not in source:
        source = _POWER.sub(r"\1**\2", source)
    return _STRING.sub(_double, source) if "'" in source else source


def unquoted(source: str) -> str:
    """The source without its strings."""
    return _STRING.sub('""', source) if "'" in source or '"' in source else source


def _double(found: re.Match[str]) -> str:
    text = found[0]
    return text if text[0] == '"' or '"' in text else f'"{text[1:-1]}"'


def _positional(statement: ir.Apply, arguments: Mapping[str, str]) -> list[str]:
    """The arguments in the order of the ports; behind one that is left out, with their names."""
    written: list[str] = []
    bare = True
    for port in statement.ports:
        if port not in arguments:
            bare = False
        else:
            written.append(arguments[port] if bare else f"{port}={arguments[port]}")
    return written
