"""Places for everything in an example: in the rows it is to be drawn in, or as Tidy would."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import SetRoute
from blockstudio.graph.model import Note, Position
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.facts.places import placement, snapped
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.layers import LABEL_ROOM
from blockstudio.gui.canvas.painting.look import measure
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.measuring import boxes_and_wires
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.runtime.shapes import ShapeFinder
from tests.helpers.architectures.drawing import ROWS
from tests.helpers.tidying import tidied

ABOVE = 40.0
"""From a note to what stands below it."""
ROW_GAP = 70.0
LEAST_GAP = 60.0
FRAME = 30.0
"""From a frame to what stands in it, at its sides."""
HEAD = 40.0
"""Above what stands in a frame: its title."""
BELOW_TITLE = 50.0
"""Besides, where a wire runs back into the frame from the one above."""
FOOT = 20.0
BETWEEN = 50.0
"""From a frame to the next: its title stands there when looked at from afar."""


def placed(document: Document) -> Document:
    """The document with places for all it holds."""
    # Between columns there is room for the shapes on the wires.
    found = {(row.path, row.port): row.value for row in ShapeFinder().shapes(document).ports}

    class Known:
        def shape(self, location: Location, node: str, port: str) -> TensorShape | None:
            return found.get((location.path(node), port))

    for location, inner in list(document.graphs()):
        notes, inner.notes = dict(inner.notes), {}
        rows = inner.extra.pop(ROWS, ())
        scene = CanvasScene()
        scene.show_graph(document, location, Known())
        top = 0.0
        if not scene.sequence:
            laid_out = tidied(scene)
            after = Rows(scene, rows).places() if rows else laid_out.after
            left = min((x for x, _ in after.values()), default=0.0)
            highest = min((y for _, y in after.values()), default=0.0)
            moved = {key: (x - left, y - highest) for key, (x, y) in after.items()}
            for edit in placement(location, inner, moved):
                document.apply(edit)
            for target, points in laid_out.routes.items() if not rows else ():
                if points:
                    route = tuple((x - left, y - highest) for x, y in points)
                    document.apply(SetRoute(location, target, route))
            inner.notes |= Rows(scene, rows).frames(moved)
            top = min((note.position[1] for note in inner.notes.values()), default=0.0)
        for key, note in notes.items():
            item = NoteItem(next(iter(scene.nodes.values())).key, note, scene.surface)
            height = -(-item.height // 10) * 10
            left = min((frame.position[0] for frame in inner.notes.values()), default=0.0)
            inner.notes[key] = evolve(note, position=(left, top - height - ABOVE), size=(note.size[0], height))
        scene.close()
    return document


class Rows:
    """Things of a scene in rows."""

    def __init__(self, scene: CanvasScene, rows: Iterable[str]) -> None:
        self.scene = scene
        self.boxes, _ = boxes_and_wires(scene)
        named = {key.name: key for key in self.boxes}
        self.titles = [title.strip() for title, colon, _ in (row.rpartition(":") for row in rows)]
        self.rows = [[named[name] if name != "." else None for name in row.rpartition(":")[2].split()] for row in rows]
        if self.rows:
            standing = [key for row in self.rows for key in row if key]
            assert sorted(map(str, standing)) == sorted(map(str, named.values())), (scene.location, set(named))

    def places(self) -> dict[Key, Position]:
        """The top left corner of each thing."""

        is_grid = any(key is None for row in self.rows for key in row)
        shared = self._lefts(self.rows)
        result: dict[Key, Position] = {}
        y = 0.0
        for row, title in zip(self.rows, self.titles, strict=True):
            places = shared if is_grid else self._lefts([row])
            y += HEAD + BELOW_TITLE if title else 0.0
            for key, (left, width) in zip(row, places, strict=False):
                if key:
                    result[key] = snapped(left + (width - self.boxes[key].width) / 2, y)
            y += max(self.boxes[key].height for key in row if key) + (FOOT + BETWEEN if title else ROW_GAP)
        return result

    def _lefts(self, rows: list[list[Key | None]]) -> list[tuple[float, float]]:
        """The left edge and the width of each column."""

        width = max(map(len, rows))
        column = {key: index for row in rows for index, key in enumerate(row) if key}
        gaps = [LEAST_GAP] * width
        for edge in self.scene.edges.values():
            start, end = owners(edge)
            if edge.label and start in column and column.get(end) == column[start] + 1:
                room = measure("small").width(edge.label) + 8.0 + LABEL_ROOM + 12.0
                gaps[column[start]] = max(gaps[column[start]], room)
        result, left = [], 0.0
        for index in range(width):
            boxes = [self.boxes[key] for row in rows if len(row) > index and (key := row[index])]
            widest = max((box.width for box in boxes), default=0.0)
            result.append((left, widest))
            left += widest + gaps[index]
        return result

    def frames(self, places: dict[Key, Position]) -> dict[str, Note]:
        """The frames around the rows that have a title, all as wide as the widest."""

        framed = [(row, title) for row, title in zip(self.rows, self.titles, strict=True) if title]
        if not framed:
            return {}
        keys = [key for row, _ in framed for key in row if key]
        left = min(places[key][0] for key in keys) - FRAME
        right = max(places[key][0] + self.boxes[key].width for key in keys) + FRAME
        result = {}
        for number, (row, title) in enumerate(framed):
            top = min(places[key][1] for key in row if key) - HEAD - (BELOW_TITLE if number else 0.0)
            bottom = max(places[key][1] + self.boxes[key].height for key in row if key) + FOOT
            result[f"frame_{number}"] = Note(title, (left, top), (right - left, bottom - top), frame=True)
        return result
