"""Source text that remembers which node each part of it comes from, laid out in lines of a readable width."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from attrs import define, evolve, field, frozen

from blockstudio.graph.document import Location

WIDTH = 88
INDENT = 4


@frozen
class Span:
    """A stretch of the source that comes from a node. Lines count from 1, columns from 0, in characters;
    the end column is the one behind the last."""

    line: int
    column: int
    end_line: int
    end_column: int
    location: Location
    node: str


@frozen
class Source:
    """Python source, and the spans of the nodes in it."""

    text: str
    spans: tuple[Span, ...]


@frozen
class Mark:
    """A stretch of a text, by offsets, that comes from a node."""

    start: int
    end: int
    location: Location
    node: str


@frozen
class Text:
    """A piece of source on one line, with its marks: outer ones before those inside them."""

    source: str
    marks: tuple[Mark, ...] = ()

    def marked(self, location: Location, node: str) -> Text:
        """The same, all of it from a node."""
        return Text(self.source, (Mark(0, len(self.source), location, node), *self.marks))

    def stretched(self) -> Text:
        """The same, with its first mark over all of it."""
        if not self.marks:
            return self
        first, *rest = self.marks
        return Text(self.source, (evolve(first, start=0, end=len(self.source)), *rest))

    def cut(self, start: int, end: int) -> Text:
        """A part of it, with what its marks cover of that."""
        inside = (evolve(mark, start=max(mark.start, start), end=min(mark.end, end)) for mark in self.marks)
        kept = (mark for mark in inside if mark.start < mark.end)
        return Text(self.source[start:end], tuple(Text("", tuple(kept)).shifted(-start)))

    def shifted(self, offset: int) -> Iterator[Mark]:
        """Its marks, where it stands at an offset."""
        return (Mark(mark.start + offset, mark.end + offset, mark.location, mark.node) for mark in self.marks)


def joined(*parts: Text | str) -> Text:
    """Texts one behind the other."""
    source = ""
    marks: list[Mark] = []
    for part in parts:
        if isinstance(part, str):
            source += part
        else:
            marks += part.shifted(len(source))
            source += part.source
    return Text(source, tuple(marks))


def listed(parts: Iterable[Text | str]) -> Text:
    """Texts parted by commas."""
    pieces: list[Text | str] = []
    for part in parts:
        pieces += [", ", part] if pieces else [part]
    return joined(*pieces)


@frozen
class Line:
    """A line of code, a comment behind it; or one that is all comment or docstring."""

    depth: int
    code: Text
    comment: str = ""
    is_prose: bool = False


@define
class Lines:
    """Lines of source with their depths, that become a `Source`."""

    lines: list[Line] = field(factory=list)
    depth: int = 0

    def add(self, *parts: Text | str, comment: str = "") -> None:
        """A line of code, with a comment that is known to fit behind it."""
        self.lines.append(Line(self.depth, joined(*parts), comment))

    def add_prose(self, lines: Iterable[str]) -> None:
        """Lines of a comment or docstring."""
        self.lines += [Line(self.depth if line else 0, Text(line), is_prose=True) for line in lines]

    def code(self) -> Iterator[str]:
        """The code, without comments and docstrings."""
        return (line.code.source for line in self.lines if not line.is_prose)

    def does_nothing(self) -> bool:
        """Whether there is no code, be there comments or not."""
        return next(self.code(), None) is None

    def extend(self, other: Lines) -> None:
        """Take over lines that were written at this depth."""
        self.lines += other.lines

    def dedented(self) -> Lines:
        """The same, one level less deep."""
        return Lines([evolve(line, depth=max(line.depth - 1, 0)) for line in self.lines], self.depth - 1)

    def blank(self, count: int = 1) -> None:
        self.add_prose([""] * count)

    def room(self) -> int:
        """How many characters fit in a line."""
        return WIDTH - INDENT * self.depth

    def source(self) -> Source:
        written: list[str] = []
        spans: list[Span] = []
        for line in self.lines:
            laid_out, starts = _laid_out(line)
            for mark in line.code.marks:
                row, column = _position(starts, mark.start)
                end_row, end_column = _position(starts, mark.end, end=True)
                first = len(written) + 1
                spans.append(Span(first + row, column, first + end_row, end_column, mark.location, mark.node))
            written += laid_out
        return Source("\n".join(written).rstrip("\n") + "\n", tuple(spans))


# --- breaking long lines ------------------------------------------------------------------------

_Start = tuple[int, int]
"""The offset in the text at which a line starts, and the column it starts at."""


def _laid_out(line: Line) -> tuple[list[str], list[_Start]]:
    """A line in as many as it takes, and where in it each of them starts."""
    source, indent = line.code.source, INDENT * line.depth
    if line.is_prose or line.comment or indent + len(source) <= WIDTH:
        comment = f"  # {line.comment}" if line.comment else ""
        return [" " * indent + source + comment], [(0, indent)]
    pieces = list(_statement(source, indent))
    lines = [" " * piece.column + piece.head + source[piece.start : piece.end] + piece.tail for piece in pieces]
    return lines, [(piece.start, piece.column + len(piece.head)) for piece in pieces]


class _Piece(NamedTuple):
    """A line: the part of the text in it, its column, and what stands before and behind that part."""

    start: int
    end: int
    column: int
    tail: str = ""
    head: str = ""


def _statement(source: str, indent: int) -> Iterator[_Piece]:
    """A statement in lines: its expression in brackets of its own where it cannot be broken at those it has."""
    start, end = _expression(source)
    operators = list(_operators(source, start, end))
    breakable = _brackets(source, start, end, WIDTH - indent - start)
    if start == end or (breakable and not operators):
        yield from _pieces(source, 0, len(source), indent, "")
        return
    yield _Piece(0, start, indent, "(")
    yield from _operands(source, start, end, indent + INDENT, operators)
    yield _Piece(end, len(source), indent, head=")")


def _expression(source: str) -> tuple[int, int]:
    """Where in a statement the expression is that brackets may be put round; empty where there is none."""
    for keyword in ("return ", "if ", "while "):
        if source.startswith(keyword):
            return len(keyword), len(source) - (keyword != "return ")
    if source.startswith("for ") and not source.endswith("):"):
        return len("for "), source.index(" in ")
    for index, character in _outside(source, 0, len(source)):
        if character == "=" and source[index - 1 : index + 2] == " = ":
            return index + 2, len(source)
    return len(source), len(source)


_LEVELS: tuple[tuple[str, ...], ...] = (
    (", ",),
    (" if ", " else "),
    (" or ",),
    (" and ",),
    (" < ", " > ", " <= ", " >= ", " == ", " != "),
    (" | ",),
    (" & ",),
    (" + ", " - "),
    (" * ", " / ", " // ", " % ", " @ "),
)
"""The operators that a line may be broken before, or behind for a comma; those that bind least first."""


def _operators(source: str, start: int, end: int) -> Iterator[int]:
    """Where the operators stand that bind least in an expression."""
    spaces = [index for index, character in _outside(source, start, end) if character in " ,"]
    for level in _LEVELS:
        found = [index for index in spaces if source.startswith(level, index)]
        if found:
            yield from found
            return


def _operands(source: str, start: int, end: int, indent: int, operators: list[int]) -> Iterator[_Piece]:
    """An expression in brackets: in a line if it fits into one, else a line for each operand."""
    commas = bool(operators) and source.startswith(", ", operators[0])
    if not operators or (indent + end - start <= WIDTH and not commas):
        yield from _pieces(source, start, end, indent, "")
        return
    for first, last in pairwise([start - 1 - commas, *operators, end]):
        yield from _pieces(source, first + 1 + commas, last, indent, "," * commas)


def _pieces(source: str, start: int, end: int, indent: int, tail: str) -> Iterator[_Piece]:
    """A part of a text in lines: broken at its last brackets that do where it is too long for one."""
    fits = indent + end - start + len(tail) <= WIDTH
    brackets = None if fits else _brackets(source, start, end, WIDTH - indent) or _brackets(source, start, end, end)
    if brackets is None:
        yield _Piece(start, end, indent, tail)
        return
    opening, closing = brackets
    yield _Piece(start, opening + 1, indent)
    parts = list(_split(source, opening + 1, closing))
    comprehension = source[parts[-1][0] : parts[-1][1]].startswith("for ")
    lone = len(parts) == 1 and source[parts[0][0]] in "[{*"
    element, *rest = parts
    choice = [index for index in _operators(source, *element) if source.startswith(_LEVELS[1], index)]
    if comprehension and choice:
        yield from _operands(source, *element, indent + INDENT, choice)
        parts = rest
    for first, last in parts:
        yield from _pieces(source, first, last, indent + INDENT, "" if comprehension or lone else ",")
    yield _Piece(closing, end, indent, tail)


def _brackets(source: str, start: int, end: int, room: int) -> tuple[int, int] | None:
    """The last of the outermost brackets that open within so many characters and have anything in them; round ones
    before others. None where more than one call follows them: a chain of calls is not broken within."""
    found: list[tuple[int, int]] = []
    opening = depth = 0
    for index, character in _code(source, start, end):
        if character in "([{":
            if not depth:
                opening = index
            depth += 1
        elif character in ")]}":
            depth -= 1
            if not depth and index - opening > 1:
                found.append((opening, index))
    fitting = [pair for pair in found if pair[0] - start < room]
    round_ones = [pair for pair in fitting if source[pair[0]] == "("] or fitting
    if not round_ones or len(found) - found.index(round_ones[-1]) > 2:
        return None
    return round_ones[-1]


def _split(source: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of what stands in brackets: parted by commas, or a comprehension before each `for`."""
    depth, first = 0, start
    for index, character in _code(source, start, end):
        depth += (character in "([{") - (character in ")]}")
        if not depth and character == ",":
            yield first, index
            first = index + 2
        elif not depth and source.startswith(" for ", index):
            yield first, index
            first = index + 1
    if first < end:
        yield first, end


def _outside(source: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The characters outside of strings and brackets."""
    depth = 0
    for index, character in _code(source, start, end):
        depth -= character in ")]}"
        if not depth:
            yield index, character
        depth += character in "([{"


def _code(source: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The characters outside of strings."""
    quote = ""
    index = start
    while index < end:
        character = source[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        else:
            yield index, character
        index += 1


def _position(starts: list[_Start], offset: int, end: bool = False) -> tuple[int, int]:
    """The line and column of an offset."""
    find = bisect_left if end else bisect_right
    line = max(find(starts, offset, key=lambda start: start[0]) - 1, 0)
    start, column = starts[line]
    return line, column + offset - start
