"""What of a tensor the table shows: an index as people write it, and where each cell stands in the tensor.

An index is numbers, slices and `...`, separated by commas: "0, :, :5". The table shows the last two
dimensions an index keeps; the ones before them are leafed through, one number each.
"""

from __future__ import annotations

import ast

from attrs import frozen

from blockstudio.errors import ExpressionError, mark


@frozen
class Axis:
    """What an index takes along one dimension of `size`: `length` elements from `start` on, `step` apart."""

    size: int
    start: int
    step: int
    length: int
    kept: bool
    """False where the index is a single number, so that the dimension falls away."""

    @property
    def whole(self) -> bool:
        return self.kept and self.start == 0 and self.step == 1 and self.length == self.size

    def text(self) -> str:
        if not self.kept:
            return str(self.start)
        if self.whole:
            return ":"
        stop = self.start + self.length * self.step
        start = str(self.start) if self.start else ""
        return f"{start}:{min(stop, self.size)}" + (f":{self.step}" if self.step > 1 else "")


@frozen
class Slice:
    """An index applied to a shape: an `Axis` for each dimension."""

    axes: tuple[Axis, ...]

    @property
    def kept(self) -> tuple[int, ...]:
        """The dimensions that remain."""
        return tuple(number for number, axis in enumerate(self.axes) if axis.kept)

    @property
    def leading(self) -> tuple[int, ...]:
        """The dimensions that remain in front of the two the table shows."""
        return self.kept[:-2]

    @property
    def rows(self) -> int:
        """Rows of the table: a vector is one column, a single number one cell."""
        if not all(axis.length for axis in self.axes):
            return 0
        kept = self.kept[-2:]
        return self.axes[kept[0]].length if kept else 1

    @property
    def columns(self) -> int:
        kept = self.kept[-2:]
        return self.axes[kept[1]].length if len(kept) == 2 else 1

    @property
    def whole(self) -> bool:
        return all(axis.whole for axis in self.axes)

    def text(self) -> str:
        """The index in one spelling; "" for the whole tensor."""
        return "" if self.whole else ", ".join(axis.text() for axis in self.axes)

    def at(self, positions: tuple[int, ...]) -> Slice:
        """With one number, by its position in the slice, in place of each leading dimension."""
        axes = list(self.axes)
        for number, position in zip(self.leading, positions, strict=False):
            axis = axes[number]
            if axis.length:
                axes[number] = Axis(axis.size, axis.start + axis.step * position, 1, 1, False)
        return Slice(tuple(axes))

    def element(self, row: int, column: int) -> str:
        """The index of a cell of the table in the whole tensor: "3, 14"."""
        numbers = [axis.start for axis in self.axes]
        for number, position in zip(self.kept[-2:], (row, column), strict=False):
            numbers[number] += self.axes[number].step * position
        return ", ".join(map(str, numbers))


def parse(text: str, shape: tuple[int, ...]) -> Slice:
    """The slice of a tensor of `shape` that `text` means; "" is all of it. ExpressionError where it means none."""
    parts = _parts(text)
    if any(part is Ellipsis for part in parts):
        place = next(number for number, part in enumerate(parts) if part is Ellipsis)
        missing = max(0, len(shape) - len(parts) + 1)
        parts[place : place + 1] = [slice(None)] * missing
    if len(parts) > len(shape):
        raise ExpressionError(
            mark("“{text}” has {given} indices, but the tensor has {rank} dimensions."),
            text=text,
            given=len(parts),
            rank=len(shape),
        )
    parts += [slice(None)] * (len(shape) - len(parts))
    return Slice(tuple(_axis(part, size, number) for number, (part, size) in enumerate(zip(parts, shape, strict=True))))


def _axis(part: object, size: int, number: int) -> Axis:
    if isinstance(part, slice):
        start, stop, step = part.indices(size)
        return Axis(size, start, step, len(range(start, stop, step)), True)
    assert isinstance(part, int)
    if not -size <= part < size:
        raise ExpressionError(
            mark("Index {index} is outside dimension {number}, which has {size} elements."),
            index=part,
            number=number,
            size=size,
        )
    return Axis(size, part % size, 1, 1, False)


def _parts(text: str) -> list[object]:
    if not text.strip():
        return []
    refusal = ExpressionError(mark("“{text}” is not an index: use numbers and slices, such as 0, :, :5."), text=text)
    try:
        body = ast.parse(f"x[{text}]", mode="eval").body
    except (SyntaxError, ValueError):
        raise refusal from None
    if not isinstance(body, ast.Subscript) or not isinstance(body.value, ast.Name):
        raise refusal
    elements = body.slice.elts if isinstance(body.slice, ast.Tuple) else [body.slice]
    parts: list[object] = []
    for element in elements:
        if isinstance(element, ast.Slice):
            ends = [_number(end, refusal) if end else None for end in (element.lower, element.upper, element.step)]
            if ends[2] is not None and ends[2] < 1:
                raise refusal
            parts.append(slice(*ends))
        elif isinstance(element, ast.Constant) and element.value is Ellipsis and Ellipsis not in parts:
            parts.append(Ellipsis)
        else:
            parts.append(_number(element, refusal))
    return parts


def _number(element: ast.expr, refusal: ExpressionError) -> int:
    sign = 1
    if isinstance(element, ast.UnaryOp) and isinstance(element.op, ast.USub):
        sign, element = -1, element.operand
    if isinstance(element, ast.Constant) and type(element.value) is int:
        return sign * element.value
    raise refusal
