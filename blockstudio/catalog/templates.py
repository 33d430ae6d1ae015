"""The templates of `spec.py` taken apart, and where Python needs brackets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from attrs import frozen

FIELD = re.compile(r"\{(\*?)(\w+)\}")
_ATOM = 15
_UNARY = 12
_POWER = 13
_BINDING: Mapping[type[ast.AST], int] = {
    ast.Tuple: 0,
    ast.Lambda: 0,
    ast.IfExp: 1,
    ast.Or: 2,
    ast.And: 3,
    ast.Not: 4,
    ast.Compare: 5,
    ast.BitOr: 6,
    ast.BitXor: 7,
    ast.BitAnd: 8,
    ast.LShift: 9,
    ast.RShift: 9,
    ast.Add: 10,
    ast.Sub: 10,
    ast.Mult: 11,
    ast.MatMult: 11,
    ast.Div: 11,
    ast.FloorDiv: 11,
    ast.Mod: 11,
    ast.UnaryOp: _UNARY,
    ast.Pow: _POWER,
}


@frozen
class Field:
    """`{name}`, or with `spread` `{*name}`."""

    name: str
    spread: bool
    binding: int
    """Brackets are needed round anything that binds less tightly than this."""


@frozen
class Template:
    """Text with fields in it, and the arguments of the call that it ends in."""

    pieces: tuple[str | Field, ...]
    arguments: tuple[Argument, ...] | None
    """The argument list behind the pieces, if there is one."""

    def fields(self) -> Iterator[Field]:
        for piece in self.pieces:
            if isinstance(piece, Field):
                yield piece
        for argument in self.arguments or ():
            yield from argument.template.fields()

    @property
    def is_call(self) -> bool:
        return self.arguments is not None


@frozen
class Argument:
    """`template`, `keyword=template` or, as `rest`, `...`."""

    keyword: str
    template: Template
    rest: bool = False


@cache
def parse(text: str) -> Template:
    """A template from its text."""
    head, arguments = text, None
    opening = _last_list(text)
    if opening is not None:
        head = text[:opening]
        arguments = tuple(_parse_argument(part) for part in _split(text[opening + 1 : -1]))
    return Template(tuple(_pieces(head)), arguments)


def _parse_argument(text: str) -> Argument:
    if text == "...":
        return Argument("", Template((), None), rest=True)
    named = re.match(r"(\w+)=(.*)", text)
    return Argument(named[1], parse(named[2])) if named else Argument("", parse(text))


def _last_list(text: str) -> int | None:
    """Where the argument list that ends a text opens; None for a text that does not end in one."""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if not depth:
            called = index > 0 and re.match(r"[\w}\])]", text[index - 1])
            return index if called and text[index] == "(" else None
    return None


def _split(text: str) -> list[str]:
    """The arguments of a list; commas inside brackets do not part them."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _pieces(text: str) -> Iterator[str | Field]:
    bindings = _bindings(text)
    start = 0
    for found in FIELD.finditer(text):
        if found.start() > start:
            yield text[start : found.start()]
        yield Field(found[2], found[1] == "*", next(bindings))
        start = found.end()
    if start < len(text):
        yield text[start:]


def _bindings(text: str) -> Iterator[int]:
    """How tightly what stands in each field must bind, in the order of the fields."""
    count = 0

    def number(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"_{count - 1}"

    tree = ast.parse(FIELD.sub(number, text) or "None", mode="eval")
    found = {}
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, ast.Name):
                found[child.id] = _demand(parent, child)
    return iter([found[f"_{index}"] for index in range(count)])


def _demand(parent: ast.AST, child: ast.AST) -> int:
    match parent:
        case ast.BinOp(op=ast.Pow()):
            return _POWER + 1 if child is parent.left else _UNARY
        case ast.BinOp():
            return _BINDING[type(parent.op)] + (child is parent.right)
        case ast.UnaryOp():
            return _UNARY
        case ast.Compare():
            return _BINDING[ast.Compare] + 1
        case ast.Attribute():
            return _ATOM
        case ast.Subscript() if child is parent.value:
            return _ATOM
        case ast.Call() if child is parent.func:
            return _ATOM
    return 0


@lru_cache(maxsize=10_000)
def binding(source: str) -> int:
    """How tightly the outermost operation of a piece of source binds."""
    if source.isidentifier():
        return _ATOM
    tree = ast.parse(source, mode="eval").body
    match tree:
        case ast.Constant(value=int() | float()):
            return _ATOM - 1  # `1.abs()` would not parse
        case ast.BinOp() | ast.BoolOp():
            return _BINDING[type(tree.op)]
        case ast.UnaryOp():
            return _BINDING[ast.Not] if isinstance(tree.op, ast.Not) else _UNARY
        case ast.Tuple():
            return _ATOM if source.startswith("(") else 0
    return _BINDING.get(type(tree), _ATOM)
