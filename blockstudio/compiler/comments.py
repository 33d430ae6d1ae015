"""Comments and docstrings from the user's text, which can neither end early nor hide code."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

from blockstudio.compiler import ir
from blockstudio.compiler.text import WIDTH


def comment_lines(text: str, room: int) -> list[str]:
    """A text as lines of comment."""
    return [f"# {line}" if line else "#" for line in _wrapped(text, room - 2)]


def docstring_lines(doc: str, arguments: Iterable[ir.Argument], inputs: Iterable[ir.Argument], room: int) -> list[str]:
    """A docstring with what there is to say of the arguments and the inputs; empty where there is nothing at all."""
    growth = len(_escaped(doc)) - len(doc)
    room -= min(growth, room // 2)
    lines = _wrapped(doc, room - 6)
    described = [argument for argument in arguments if argument.doc.strip()]
    if described:
        lines += [*([""] if lines else []), "Args:"]
        for argument in described:
            first, *rest = _wrapped(f"{argument.name}: {argument.doc}", room - 8)
            lines += [f"    {first}", *(f"        {line}".rstrip() for line in rest)]
    examples = [argument for argument in inputs if argument.example]
    if examples:
        lines += [*([""] if lines else []), "Example inputs:"]
        for argument in examples:
            lines += [f"    {line}".rstrip() for line in _wrapped(f"{argument.name}: {argument.example}", room - 10)]
    if not lines:
        return []
    # Escaped line by line, so that no line ends within an escape.
    lines = list(map(_escaped, lines))
    if len(lines) == 1:
        end = " " if lines[0].endswith('"') else ""
        return [f'"""{lines[0]}{end}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _wrapped(text: str, room: int) -> list[str]:
    """The text in lines of that width, its own line breaks kept, without what cannot be seen."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).strip("\n").split("\n"):
        visible = "".join(character if character.isprintable() else " " for character in line).rstrip()
        lines += _wrapped_line(visible, max(room, 20)) if visible else [""]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _wrapped_line(line: str, room: int) -> Iterator[str]:
    if _width(line) <= room:
        yield line
        return
    indent = line[: len(line) - len(line.lstrip())]
    if not any(map(_is_wide, line)):
        yield from textwrap.wrap(line, room, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        return
    # Scripts without spaces break anywhere.
    current = ""
    for character in line:
        if _width(current + character) > room:
            yield current.rstrip()
            current = indent + character.lstrip()
        else:
            current += character
    if current.strip():
        yield current


def _width(text: str) -> int:
    return sum(2 if _is_wide(character) else 1 for character in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def fits(text: str) -> bool:
    """Whether a line, written out, is no wider than lines should be."""
    return _width(text) <= WIDTH
