"""The items of a scene, by key: putting in and taking out, finding, selecting, and what is in view.

Nothing here knows where items come from.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QGraphicsScene

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.edge_item import EdgeItem
from blockstudio.gui.canvas.keys import Key, PortKey, owner_key
from blockstudio.gui.canvas.layers import EVERYWHERE, LabelLayer, OverviewLayer
from blockstudio.gui.canvas.look import colors, fonts, forget_measures
from blockstudio.gui.canvas.node_item import NodeItem
from blockstudio.gui.canvas.note_item import NoteItem
from blockstudio.gui.canvas.overlay import Overlay
from blockstudio.gui.canvas.pill_item import PillItem
from blockstudio.gui.canvas.spatial import Box, SpatialIndex
from blockstudio.gui.canvas.surface import Detail, Surface, detail_at

Thing = NodeItem | PillItem | NoteItem


class _Group(QGraphicsRectItem):
    """Items that are painted between the same others."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)


class ItemStore(QGraphicsScene):
    """One item for each node, pill, note and wire."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setSceneRect(EVERYWHERE)
        self.surface = Surface()
        self.nodes: dict[str, NodeItem] = {}
        self.pills: dict[Key, PillItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.edges: dict[Endpoint, EdgeItem] = {}
        self.selection: set[Key] = set()
        self._ends: dict[Key, set[Endpoint]] = {}
        self._index: SpatialIndex[Key] = SpatialIndex()
        self._wires: SpatialIndex[Endpoint] = SpatialIndex()
        self._window: Box | None = None
        self._in_view: set[Key] = set()
        self._wires_in_view: set[Endpoint] = set()
        self.labels = LabelLayer(self)
        self.overview = OverviewLayer(self)
        self.overlay = Overlay()
        # Qt sorts the items at the top of a scene each time it paints, those below another item only
        # when their order changes: with thousands of wires that is most of the time.
        self._paper, self._low, self._lit, self._ground, self._front = (_Group() for _ in range(5))
        order = (self._paper, self._low, self._lit, self.labels, self._ground, self._front, self.overview, self.overlay)
        for height, item in enumerate(order):
            item.setZValue(height)
            self.addItem(item)

    # --- in and out -------------------------------------------------------------------------------

    def put_in(self, item: Thing) -> None:
        item.setVisible(False)
        item.setParentItem(self._paper if isinstance(item, NoteItem) else self._ground)
        self._index.put(item.key, item.box())

    def take_out(self, item: Thing) -> None:
        self.removeItem(item)
        self._index.remove(item.key)
        self._in_view.discard(item.key)
        self.selection.discard(item.key)

    def put_in_edge(self, edge: EdgeItem) -> None:
        edge.setVisible(False)
        edge.setParentItem(self._low)
        self.edges[edge.target] = edge
        for key in owners(edge):
            self._ends.setdefault(key, set()).add(edge.target)
        edge.lit = any(key in self.selection for key in owners(edge))

    def take_out_edge(self, edge: EdgeItem) -> None:
        self.removeItem(edge)
        del self.edges[edge.target]
        self._wires.remove(edge.target)
        self._wires_in_view.discard(edge.target)
        self.selection.discard(edge.key)
        for key in owners(edge):
            ends = self._ends[key]
            ends.discard(edge.target)
            if not ends:
                del self._ends[key]

    def take_out_all(self) -> None:
        for item in (*self.nodes.values(), *self.pills.values(), *self.notes.values(), *self.edges.values()):
            self.removeItem(item)
        for store in (self.nodes, self.pills, self.notes, self.edges, self._ends):
            store.clear()
        for names in (self.selection, self._in_view, self._wires_in_view):
            names.clear()
        self._index.clear()
        self._wires.clear()
        self.overlay.wipe()
        self.surface.wire = self.surface.port = None

    # --- places -----------------------------------------------------------------------------------

    def put(self, key: Key, x: float, y: float) -> bool:
        """Put something elsewhere on the screen; whether it was not there already. Its wires wait for `route`."""
        item = self.thing(key)
        if item is None or (item.x(), item.y()) == (x, y):
            return False
        item.setPos(x, y)
        self._index.put(key, item.box())
        return True

    def resized(self, item: Thing) -> None:
        self._index.put(item.key, item.box())

    def route(self, targets: Iterable[Endpoint]) -> None:
        """Draw wires between their ports as they are now."""
        for target in targets:
            edge = self.edges.get(target)
            if edge is None:
                continue
            start, end = (self.thing(key) for key in owners(edge))
            if isinstance(start, NodeItem | PillItem) and isinstance(end, NodeItem | PillItem):
                edge.place(start.anchor(edge.source.port, True), end.anchor(target.port, False))
                self._wires.put(target, edge.box())
            else:
                # From or to a port of the border that is not there: a problem says so, nothing can be drawn.
                edge.erase()
                self._wires.remove(target)
                self._wires_in_view.discard(target)

    def ends_of(self, keys: Iterable[Key]) -> set[Endpoint]:
        """The targets of the wires at some things."""
        found: set[Endpoint] = set()
        for key in keys:
            found |= self._ends.get(key, set())
        return found

    def follow_puts(self, keys: Iterable[Key]) -> None:
        """Things were `put` elsewhere: draw their wires, and what is in view."""
        self.route(self.ends_of(keys))
        self.overview.forget()
        self.labels.update()
        self.refresh_view()

    # --- what is where ----------------------------------------------------------------------------

    def thing(self, key: Key) -> Thing | None:
        """The item of a node, pill or note."""
        if key.kind == "node":
            return self.nodes.get(key.name)
        return self.notes.get(key.name) if key.kind == "note" else self.pills.get(key)

    def things(self) -> list[Thing]:
        """Every node, pill and note."""
        return [*self.nodes.values(), *self.pills.values(), *self.notes.values()]

    def things_near(self, box: Box) -> set[Key]:
        """Nodes, pills and notes whose boxes touch a box."""
        return self._index.near(box)

    def wires_near(self, box: Box) -> set[Endpoint]:
        """The targets of wires whose bounding boxes touch a box."""
        return self._wires.near(box)

    def edges_near(self, rect: QRectF) -> list[EdgeItem]:
        box = (rect.left(), rect.top(), rect.right(), rect.bottom())
        return [self.edges[target] for target in self._wires.near(box)]

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

    def port_place(self, port: PortKey) -> QPointF:
        """Where a port is; (0, 0) for one that is not there."""
        item = self.thing(owner_key(port.endpoint, port.is_source))
        return item.anchor(port.port, port.is_source) if isinstance(item, NodeItem | PillItem) else QPointF()

    def update_port(self, port: PortKey) -> None:
        """Paint what carries a port again."""
        item = self.thing(owner_key(port.endpoint, port.is_source))
        if item is not None:
            item.update()

    def raise_things(self, keys: Iterable[Key], raised: bool) -> None:
        """Paint nodes and pills in front of all others, or in their place again."""
        for key in keys:
            item = self.thing(key)
            if item is not None and not isinstance(item, NoteItem):
                item.setParentItem(self._front if raised else self._ground)

    def restyle_edge(self, edge: EdgeItem) -> None:
        """Show the state of a wire: its pen, and whether it runs in front of others."""
        edge.restyle()
        raised = edge.selected or edge.lit or edge.hovered
        if raised != edge.raised:
            edge.raised = raised
            edge.setParentItem(self._lit if raised else self._low)

    # --- selection --------------------------------------------------------------------------------

    def select(self, keys: Iterable[Key]) -> None:
        """Select these and nothing else; what is not there is left out."""
        wanted = {key for key in keys if self.thing(key) is not None or self.edge(key) is not None}
        changed = wanted ^ self.selection
        self.selection = wanted
        for key in changed:
            item, edge = self.thing(key), self.edge(key)
            if item is not None:
                item.selected = key in wanted
                item.update()
            elif edge is not None:
                edge.selected = key in wanted
                self.restyle_edge(edge)
        for target in self.ends_of(changed):
            edge = self.edges[target]
            edge.lit = any(key in wanted for key in owners(edge))
            self.restyle_edge(edge)
        if changed:
            self.labels.update()
            if self.surface.detail == Detail.OVERVIEW:
                self.overview.update()

    def selected_items(self) -> list[Thing]:
        return [item for key in self.selection if (item := self.thing(key)) is not None]

    def lit_edges(self) -> list[EdgeItem]:
        """Wires that are selected, or touch what is."""
        targets = self.ends_of(self.selection)
        return [self.edges[t] for t in targets] + [e for key in self.selection if (e := self.edge(key)) is not None]

    # --- the view ---------------------------------------------------------------------------------

    def look_at(self, rect: QRectF | None, scale: float, ratio: float = 1.0) -> None:
        """Show what lies in a rectangle (None: everything), in the detail that fits the scale."""
        surface = self.surface
        detail = detail_at(scale, ratio)
        if (scale, detail) != (surface.scale, surface.detail):
            thin = surface.wires_are_thin()
            surface.scale, surface.detail = scale, detail
            if thin or surface.wires_are_thin():
                for target in self._wires_in_view:
                    self.edges[target].restyle()
            self.overview.update()
        self._window = (rect.left(), rect.top(), rect.right(), rect.bottom()) if rect is not None else None
        self.refresh_view()

    def refresh_view(self) -> None:
        """Hide what is out of view, so that painting does not even pass by it."""
        detail = Detail.FULL if self.surface.printing else self.surface.detail
        if detail != Detail.FULL:
            things = {note.key for note in self.notes.values()}
            wires = self._wires.near(self._window) if detail == Detail.TITLES and self._window else set()
        elif self._window is None:
            things = {item.key for item in self.things()}
            wires = set(self.edges)
        else:
            x0, y0, x1, y1 = self._window
            things = self._index.near((x0 - 40, y0 - 40, x1 + 40, y1 + 40))
            wires = self._wires.near(self._window)
        for key in things ^ self._in_view:
            item = self.thing(key)
            if item is not None:
                item.setVisible(key in things)
        for target in wires ^ self._wires_in_view:
            edge = self.edges[target]
            if target in wires:
                edge.trace()
                self.restyle_edge(edge)
            edge.setVisible(target in wires)
        self._in_view, self._wires_in_view = things, wires

    def restyle(self) -> None:
        """Colours or fonts have changed."""
        forget_measures()
        self.surface.colors, self.surface.fonts = colors(), fonts()
        self.surface.pens.clear()
        for item in self.things():
            item.measure_again()
            self.resized(item)
        for edge in self.edges.values():
            self.restyle_edge(edge)
        self.route(self.edges)
        self.overview.forget()
        self.refresh_view()
        self.update()


def owners(edge: EdgeItem) -> tuple[Key, Key]:
    """What a wire joins: node or pill at its start and at its end."""
    return owner_key(edge.source, True), owner_key(edge.target, False)
