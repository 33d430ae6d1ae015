"""Branches that are written: whether they say the same, and what an `else` or an `or` makes of them."""

from __future__ import annotations

import ast

from blockstudio.compiler.text import Lines, Text, joined


def or_operand(condition: Text) -> Text:
    """A condition as it stands beside an `or`."""
    loose = isinstance(ast.parse(condition.source, mode="eval").body, ast.IfExp | ast.Lambda)
    return joined("(", condition, ")") if loose else condition


def alike(one: Lines, other: Lines) -> bool:
    """Whether lines say the same, whatever nodes they come from."""
    return [(line.depth, line.code.source, line.comment) for line in one.lines] == [
        (line.depth, line.code.source, line.comment) for line in other.lines
    ]


def is_branch(lines: Lines) -> bool:
    """Whether lines are nothing but an `if` with its branches."""
    first, *rest = lines.lines or (None,)
    if first is None or first.is_prose or not first.code.source.startswith("if "):
        return False
    return all(line.depth > first.depth or line.code.source.startswith(("else:", "elif ")) for line in rest)
