"""What the code that asks for the truth of a value does with it, read from its source.

A condition that only guards a `raise`, or an `assert`, checks the inputs and need not be drawn.
"""

from __future__ import annotations

import ast
import dis
import linecache
import sys
import types
from functools import lru_cache

OURS = ("blockstudio/runtime/importing/", "torch/fx/")


def caller() -> types.FrameType | None:
    """The innermost frame that is neither ours nor torch.fx's."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename.replace("\\", "/")
        if not any(part in name for part in OURS):
            return frame
        frame = frame.f_back
    return None


def where(frame: types.FrameType | None) -> str:
    """The line of source a frame is at, as it stands there."""
    if frame is None:
        return ""
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals).strip()


def unpacked(frame: types.FrameType | None) -> int | None:
    """How many variables the code unpacks what it iterates over into; None where it does something else."""
    if frame is None:
        return None
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset == frame.f_lasti:
            return int(instruction.arg or 0) if instruction.opname == "UNPACK_SEQUENCE" else None
    return None


def check_value(frame: types.FrameType | None) -> tuple[bool, str] | None:
    """The truth value that lets a check of inputs pass, and the check; None where it is no mere check."""
    found = _position(frame)
    if frame is None or found is None:
        return None
    for statement in _statements(frame.f_code.co_filename, found[0]):
        if isinstance(statement, ast.Assert):
            test, passes = statement.test, True
        elif isinstance(statement, ast.If) and _only_raises(statement):
            test, passes = statement.test, False
        else:
            continue
        value = _needed(test, found, passes)
        if value is None and found[:2] == (statement.lineno, statement.col_offset):
            value = _needed_of_all(test, passes)  # Python gives the place of the statement for `assert not x`
        if value is not None:
            return value, ast.unparse(test)
    return None


def _only_raises(statement: ast.If) -> bool:
    *before, last = statement.body
    harmless = all(
        isinstance(part, ast.Assign) and isinstance(part.value, ast.JoinedStr | ast.Constant) for part in before
    )
    return isinstance(last, ast.Raise) and harmless and not statement.orelse


_Position = tuple[int, int, int, int]


def _position(frame: types.FrameType | None) -> _Position | None:
    if frame is None:
        return None
    positions = list(frame.f_code.co_positions())
    line, end_line, column, end_column = positions[frame.f_lasti // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, column, end_line, end_column


def _needed(test: ast.expr, at: _Position, wanted: bool) -> bool | None:
    """The value that the part of a condition at a place must have for the whole to be as wanted."""
    if at == (test.lineno, test.col_offset, test.end_lineno, test.end_col_offset):
        return wanted
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _needed(operand, at, not wanted)
        case (
            ast.BoolOp(values=values)
            | ast.Call(func=ast.Name(id="any" | "all"), args=[ast.List(elts=values) | ast.Tuple(elts=values)])
        ):
            for value in values:
                found = _needed(value, at, wanted)
                if found is not None:
                    return found
        case ast.Call(func=ast.Name(id="any" | "all"), args=[ast.GeneratorExp(elt=part) | ast.ListComp(elt=part)]):
            return _needed(part, at, wanted)
    return None


def _needed_of_all(test: ast.expr, wanted: bool) -> bool | None:
    """The value that a condition of one part must have."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, wanted = test.operand, not wanted
    return None if isinstance(test, ast.BoolOp | ast.IfExp) else wanted


def _statements(filename: str, line: int) -> list[ast.stmt]:
    """The `assert` and `if` statements that a line belongs to, innermost first."""
    spans = [span for span in _checks(filename, len(linecache.getlines(filename))) if span[0] <= line <= span[1]]
    return [statement for _, _, statement in sorted(spans, key=lambda span: span[1] - span[0])]


@lru_cache(maxsize=64)
def _checks(filename: str, length: int) -> list[tuple[int, int, ast.stmt]]:
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [
        (part.lineno, part.end_lineno or part.lineno, part)
        for part in ast.walk(tree)
        if isinstance(part, ast.Assert | ast.If)
    ]
