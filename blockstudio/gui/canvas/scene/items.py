"""The items of a scene, by key: putting in and taking out, finding, selecting, and what is in view.

Nothing here knows where items come from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from math import ceil, floor

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from blockstudio.graph.model import Endpoint, Position
from blockstudio.gui.canvas.facts.flowing import PLAIN, Flowing, Kind
from blockstudio.gui.canvas.facts.keys import Key, PortKey, owner_key
from blockstudio.gui.canvas.facts.places import GRID
from blockstudio.gui.canvas.facts.spatial import Box, SpatialIndex
from blockstudio.gui.canvas.painting.edge_item import EdgeItem, owners
from blockstudio.gui.canvas.painting.ground import FieldLayer
from blockstudio.gui.canvas.painting.layers import EVERYWHERE, LabelLayer, Layer, ThingLayer, WireLayer
from blockstudio.gui.canvas.painting.look import colors, fonts, forget_measures
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.overlay import Overlay
from blockstudio.gui.canvas.painting.overview import OverviewLayer
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.placed import MARGIN
from blockstudio.gui.canvas.painting.surface import Surface
from blockstudio.gui.canvas.scene.lifting import Lift
from blockstudio.gui.canvas.scene.ways import FEW, Ways

AROUND = 18.0
"""From what stands inside a node to the edge of its field."""
LEAST_FIELD = (160.0, 60.0)
LAYERS = 10.0
"""Height of the layers, above that of notes."""

Thing = NodeItem | PillItem | NoteItem


class ItemStore(QGraphicsScene):
    """One item for each node, pill, note and wire. To Qt only notes are items; layers paint the rest."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setSceneRect(EVERYWHERE)
        self.flowing = Flowing()
        self.surface = Surface(repaint=self.update, label=self.label_of, kind=self.kind_of)
        self.nodes: dict[str, NodeItem] = {}
        self.pills: dict[Key, PillItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.edges: dict[Endpoint, EdgeItem] = {}
        self.expanded: set[str] = set()
        """Names of nodes that show what is inside them."""
        self.selection: set[Key] = set()
        self._ends: dict[Key, set[Endpoint]] = {}
        self._index: SpatialIndex[Key] = SpatialIndex(self._box_of)
        self._wires: SpatialIndex[Endpoint] = SpatialIndex(lambda target: self.edges[target].box())
        self.lifted = Lift(self)
        """What is being moved: painted on its own."""
        self._count = 0
        self.stamp = 0
        """Another number whenever something stands elsewhere, or is another size."""
        self.ways = Ways(self)
        self.overview = OverviewLayer(self)
        self.overlay = Overlay()
        self.frame = FieldLayer(self)
        self.frame.setZValue(-1.0)
        self.addItem(self.frame)
        self._ground = ThingLayer(self)
        self.layers: tuple[Layer, ...] = (WireLayer(self), LabelLayer(self), self._ground, self.overview)
        """All that is painted of the graph beside its notes, from back to front."""
        for height, item in enumerate((*self.layers, self.overlay)):
            item.setZValue(LAYERS + height)
            self.addItem(item)

    def label_of(self, source: Endpoint) -> str:
        """What flows from an output, in words; nothing is known here."""
        return ""

    def kind_of(self, source: Endpoint) -> Kind:
        """The kind of value that flows from an output; nothing is known here."""
        return PLAIN

    def shapes_changed(self) -> None:
        """Something else is known to flow: it is asked for when it is painted."""
        self.flowing.forget()
        self.update()

    # --- in and out -------------------------------------------------------------------------------

    def put_in(self, item: Thing) -> None:
        if isinstance(item, NoteItem):
            self.addItem(item)
        else:
            self._count += 1
            item.number = self._count
        self.stamp += 1
        self.ways.moved.setdefault(item.key, None)
        self._index.put(item.key, item.box())
        self.overview.touch(item)

    def take_out(self, item: Thing) -> None:
        if isinstance(item, NoteItem):
            self.removeItem(item)
        self.stamp += 1
        self.ways.moved.setdefault(item.key, self._index.box(item.key))
        self._index.remove(item.key)
        self.overview.touch(item)
        self.selection.discard(item.key)

    def put_in_edge(self, edge: EdgeItem) -> None:
        self.edges[edge.target] = edge
        for key in owners(edge):
            self._ends.setdefault(key, set()).add(edge.target)
            edge.lit = edge.lit or key in self.selection

    def take_out_edge(self, edge: EdgeItem) -> None:
        del self.edges[edge.target]
        self.stamp += 1
        self._wires.remove(edge.target)
        self.ways.drop(edge.target)
        self.overview.touch_wire(edge)
        self.selection.discard(edge.key)
        for key in owners(edge):
            ends = self._ends[key]
            ends.discard(edge.target)
            if not ends:
                del self._ends[key]

    def take_out_all(self) -> None:
        for note in self.notes.values():
            self.removeItem(note)
        for store in (self.nodes, self.pills, self.notes, self.edges, self._ends):
            store.clear()
        for keys in (self.selection, self.expanded):
            keys.clear()
        self.lifted = Lift(self)
        for places in (self._index, self._wires, self.ways):
            places.clear()
        self.overlay.wipe()
        self.overview.forget()
        self.surface.wire = self.surface.port = self.surface.hover = None

    # --- places -----------------------------------------------------------------------------------

    def put(self, key: Key, x: float, y: float) -> bool:
        """Put something elsewhere on the screen; whether it was not there already. Its wires wait for `route`."""
        item = self.thing(key)
        if item is None or (item.x(), item.y()) == (x, y):
            return False
        self.overview.touch(item)
        item.setPos(x, y)
        self.resized(item)
        return True

    def moving(self, keys: AbstractSet[Key], targets: AbstractSet[Endpoint]) -> None:
        """Things, and wires between them, are about to be elsewhere: where, is asked when somebody looks."""
        self.stamp += 1
        for key in keys - self.ways.moved.keys():
            self.ways.moved[key] = self._index.box(key)
        self.ways.loose |= targets
        self._index.touch(keys)
        self._wires.touch(targets)

    def resized(self, item: Thing) -> None:
        self.stamp += 1
        if item.key not in self.ways.moved:
            self.ways.moved[item.key] = self._index.box(item.key)
        self._index.put(item.key, item.box())
        self.overview.touch(item)

    def route(self, targets: Iterable[Endpoint]) -> None:
        """Draw wires between their ports as they are now."""
        self.stamp += 1
        nodes, pills, edges = self.nodes, self.pills, self.edges
        targets = edges.keys() & targets  # what is gone must not be counted among what is to be led
        self.ways.loose |= targets
        wires, touch = self._wires, self.overview.touch_wire
        wires.touch(targets)
        for target in targets:
            edge = edges[target]
            source = edge.source
            start = nodes.get(source.node) if source.node else pills.get(Key("input", source.port))
            end = nodes.get(target.node) if target.node else pills.get(Key("output", target.port))
            touch(edge)
            if start is not None and end is not None:
                if edge.detour or edge.level is not None:
                    self.ways.loosen(edge)
                edge.place(start.end(source.port, True), end.end(target.port, False))
                if target not in wires:
                    wires.put(target, edge.box())
                touch(edge)
            else:
                # From or to a port of the border that is not there: a problem says so, nothing can be drawn.
                edge.erase()
                wires.remove(target)
                self.ways.drop(target)

    def put_wire(self, edge: EdgeItem) -> None:
        """A wire runs another way."""
        self.stamp += 1
        self._wires.put(edge.target, edge.box())

    def turn(self, down: bool) -> set[Endpoint]:
        """Let every wire run downwards or to the right, once it is drawn again; all of them."""
        for edge in self.edges.values():
            edge.down = down
        return set(self.edges)

    def bend(self, target: Endpoint, points: tuple[Position, ...]) -> None:
        """Draw a wire through other points, on the screen."""
        self.edges[target].via = points
        self.route([target])
        self.ways.lead({target})
        self.update()

    def ends_of(self, keys: Iterable[Key]) -> set[Endpoint]:
        """The targets of the wires at some things."""
        found: set[Endpoint] = set()
        for key in keys:
            found.update(self._ends.get(key, ()))
        return found

    def follow_puts(self, keys: Iterable[Key]) -> None:
        """Things were `put` elsewhere: draw their wires, and what is in view; other wires when all `settle`."""
        wires = self.ends_of(keys)
        self.route(wires)
        if len(wires) <= FEW:
            self.ways.lead(wires)
        self.update()

    # --- what is where ----------------------------------------------------------------------------

    def thing(self, key: Key) -> Thing | None:
        """The item of a node, pill or note."""
        if key.kind == "node":
            return self.nodes.get(key.name)
        return self.notes.get(key.name) if key.kind == "note" else self.pills.get(key)

    def _box_of(self, key: Key) -> Box:
        item = self.thing(key)
        assert item is not None
        return item.box()

    def things(self) -> list[Thing]:
        """Every node, pill and note."""
        return [*self.nodes.values(), *self.pills.values(), *self.notes.values()]

    def things_near(self, box: Box) -> set[Key]:
        """Nodes, pills and notes whose boxes touch a box."""
        return self._index.near(box)

    def boxes_near(self, box: Box, but: Collection[Key] = ()) -> list[Box]:
        """The boxes of nodes and pills that touch a box, but for some."""
        index = self._index
        found = (index.box(key) for key in index.near(box) if key.kind != "note" and key not in but)
        return [other for other in found if other is not None]

    def wires_near(self, box: Box) -> set[Endpoint]:
        """The targets of wires whose bounding boxes touch a box."""
        return self._wires.near(box)

    def taken_along(self, keys: set[Key]) -> set[Key]:
        """Some things, and what stands in the frames among them: it moves with these."""
        found = set(keys)
        for key in keys:
            item = self.thing(key)
            if isinstance(item, NoteItem) and item.note.frame:
                near = ((other, self.thing(other)) for other in self.things_near(item.box()))
                found |= {other for other, inner in near if inner is not None and item.body.contains(inner.body)}
        return found

    def edges_near(self, *areas: QRectF) -> list[EdgeItem]:
        """Wires whose bounding boxes touch any of some areas."""
        near = [self._wires.near((area.left(), area.top(), area.right(), area.bottom())) for area in areas]
        return [self.edges[target] for target in set().union(*near)]

    def count_wires(self, area: QRectF) -> int:
        """How many wires there are in an area, or near it."""
        return len(self._wires.near((area.left(), area.top(), area.right(), area.bottom())))

    def placed_near(self, *areas: QRectF) -> list[NodeItem | PillItem]:
        """Nodes and pills that may be painted in some areas, from back to front."""
        wide = [area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN) for area in areas]
        keys = [self._index.near((area.left(), area.top(), area.right(), area.bottom())) for area in wide]
        near = [self.thing(key) for key in set().union(*keys)]
        return sorted((item for item in near if isinstance(item, NodeItem | PillItem)), key=lambda item: item.rank)

    def expanded_items(self) -> list[NodeItem]:
        """The nodes inside which a graph is shown."""
        return [item for name in self.expanded if (item := self.nodes[name]).inner is not None]

    def edge(self, key: Key) -> EdgeItem | None:
        return self.edges.get(Endpoint(key.name, key.port)) if key.kind == "edge" else None

    def edges_of(self, key: Key) -> list[EdgeItem]:
        """The wires that end at a node or pill."""
        return [self.edges[target] for target in self._ends.get(key, ())]

    def extent(self, keys: Iterable[Key] | None = None) -> QRectF:
        """The rectangle round some things, or round everything; null when there is nothing."""
        if keys is None:
            # A wire that runs back reaches out beyond what it joins.
            result = QRectF()
            for bounds in (self._index.bounds(), self._wires.bounds()):
                if bounds:
                    result = result.united(QRectF(QPointF(*bounds[:2]), QPointF(*bounds[2:])))
            return result
        result = QRectF()
        for key in keys:
            item, edge = self.thing(key), self.edge(key)
            if item is not None:
                result = result.united(item.body)
            elif edge is not None:
                left, top, right, bottom = edge.box()
                result = result.united(QRectF(left, top, right - left, bottom - top))
        return result

    def field(self) -> QRectF:
        """What is shown of the scene inside a node: everything, on the grid, with a margin."""
        around = self.extent().adjusted(-AROUND, -AROUND, AROUND, AROUND)
        left, top = floor(around.left() / GRID) * GRID, floor(around.top() / GRID) * GRID
        right, bottom = ceil(around.right() / GRID) * GRID, ceil(around.bottom() / GRID) * GRID
        return QRectF(left, top, max(right - left, LEAST_FIELD[0]), max(bottom - top, LEAST_FIELD[1]))

    def port_place(self, port: PortKey) -> QPointF:
        """Where a port is; (0, 0) for one that is not there."""
        item = self.thing(owner_key(port.endpoint, port.is_source))
        return item.anchor(port.port, port.is_source) if isinstance(item, NodeItem | PillItem) else QPointF()

    def update_port(self, port: PortKey) -> None:
        """Paint what carries a port again."""
        item = self.thing(owner_key(port.endpoint, port.is_source))
        if item is not None:
            item.update()

    def restyle_edge(self, edge: EdgeItem) -> None:
        """Show the state of a wire that has changed."""
        left, top, right, bottom = edge.box()
        self.update(QRectF(left, top, right - left, bottom - top))

    # --- selection --------------------------------------------------------------------------------

    def select(self, keys: Iterable[Key]) -> None:
        """Select these and nothing else; what is not there, or only implied by an order, is left out."""
        wanted = {
            key
            for key in keys
            if self.thing(key) is not None or ((edge := self.edge(key)) is not None and not edge.implied)
        }
        changed = wanted ^ self.selection
        self.selection = wanted
        for key in changed:
            item, edge = self.thing(key), self.edge(key)
            if item is not None:
                item.selected = key in wanted
                if isinstance(item, NoteItem):
                    item.update()
            elif edge is not None:
                edge.selected = key in wanted
        for target in self.ends_of(changed):
            edge = self.edges[target]
            edge.lit = any(key in wanted for key in owners(edge))
        if changed:
            self.update()

    def selected_items(self) -> list[Thing]:
        return [item for key in self.selection if (item := self.thing(key)) is not None]

    def edges_at(self, keys: AbstractSet[Key]) -> list[EdgeItem]:
        """The wires among some things, and those that touch any of them."""
        edges = (self.edge(key) for key in keys)
        return [self.edges[target] for target in self.ends_of(keys)] + [edge for edge in edges if edge is not None]

    # --- the view ---------------------------------------------------------------------------------

    def look_at(self, scale: float, ratio: float = 1.0, nodes: int | None = None) -> None:
        """Paint in the detail that fits a scale, and the nodes that are seen together."""
        if self.surface.look(scale, ratio, len(self.nodes) if nodes is None else nodes):
            self.update()

    def restyle(self) -> None:
        """Colours or fonts have changed."""
        forget_measures()
        self.surface.colors, self.surface.fonts = colors(), fonts()
        self.surface.pens.clear()
        self._ground.forget()
        for item in self.things():
            item.measure_again()
            self.resized(item)
        self.ways.draw(self.edges)
        self.overview.forget()
        self.update()
