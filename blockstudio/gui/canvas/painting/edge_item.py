"""A wire: where it runs and how it looks; a layer paints it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPen

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import Key, edge_key, owner_key
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.look import WIRE
from blockstudio.gui.canvas.painting.squared import Piece, Place, squared, turns
from blockstudio.gui.canvas.painting.surface import Surface

SAMPLES = 20
"""Points of a curve looked at to find whether the pointer is on it."""
_steps = [n / SAMPLES for n in range(1, SAMPLES + 1)]
SHARES = [((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3) for t in _steps]
"""The shares that the four points of a curve have in each of its samples."""
LONG = 400.0
"""From here on a wire is seldom in view as a whole."""
LEAST_BEND = 36.0
BACK_BEND = 80.0
TURN = 60.0
"""How far a wire that runs back reaches beyond its ends, or a little less."""
ABOVE_LINE = 75.0
"""From a port to above its node, and above the title of a frame around it."""
LEAST_DROP = 90.0
"""From row to row: with less there is no room to run back in between."""
BELOW_LINE = 60.0
"""From a port to below its node."""


class EdgeItem:
    """Drawn from an output (or an input pill) to an input (or an output pill)."""

    __slots__ = (
        "__weakref__",
        "_path",
        "bent",
        "detour",
        "down",
        "drawn",
        "hidden",
        "hovered",
        "implied",
        "level",
        "lit",
        "selected",
        "short",
        "source",
        "surface",
        "target",
        "via",
        "x0",
        "x1",
        "y0",
        "y1",
    )  # fmt: skip

    def __init__(
        self, source: Endpoint, target: Endpoint, surface: Surface, *, implied: bool = False, down: bool = False
    ) -> None:
        self.source = source
        self.target = target
        self.surface = surface
        self.implied = implied
        """Drawn because the order implies it, in a Sequential; there is no such edge in the document."""
        self.down = down
        """It leaves and arrives downwards, instead of to the right."""
        self.selected = False
        self.lit = False
        """Touches a selected node."""
        self.hovered = False
        self.hidden = False
        """Not painted, while a gesture shows it elsewhere."""
        self.via: tuple[Place, ...] = ()
        """Points that it runs through."""
        self.detour: tuple[Place, ...] = ()
        """Points that lead it round nodes, where it has none of its own."""
        self.level: float | None = None
        """Where across the flow it runs back, where the usual place is taken."""
        self.x0 = self.y0 = self.x1 = self.y1 = 0.0
        self.drawn = False
        """Whether both ends are there, so that there is something to draw."""
        self.bent = False
        """It runs otherwise than it would between its ends alone."""
        self.short = False
        """It is seen wherever its box is, and painted as a whole."""
        self._path: QPainterPath | None = None

    @property
    def key(self) -> Key:
        return edge_key(self.target)

    @property
    def label(self) -> str:
        """What flows here, in words."""
        return self.surface.label(self.source)

    @property
    def start(self) -> QPointF:
        return QPointF(self.x0, self.y0)

    @property
    def end(self) -> QPointF:
        return QPointF(self.x1, self.y1)

    @property
    def ends(self) -> Box:
        """Where it starts and ends: along the flow and across it, twice."""
        return (self.y0, self.x0, self.y1, self.x1) if self.down else (self.x0, self.y0, self.x1, self.y1)

    @property
    def raised(self) -> bool:
        """Whether it runs in front of other wires."""
        return self.selected or self.lit or self.hovered

    def place(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Let the wire run between two places of the scene; the path is made when it is painted."""
        (self.x0, self.y0), (self.x1, self.y1) = start, end
        self.drawn = True
        self._changed()

    def _changed(self) -> None:
        self.bent = bool(self.via or self.detour or self.level is not None or squared())
        self.short = not self.bent and abs(self.x1 - self.x0) < LONG and abs(self.y1 - self.y0) < LONG
        self._path = None

    def lead(self, points: tuple[Place, ...], level: float | None) -> bool:
        """Run round nodes by some points, or back at a level; whether that is another way."""
        if (points, level) == (self.detour, self.level):
            return False
        self.detour, self.level = points, level
        self._changed()
        return True

    @property
    def points(self) -> tuple[Place, ...]:
        """What it is led through, by the user or round nodes."""
        return self.via or self.detour

    def erase(self) -> None:
        """An end is missing: there is nothing to draw."""
        self.drawn = False
        self._path = None

    def path(self) -> QPainterPath:
        """The line, made when first asked for."""
        if self._path is None:
            self._path = path_of(self.pieces()) if self.drawn else QPainterPath()
        return self._path

    @property
    def runs_on(self) -> bool:
        """Whether it is long and goes on in one direction."""
        a0, _, a1, _ = self.ends
        return a1 - a0 >= LONG and not self.bent and not self.implied

    def is_seen_in(self, area: QRectF) -> bool:
        """Whether there is something to paint in an area, which is near its box."""
        if self.short:
            return True
        if not self.runs_on:
            return self.path().intersects(area)
        _, b0, _, b1 = self.ends
        places = [b0 + (b1 - b0) * t * t * (3.0 - 2.0 * t) for t in self._part(area)]
        least, most = (area.left(), area.right()) if self.down else (area.top(), area.bottom())
        return max(places) >= least and min(places) <= most

    def path_in(self, area: QRectF) -> QPainterPath:
        """What to paint in an area: of a long wire only that part, for painting the rest takes as long."""
        if self.short or not self.runs_on:
            return self.path()
        first, last = self._part(area)
        (piece,) = self.pieces()
        start, leaving, arriving, end = (
            _blossom(piece, *shares)
            for shares in ((first,) * 3, (first, first, last), (first, last, last), (last,) * 3)
        )
        path = QPainterPath(QPointF(*start))
        path.cubicTo(*leaving, *arriving, *end)
        return path

    def _part(self, area: QRectF) -> tuple[float, float]:
        """Where a wire that runs on comes into an area, and where it leaves."""
        a0, _, a1, _ = self.ends
        first, last = (area.top(), area.bottom()) if self.down else (area.left(), area.right())
        return along((first - a0) / (a1 - a0)), along((last - a0) / (a1 - a0))

    def pen(self) -> QPen:
        """The pen that fits the state."""
        surface = self.surface
        kind = surface.kind(self.source)
        if not surface.marks:
            return surface.wire_pen(False, WIRE, self.implied, kind)
        width = WIRE + 1.5 * self.selected + 1.5 * self.hovered
        return surface.wire_pen(self.selected or self.lit, width, self.implied, kind)

    def box(self) -> Box:
        a0, b0, a1, b1 = self.ends
        if a1 >= a0 and not self.bent:
            top, bottom = (b0, b1) if b0 < b1 else (b1, b0)
            bend = _bend(a1 - a0)
            left, right = min(a0, a1 - bend) - 3, max(a1, a0 + bend) + 3
            if self.down:
                return top - 3, left, bottom + 3, right
            return left, top - 3, right, bottom + 3
        points = [point for piece in self.pieces() for point in piece]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs) - 3, min(ys) - 3, max(xs) + 3, max(ys) + 3

    def least_distance(self, x: float, y: float) -> float:
        """A distance that the wire is at least away from a place: quick, where `distance` is exact."""
        if self.bent:
            return 0.0
        a0, b0, a1, b1 = self.ends
        a, b = (y, x) if self.down else (x, y)
        da, db = a1 - a0, b1 - b0
        if da < 2 * LEAST_BEND:
            return 0.0
        # Between which heights the curve is beside the place, and it is never steeper than this.
        step = min(STEPS - 1, max(0, int((a - a0) / da * STEPS)))
        first, last = b0 + db * HEIGHTS[step], b0 + db * HEIGHTS[step + 1]
        gap = max(min(first, last) - b, b - max(first, last), 0.0)
        steep = 2.0 * db / da
        return float(gap / (1.0 + steep * steep) ** 0.5)

    def distance(self, point: QPointF) -> float:
        """How far a place is from the wire."""
        x, y = point.x(), point.y()
        nearest = 1e18
        px, py = self.x0 - x, self.y0 - y
        for qx, qy in self._points():
            qx, qy = qx - x, qy - y
            # The place on the line from p to q that is nearest to (0, 0).
            vx, vy = qx - px, qy - py
            length = vx * vx + vy * vy
            t = -(px * vx + py * vy) / length if length else 0.0
            if t > 0.0:
                px, py = (px + t * vx, py + t * vy) if t < 1.0 else (qx, qy)
            nearest = min(nearest, px * px + py * py)
            px, py = qx, qy
        return float(nearest**0.5)

    def crosses(self, line: QLineF) -> bool:
        """Whether a straight line runs across the wire."""
        bounded = QLineF.IntersectionType.BoundedIntersection
        points = [(self.x0, self.y0), *self._points()]
        return any(QLineF(*a, *b).intersects(line)[0] == bounded for a, b in pairwise(points))

    def _points(self) -> list[Place]:
        """Places along the wire behind its start, close enough to each other."""
        return [
            (a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy)
            for (ax, ay), (bx, by), (cx, cy), (dx, dy) in self.pieces()
            for a, b, c, d in SHARES
        ]

    @property
    def returns(self) -> bool:
        """Whether it runs back level, between what stands above and below."""
        a0, b0, a1, b1 = self.ends
        return not self.points and (self.level is not None or _returns(a1 - a0, b1 - b0))

    def pieces(self) -> list[Piece]:
        """The curves that it is made of, from point to point."""
        if not self.points:
            return pieces(self.x0, self.y0, self.x1, self.y1, self.down, self.level)
        ends = [(self.x0, self.y0), *self.points, (self.x1, self.y1)]
        return [piece for (ax, ay), (bx, by) in pairwise(ends) for piece in pieces(ax, ay, bx, by, self.down)]

    def segment_at(self, point: QPointF) -> int:
        """Between which of its points a place on the wire is: 0 before the first."""
        ends = [(self.x0, self.y0), *self.via, (self.x1, self.y1)]
        parts = [EdgeItem(self.source, self.target, self.surface, down=self.down) for _ in ends[1:]]
        for part, start, end in zip(parts, ends, ends[1:], strict=False):
            part.place(start, end)
        return min(range(len(parts)), key=lambda i: parts[i].distance(point))

    def middle(self) -> QPointF:
        if self.points or squared():
            path = self.path()
            return path.pointAtPercent(path.percentAtLength(path.length() / 2))
        x, y = (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2
        if not self.returns:
            return QPointF(x, y)
        _, b0, _, b1 = self.ends
        level = _level(b0, b1) if self.level is None else self.level
        return QPointF(level, y) if self.down else QPointF(x, level)


def owners(edge: EdgeItem) -> tuple[Key, Key]:
    """What a wire joins: node or pill at its start and at its end."""
    return owner_key(edge.source, True), owner_key(edge.target, False)


def pieces(x0: float, y0: float, x1: float, y1: float, down: bool = False, level: float | None = None) -> list[Piece]:
    """The curves that a wire is made of: one; or round, back at a level, and round again to what is left of it.

    A wire that runs `down` is drawn as one to the right, with the directions changed about.
    """
    if down:
        turned = pieces(y0, x0, y1, x1, level=level)
        return [((ay, ax), (by, bx), (cy, cx), (dy, dx)) for (ax, ay), (bx, by), (cx, cy), (dx, dy) in turned]
    if squared():
        back = x1 < x0 - LEAST_BEND
        return turns((x0, y0), (x1, y1), (_level(y0, y1) if level is None else level) if back else None)
    if level is None and not _returns(x1 - x0, y1 - y0):
        bend = _bend(x1 - x0)
        return [((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1))]
    level, third = _level(y0, y1) if level is None else level, (x1 - x0) / 3
    return [
        ((x0, y0), (x0 + TURN, y0), (x0 + TURN, level), (x0, level)),
        ((x0, level), (x0 + third, level), (x1 - third, level), (x1, level)),
        ((x1, level), (x1 - TURN, level), (x1 - TURN, y1), (x1, y1)),
    ]


def _level(start: float, end: float) -> float:
    """How high a wire runs back: right above the line of nodes that it goes down to, or below the only one."""
    if abs(end - start) < LEAST_BEND:
        return max(start, end) + BELOW_LINE
    return max((start + end) / 2, end - ABOVE_LINE) if end > start else (start + end) / 2


def _returns(dx: float, dy: float) -> bool:
    """From line to line, or along its own, where a straight wire would hide behind the nodes."""
    return dx < -LEAST_BEND and not LEAST_BEND <= abs(dy) <= LEAST_DROP


def along(share: float) -> float:
    """How far along a wire that runs on one is, having gone a share of its width."""
    share = t = min(1.0, max(0.0, share))
    for _ in range(3):
        t -= (t * (1.5 - t * (1.5 - t)) - share) / (1.5 - 3.0 * t * (1.0 - t))
    return t


STEPS = 64
HEIGHTS = [t * t * (3.0 - 2.0 * t) for t in (along(step / STEPS) for step in range(STEPS + 1))]
"""How far across a wire that runs on one is, by the share of its width that one has gone, in steps."""


def _blossom(piece: Piece, u: float, v: float, w: float) -> Place:
    """A control point of a part of a curve (de Casteljau, with a share of its own in each step)."""
    points = list(piece)
    for t in (u, v, w):
        points = [(ax + (bx - ax) * t, ay + (by - ay) * t) for (ax, ay), (bx, by) in pairwise(points)]
    return points[0]


def _bend(dx: float) -> float:
    if dx >= 0:
        return max(min(LEAST_BEND, dx), dx / 2)
    return BACK_BEND + min(-dx, 400.0) / 4


def curve(start: QPointF, end: QPointF, down: bool = False) -> QPainterPath:
    """A smooth line that leaves and arrives level, or upright."""
    return path_of(pieces(start.x(), start.y(), end.x(), end.y(), down))


def path_of(pieces: Sequence[Piece]) -> QPainterPath:
    """Curves that follow each other as one line."""
    path = QPainterPath(QPointF(*pieces[0][0]))
    for _, leaving, arriving, last in pieces:
        path.cubicTo(*leaving, *arriving, *last)
    return path
