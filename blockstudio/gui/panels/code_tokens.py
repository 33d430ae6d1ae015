"""Python text cut into coloured pieces by pygments, line by line; free of Qt, so that a thread can do it."""

from __future__ import annotations

from typing import Any

from pygments import lex  # type: ignore[import-untyped]
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import Text, Whitespace  # type: ignore[import-untyped]

Piece = tuple[int, int, Any]
"""Start and length in the line, in UTF-16 units as Qt counts, and the token type of pygments."""


def pieces(text: str) -> list[list[Piece]]:
    """The pieces of each line that have a colour of their own."""
    lines: list[list[Piece]] = [[]]
    column = 0
    for kind, value in lex(text, PythonLexer(stripnl=False, ensurenl=False)):
        plain = kind in (Text, Whitespace)
        for i, part in enumerate(value.split("\n")):
            if i:
                lines.append([])
                column = 0
            length = len(part) if part.isascii() else len(part.encode("utf-16-le")) // 2
            if length and not plain:
                lines[-1].append((column, length, kind))
            column += length
    return lines


def changed_lines(old: list[str], new: list[str]) -> tuple[int, int, int]:
    """How many lines at the start are the same, and where the rest that is the same begins in each."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, len(old) - end, len(new) - end
