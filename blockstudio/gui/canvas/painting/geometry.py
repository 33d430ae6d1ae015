"""Where everything in a node goes: sizes, lines of text, rows and ports, from its face."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil

from attrs import Factory, define
from PySide6.QtCore import QPointF, QRectF

from blockstudio.gui.canvas.facts.faces import Face, PortFace, Row
from blockstudio.gui.canvas.facts.places import GRID
from blockstudio.gui.canvas.painting.look import (
    CHIP,
    GAP,
    HEADER,
    LEAST_WIDTH,
    PADDING,
    PORT_ROW,
    PORT_Y,
    ROW,
    TAG,
    WIDEST_TEXT,
    measure,
)

TEXT_X = PADDING + CHIP + GAP
LINE = 15.0
COMMENT_LINE = 15.0
ROW_INDEX = PADDING + 6.0
ROW_ICON = 16.0
FOOT = 6.0
_TIE = "\u00a0"
_WITHIN = re.compile("(?<!,) ")
"""The spaces within an option."""
NAMES = 18.0
"""Height of the names of ports at the top or the bottom of a node."""
NAME_ROOM = 14.0
"""Between two such names, and between a name and the side of the node."""
LEAST_ROOM = 30.0
"""From port to port along a top or bottom, where no names are."""


@define
class Line:
    """A text with its left end and the height of its middle."""

    text: str
    x: float
    y: float


@define
class Anchor:
    """A port with its place on the border of the node."""

    face: PortFace
    point: QPointF


@define
class Opening:
    """Where a node shows the graph inside it, as large as that is."""

    field: QRectF
    """What is shown, in the coordinates of the inner graph."""
    place: QPointF = Factory(QPointF)
    """Where its upper left is within the node."""

    @property
    def rect(self) -> QRectF:
        """The field within the node."""
        return QRectF(self.place, self.field.size())

    @property
    def offset(self) -> QPointF:
        """What to add to a place of the inner graph to have it within the node."""
        return self.place - self.field.topLeft()


@define
class NodeGeometry:
    width: float = 0.0
    height: float = HEADER
    header: float = HEADER
    """Where title and detail end."""
    down: bool = False
    """Inputs are at the top and outputs at the bottom."""
    top: float = 0.0
    """Where the header begins: below the names of ports at the top."""
    title: Line = Factory(lambda: Line("", TEXT_X, PORT_Y))
    detail: list[Line] = Factory(list)
    inputs: dict[str, Anchor] = Factory(dict)
    outputs: dict[str, Anchor] = Factory(dict)
    rows: list[tuple[Row, QRectF]] = Factory(list)
    row_titles: float = 0.0
    """Left end of the titles in the rows."""
    more: Line | None = None
    opening: Opening | None = None
    rows_top: float | None = None
    """Height of the line above the rows."""
    comment_top: float | None = None
    tag: Line | None = None
    device: QRectF | None = None
    comment: list[Line] = Factory(list)

    def anchor(self, port: str, is_source: bool) -> QPointF:
        """Where a wire ends; in the middle of its side for a port there is none of."""
        found = (self.outputs if is_source else self.inputs).get(port)
        if found:
            return found.point
        if self.down:
            return QPointF(self.width / 2, self.height if is_source else 0.0)
        return QPointF(self.width if is_source else 0.0, PORT_Y)

    def row_at(self, y: float) -> int | None:
        """The row at a height."""
        return next((i for i, (_, rect) in enumerate(self.rows) if rect.top() <= y < rect.bottom()), None)

    def gap_at(self, y: float) -> int:
        """The place between rows nearest to a height: 0 is above the first."""
        return sum(y > rect.center().y() for _, rect in self.rows)

    def gap_y(self, index: int) -> float:
        """The height of a place between rows."""
        if not self.rows:
            return HEADER
        return self.rows[index][1].top() if index < len(self.rows) else self.rows[-1][1].bottom()


@define
class _Alike:
    """What is known of the sizes of faces that have their `kin` in common."""

    kin: Face
    least: float
    title: float
    by_width: dict[float, NodeGeometry] = Factory(dict)


def geometry(face: Face, field: QRectF | None = None) -> NodeGeometry:
    """Where everything goes; shared by nodes that differ in nothing but their names, so never changed.

    `field` is what is shown of the graph inside, where the node is expanded.
    """
    kin = face.kin
    if kin is None or field is not None or face.tag or face.device or face.comment:
        least, title = _widths(face)
        if field is not None:
            least = max(least, field.width() + 2 * PADDING)
        return _laid_out(face, _width(face, least, title), field)
    known = measure("title").shapes
    alike = known.get(id(kin))
    if alike is None:
        alike = known[id(kin)] = _Alike(kin, *_widths(kin))
    width = _width(face, alike.least, alike.title)
    found = alike.by_width.get(width)
    if found is None:
        found = alike.by_width[width] = _laid_out(kin, width)
    return found


def _laid_out(face: Face, width: float, field: QRectF | None = None) -> NodeGeometry:
    result = NodeGeometry(width, down=face.down)
    small = measure("small")
    lines = _detail(face)
    top = result.top = NAMES if face.down and _has_names(face.inputs) else 0.0
    header = result.header = top + HEADER + max(0, len(lines) - 1) * LINE
    result.title = Line(face.title, TEXT_X, top + (13.0 if lines else PORT_Y))
    result.detail = [Line(line, TEXT_X, top + 28.0 + i * LINE) for i, line in enumerate(lines)]
    y = header if face.down else _ports(result, face, header)
    if (face.takes_rows and field is None) or (face.rows and not face.takes_rows):
        result.rows_top = y
        y = _rows(result, face, y)
    if field is not None:
        # On the grid, so that the inner graph keeps to that of the outer one.
        left, y = (width - field.width()) / 2 // GRID * GRID, ceil(y / GRID) * GRID
        result.opening = Opening(field, QPointF(left, y))
        y += field.height() + PADDING
    if face.tag or face.device:
        if not face.rows and y == top + HEADER:
            y -= 3.0
        if face.tag:
            result.tag = Line(face.tag, PADDING + 18.0, y + TAG / 2)
        if face.device:
            room = small.width(face.device) + 12.0
            result.device = QRectF(width - PADDING - room + 2.0, y + 1.0, room, TAG - 2.0)
        y += TAG + 4.0
    if face.comment:
        result.comment_top = y
        y += 4.0
        for line in small.wrapped(face.comment, width - 2 * PADDING):
            result.comment.append(Line(line, PADDING, y + COMMENT_LINE / 2))
            y += COMMENT_LINE
        y += 4.0
    if face.down:
        y += NAMES if _has_names(face.outputs) else 0.0
        _ports_down(result, face, y)
    result.height = y
    return result


def _has_names(ports: Sequence[PortFace]) -> bool:
    return any(port.label for port in ports)


def _detail(face: Face) -> list[str]:
    """The options in lines that break between them, where each has room in a line of its own."""
    if not face.detail:
        return []
    details = measure("detail")
    if any(details.width(f"{option},") > WIDEST_TEXT for option in face.detail.split(", ")):
        return details.wrapped(face.detail, WIDEST_TEXT)
    whole = _WITHIN.sub(_TIE, face.detail)
    return [line.replace(_TIE, " ") for line in details.wrapped(whole, WIDEST_TEXT)]


def _width(face: Face, least: float, title: float) -> float:
    name = measure("name").width(face.name) + 14.0 if face.name else 0.0
    # Ports in the middle of a top or bottom are on the grid, as those at a side are.
    step = 2 * GRID if face.down else GRID
    return ceil(max(least, title + name) / step) * step


def _widths(face: Face) -> tuple[float, float]:
    """The least width of the node, and the width of its title, beside which its name has to have room."""
    titles, details, small = measure("title"), measure("detail"), measure("small")
    wanted = [LEAST_WIDTH]
    wanted += [TEXT_X + details.width(line) + PADDING for line in _detail(face)]
    if face.down:
        wanted += [sum(_rooms(face.inputs)), sum(_rooms(face.outputs))]
    elif len(face.inputs) > 1 or len(face.outputs) > 1:
        left = max((small.width(port.label) for port in face.inputs), default=0.0)
        right = max((small.width(port.label) for port in face.outputs), default=0.0)
        wanted.append(left + right + 2 * PADDING + 24.0)
    if face.rows:
        index = max(small.width(row.index) for row in face.rows)
        for row in face.rows:
            text = titles.width(row.title) + (details.width(row.detail) + GAP if row.detail else 0.0)
            wanted.append(ROW_INDEX + index + GAP + (ROW_ICON + 6.0 if row.icon else 0.0) + text + PADDING)
    tag = small.width(face.tag) + 18.0 + PADDING if face.tag else 0.0
    device = small.width(face.device) + 12.0 + GAP if face.device else 0.0
    wanted.append(tag + device + PADDING)
    if face.comment:
        longest = max(small.width(line) for line in face.comment.splitlines() or [""])
        wanted.append(min(longest, WIDEST_TEXT * 0.7) + 2 * PADDING)
    if face.takes_rows:
        wanted.append(170.0)
    return max(wanted), TEXT_X + titles.width(face.title) + PADDING


def _ports(result: NodeGeometry, face: Face, header: float) -> float:
    """Put the ports down; returns the height below them."""
    compact = len(face.inputs) == 2 and not any(port.label for port in face.inputs)
    lowest = header
    for faces, anchors, x in ((face.inputs, result.inputs, 0.0), (face.outputs, result.outputs, result.width)):
        if len(faces) == 1:
            anchors[faces[0].name] = Anchor(faces[0], QPointF(x, PORT_Y))
        elif compact and faces is face.inputs:
            for port, y in zip(faces, (GRID, HEADER - GRID), strict=True):
                anchors[port.name] = Anchor(port, QPointF(x, y))
        else:
            for i, port in enumerate(faces):
                anchors[port.name] = Anchor(port, QPointF(x, header + PORT_ROW * (i + 0.5)))
            lowest = max(lowest, header + PORT_ROW * len(faces) + (FOOT if faces else 0.0))
    return lowest


def _rooms(ports: Sequence[PortFace]) -> list[float]:
    """The width that each port at a top or bottom needs."""
    small = measure("small")
    return [max(LEAST_ROOM, small.width(port.label) + NAME_ROOM) for port in ports]


def _ports_down(result: NodeGeometry, face: Face, bottom: float) -> None:
    """Put inputs along the top and outputs along the bottom, evenly and on the grid, counted from the middle."""
    middle = result.width / 2
    for ports, anchors, y in ((face.inputs, result.inputs, 0.0), (face.outputs, result.outputs, bottom)):
        rooms = _rooms(ports)
        spare = (result.width - sum(rooms)) / max(1, len(rooms))
        x = 0.0
        for port, room in zip(ports, rooms, strict=True):
            centre = x + (room + spare) / 2
            anchors[port.name] = Anchor(port, QPointF(middle + round((centre - middle) / GRID) * GRID, y))
            x += room + spare


def _rows(result: NodeGeometry, face: Face, y: float) -> float:
    small = measure("small")
    index = max((small.width(row.index) for row in face.rows), default=0.0)
    result.row_titles = ROW_INDEX + index + GAP
    y += 3.0
    for row in face.rows:
        result.rows.append((row, QRectF(4.0, y, result.width - 8.0, ROW)))
        y += ROW
    if face.more_rows:
        result.more = Line("", result.row_titles, y + ROW / 2)
        y += ROW
    elif not face.rows:
        y += ROW  # where the first block is dropped
    return y + 3.0
