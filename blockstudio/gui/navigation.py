"""Where the user is in the open document: the graph that is shown, the way to it, and what is selected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from attrs import evolve, frozen
from PySide6.QtCore import QObject, Signal

from blockstudio.errors import BlockStudioError
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit, RenameDefinition, RenameNode
from blockstudio.graph.model import CodeDefinition, Definition, Endpoint, Graph, Instance, Node
from blockstudio.gui.canvas.facts.insides import Weights, drawn_in
from blockstudio.gui.canvas.facts.keys import PortKey

Side = Literal["inputs", "outputs"]


@frozen
class Place:
    """One step of the way into nested graphs: a graph, and the node it was entered by ("" for the first)."""

    location: Location
    node: str = ""


Trail = tuple[Place, ...]
"""The way from where the user started to a graph."""


def common_steps(one: Trail, other: Trail) -> int:
    """How many steps two ways have in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


@frozen
class View:
    """What the user looked at, to go back to it."""

    trail: Trail
    selection: tuple[str, ...] = ()


class Navigation(QObject):
    """The trail of graphs entered, and the selection in the last of them."""

    location_changed = Signal()
    selection_changed = Signal()
    reveal_requested = Signal(str)
    """Bring this node of the shown graph into view."""
    uses_requested = Signal(str)
    """Where is the definition of this name used?"""
    code_requested = Signal(str)
    """Open the editor on this definition or function written in Python."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._trail: tuple[Place, ...] = (Place(Location(document.root)),)
        self.selection: tuple[str, ...] = ()
        self.selected_ports: tuple[tuple[Side, str], ...] = ()
        self.selected_wires: tuple[Endpoint, ...] = ()
        """By their targets."""
        self.selected_notes: tuple[str, ...] = ()
        self.selected_port: PortKey | None = None
        """One port of a node, or of the border; nothing else is selected then."""

    @property
    def document(self) -> Document:
        return self._document

    @property
    def trail(self) -> tuple[Place, ...]:
        """The way from where the user started to the graph that is shown."""
        return self._trail

    @property
    def location(self) -> Location:
        """The address of the graph that is shown."""
        return self._trail[-1].location

    @property
    def graph(self) -> Graph:
        """The graph that is shown."""
        return self._document.graph(self.location)

    @property
    def definition(self) -> Definition:
        """The definition whose graph, or a graph inside it, is shown."""
        return self._document.definition(self.location.definition)

    @property
    def selected_nodes(self) -> list[Node]:
        nodes = self.graph.nodes
        return [nodes[name] for name in self.selection]

    def select(
        self,
        names: Sequence[str],
        ports: Sequence[tuple[Side, str]] = (),
        wires: Sequence[Endpoint] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Select nodes, input or output pills, wires and notes of the shown graph; those not there are left out."""
        graph = self.graph
        chosen = tuple(name for name in dict.fromkeys(names) if name in graph.nodes)
        pills = tuple((side, name) for side, name in ports if any(p.name == name for p in getattr(graph, side)))
        ends = tuple(target for target in wires if target in graph.edges)
        self._set_selection(chosen, pills, ends, tuple(name for name in notes if name in graph.notes), None)

    def select_port(self, port: PortKey) -> None:
        """Select one port, and nothing else."""
        self._set_selection((), (), (), (), port)

    def _set_selection(
        self,
        nodes: tuple[str, ...],
        ports: tuple[tuple[Side, str], ...],
        wires: tuple[Endpoint, ...],
        notes: tuple[str, ...],
        port: PortKey | None,
    ) -> None:
        now = (nodes, ports, wires, notes, port)
        if now != self._all_selected:
            self.selection, self.selected_ports, self.selected_wires, self.selected_notes, self.selected_port = now
            self.selection_changed.emit()

    @property
    def _all_selected(self) -> tuple[object, ...]:
        return self.selection, self.selected_ports, self.selected_wires, self.selected_notes, self.selected_port

    def enter(self, location: Location, node: str = "", select: Sequence[str] = ()) -> None:
        """Show another graph: one step deeper, or back to one on the trail. EditError when there is none."""
        self._document.graph(location)
        places = [place.location for place in self._trail]
        if location == self.location:
            if select and tuple(select) != self.selection:
                self.select(select)
        elif location in places:
            self._go(self._trail[: places.index(location) + 1], select)
        elif node or location.parent == self.location:
            self._go((*self._trail, Place(location, node or location.steps[-1][0])), select)
        else:
            self._go(self._trail_in_place(location) or self._trail_to(location), select)

    def enter_node(self, name: str, slot: str = "") -> bool:
        """Go into a node of the shown graph, or open the editor on its code; whether it has an inside."""
        node = self.graph.nodes.get(name)
        if isinstance(node, Instance):
            definition = self._document.definitions.get(node.definition)
            if isinstance(definition, CodeDefinition):
                self.code_requested.emit(node.definition)
            elif definition is not None:
                self.enter(Location(node.definition), name)
            return definition is not None
        slots = [slot for slot, _ in node.graphs()] if node else []
        if not slots:
            return False
        preferred = next((wanted for wanted in (slot, "body", "then") if wanted in slots), slots[0])
        self.enter(self.location.enter(name, preferred), name)
        return True

    def show_slot(self, slot: str) -> None:
        """From one graph of a control-flow node to another of its graphs, such as condition and body."""
        parent, (node, _) = self.location.parent, self.location.steps[-1]
        if parent is not None:
            location = parent.enter(node, slot)
            self._document.graph(location)
            self._go((*self._trail[:-1], Place(location, node)))

    def leave(self) -> None:
        """Go back one step of the trail, with the node that was left selected."""
        if len(self._trail) > 1:
            self._go(self._trail[:-1], (self._trail[-1].node,))

    def show_node(self, location: Location, name: str = "") -> None:
        """Go to a node wherever it is, select it and bring it into view. EditError when the graph is gone."""
        self.enter(location)
        if name in self.graph.nodes:
            self.select((name,))
            self.reveal_requested.emit(name)

    def show_path(self, path: str) -> None:
        """Go to a node by its path in words, as diagnostics give it."""
        found = self.locate(path)
        if found is None:
            return
        location, name = found
        if isinstance(self._document.definitions[location.definition], CodeDefinition):
            self.code_requested.emit(location.definition)
        else:
            self.show_node(location, name)

    def locate(self, path: str) -> tuple[Location, str] | None:
        """The address that `Location.path(node)` wrote; None when it is not in this document."""
        first, *rest = path.split("/")
        definition = self._document.definitions.get(first)
        if definition is None:
            return None
        location, node = Location(first), ""
        for part in rest if isinstance(definition, Definition) else ():
            nodes = self._document.graph(location).nodes
            name, _, slot = part.rpartition(".")
            if part in nodes:
                node = part
            elif name in nodes and slot in dict(nodes[name].graphs()):
                location, node = location.enter(name, slot), ""
            else:
                break
        return location, node

    def view(self) -> View:
        return View(self._trail, self.selection)

    def restore_view(self, view: View) -> None:
        """Go back to where a change was made, so that undo never works out of sight."""
        trail = self._living(view.trail)
        if trail != self._trail:
            self._go(trail, view.selection)
        elif view.selection or self.selected_port is None:
            # Wires and notes stay: they are not part of what is gone back to.
            self.select(view.selection, (), self.selected_wires, self.selected_notes)

    def _start_at_root(self, document: Document) -> None:
        self._document = document
        self._trail = (Place(Location(document.root)),)
        self._unselect()

    def _unselect(self) -> None:
        self.selection, self.selected_ports, self.selected_wires, self.selected_notes = (), (), (), ()
        self.selected_port = None

    def _go(self, trail: tuple[Place, ...], select: Sequence[str] = ()) -> None:
        had = any(self._all_selected)
        self._trail = trail
        self._unselect()
        self.location_changed.emit()
        self.select(select)
        if had and not self.selection:
            self.selection_changed.emit()

    def _trail_in_place(self, location: Location) -> Trail | None:
        """The way to a graph that is seen inside expanded nodes: in what is in view, or else in the root block."""
        known: Weights = {}
        for start in (self._outermost(known), (Place(Location(self._document.root)),)):
            pending, met = [start], {start[-1].location}
            while pending:
                trail = pending.pop(0)
                place = trail[-1].location
                if place == location:
                    return trail
                for node in self._document.graph(place).nodes.values():
                    inner = drawn_in(self._document, place, node, known) if node.expanded else None
                    if inner is not None and inner not in met:
                        met.add(inner)
                        pending.append((*trail, Place(inner, node.name)))
        return None

    def _outermost(self, known: Weights) -> Trail:
        """The way to the graph in which all that is in view is seen."""
        trail = self._trail
        while len(trail) > 1:
            outer, (location, name) = trail[-2].location, (trail[-1].location, trail[-1].node)
            node = self._document.graph(outer).nodes.get(name)
            if node is None or drawn_in(self._document, outer, node, known) != location:
                break
            trail = trail[:-1]
        return trail

    def _trail_to(self, location: Location) -> tuple[Place, ...]:
        inner = [Location(location.definition, location.steps[: i + 1]) for i in range(len(location.steps))]
        places = [Place(Location(location.definition)), *(Place(step, step.steps[-1][0]) for step in inner)]
        root = Place(Location(self._document.root))
        return tuple(places) if places[0] == root else (root, *places)

    def _living(self, trail: tuple[Place, ...]) -> tuple[Place, ...]:
        alive: list[Place] = []
        for place in trail:
            try:
                self._document.graph(place.location)
            except BlockStudioError:
                break
            # Another view may have taken the node away that this block was entered by.
            door = not alive or not place.node or place.node in self._document.graph(alive[-1].location).nodes
            alive.append(place if door else Place(place.location))
        return tuple(alive) or (Place(Location(self._document.root)),)

    def follow(self, edits: Iterable[Edit]) -> None:
        """Keep the trail and the selection on what they stood for, after a change or its undo."""
        trail, selection, wires, port = self._trail, self.selection, self.selected_wires, self.selected_port
        for edit in edits:
            if isinstance(edit, RenameNode):
                if edit.location == trail[-1].location:
                    selection = tuple(edit.new if name == edit.old else name for name in selection)
                    wires = tuple(Endpoint(edit.new, t.port) if t.node == edit.old else t for t in wires)
                    port = port._replace(node=edit.new) if port and port.node == edit.old else port
                trail = _rename_in_trail(trail, edit)
            elif isinstance(edit, RenameDefinition):
                trail = tuple(evolve(place, location=renamed(place.location, [edit])) for place in trail)
        trail = self._living(trail)
        if trail != self._trail:
            self._go(trail, selection if len(trail) == len(self._trail) else ())
        else:
            stays = port is not None and (not port.node or port.node in self.graph.nodes)
            if port is not None and stays:
                self.select_port(port)
            else:
                self.select(selection, self.selected_ports, wires, self.selected_notes)


def renamed(location: Location, edits: Iterable[Edit]) -> Location:
    """The address of a graph after some edits, which may have renamed what leads there."""
    for edit in edits:
        if isinstance(edit, RenameDefinition) and location.definition == edit.old:
            location = evolve(location, definition=edit.new)
        elif isinstance(edit, RenameNode) and location.definition == edit.location.definition:
            depth, steps = len(edit.location.steps), location.steps
            if steps[:depth] == edit.location.steps and len(steps) > depth and steps[depth][0] == edit.old:
                steps = (*steps[:depth], (edit.new, steps[depth][1]), *steps[depth + 1 :])
                location = Location(location.definition, steps)
    return location


def _rename_in_trail(trail: tuple[Place, ...], edit: RenameNode) -> tuple[Place, ...]:
    result: list[Place] = []
    for i, place in enumerate(trail):
        is_door = bool(i) and trail[i - 1].location == edit.location and place.node == edit.old
        result.append(Place(renamed(place.location, [edit]), edit.new if is_door else place.node))
    return tuple(result)
