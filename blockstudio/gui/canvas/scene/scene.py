"""The scene shows the graph at one location and follows the document edit by edit.

It holds no truth of its own: what it shows of each node, pill, wire and note is made from the
document, and made again for just those that an edit names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QObject

from blockstudio.catalog.ports import INPUT, OUTPUT, is_row, node_ports
from blockstudio.engine.protocol import Problem, TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit, RemoveNode, SetRoute
from blockstudio.graph.model import BOUNDARY, Call, Endpoint, Instance, Port, Position, Sequential
from blockstudio.gui.canvas.facts.dirty import Dirty, dirty_by
from blockstudio.gui.canvas.facts.faces import Face, describe
from blockstudio.gui.canvas.facts.flowing import Kind, Knowledge, flow_text
from blockstudio.gui.canvas.facts.instances import Instances, uses
from blockstudio.gui.canvas.facts.keys import Key, node_key
from blockstudio.gui.canvas.facts.places import is_unplaced, placement, positions
from blockstudio.gui.canvas.layout import flow, layout
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.placed import Severity
from blockstudio.gui.canvas.scene.family import Family
from blockstudio.gui.canvas.scene.measuring import Lanes, boxes_and_wires, needed_lanes
from blockstudio.gui.canvas.scene.nested import NestedScene
from blockstudio.gui.navigation import renamed

RANKS: Sequence[Severity] = ("", "info", "warning", "error")


class CanvasScene(NestedScene):
    """An adapter: document in, items out."""

    def __init__(self, parent: QObject | None = None, family: Family | None = None) -> None:
        super().__init__(parent, family or Family(lambda family: CanvasScene(self, family)))
        self.lanes: Lanes = {}
        """Points chosen with them, for wires that would run behind nodes."""
        self.all_ports: set[str] = set()
        """Nodes that show ports seldom needed too."""
        self.problems: dict[str, list[Problem]] = {}
        """By the name of the node that shows them; "" for the graph itself."""
        self._row_problems: dict[str, dict[str, Severity]] = {}
        self._instances = Instances()
        self._callers: dict[str, set[str]] = {}
        self._layer_of: dict[str, str] = {}

    # --- showing ----------------------------------------------------------------------------------

    def show_graph(self, document: Document, location: Location, knowledge: Knowledge | None = None) -> None:
        """Forget what was shown, and show the graph at a location."""
        self.take_out_all()
        self.grown = {}
        for store in (self.all_ports, self.problems, self._row_problems, self._callers, self._layer_of):
            store.clear()
        self.document, self.location, self.knowledge = document, location, knowledge
        self.flowing.show(knowledge)
        self.graph = document.graph(location)
        self.family.join(self, self.graph)
        self._instances.count(document)
        self.arrangement, self.lanes = {}, {}
        self.sequence = is_row(document, location)
        for node in self.graph.nodes.values():
            if isinstance(node, Call):
                self._layer_of[node.name] = node.layer
                self._callers.setdefault(node.layer, set()).add(node.name)
        for name in self.graph.nodes:
            self._add_node(name)
        self._sync_pills()
        for key in self.graph.notes:
            self._sync_note(key)
        for target, source in self._wanted().items():
            self._sync_edge(target, source)
        self.open(self.insides())
        self._arrange()
        self.ways.draw(self.edges)
        self.overview.forget()
        self.update()

    @property
    def down(self) -> bool:
        """Whether the graph is drawn from top to bottom; the body of a Sequential runs in lines like words."""
        return self.graph.down and not self.sequence

    def moved_to(self, location: Location) -> None:
        """The graph that is shown has another address now."""
        self.location = location

    # --- following --------------------------------------------------------------------------------

    def follow(self, edits: Sequence[Edit]) -> None:
        """Bring everything that some edits touch in line with the document; `open` then does so inside nodes."""
        self.location = renamed(self.location, edits)
        if self.document is None or self.is_gone:
            return
        self.grown = {}
        dirty = dirty_by(edits, self.location)
        dirty.definitions |= self._instances.follow(self.document, (e for e in edits if not self._takes_plain(e)))
        self._expand(dirty)
        touched = self.turn(self.down) if dirty.turned else set()
        if not self.arrangement:
            touched |= self._place_nodes(dirty.moved - dirty.nodes)
        pending = set(dirty.nodes)
        while pending:
            name = pending.pop()
            pending |= self._sync_callers(name)
            touched |= self._sync_node(name)
        if dirty.ports or dirty.edges or dirty.turned or self.sequence:
            touched |= self._sync_pills()
        for key in dirty.notes:
            self._sync_note(key)
        # In a Sequential a child's ports may have other names now.
        wanted = self._wanted() if not self.sequence or dirty.shape or dirty.nodes else {}
        targets = {*self.edges, *wanted} if self.sequence and wanted else dirty.edges
        for target in targets:
            self._sync_edge(target, wanted.get(target))
        touched |= targets
        arranged = bool(self.arrangement)
        if dirty.shape or dirty.moved or dirty.ports:
            self._arrange()
        if arranged or self.arrangement:
            touched = set(self.edges)
        self.ways.draw(touched)
        self.update()

    def _takes_plain(self, edit: Edit) -> bool:
        """Whether an edit takes away a node that is no instance and holds none."""
        item = self.nodes.get(edit.name) if isinstance(edit, RemoveNode) and edit.location == self.location else None
        return item is not None and item.face.style in ("plain", "shared", "tensor")

    def _expand(self, dirty: Dirty) -> None:
        """Add what edits touch through names."""
        dirty.definitions.discard(self.location.definition)
        dirty.nodes |= set(self.graph.nodes) if dirty.turned else set()
        if dirty.definitions:
            for name, node in self.graph.nodes.items():
                called = self.graph.nodes.get(node.layer) if isinstance(node, Call) else node
                if isinstance(called, Instance | Sequential) and uses(called, dirty.definitions):
                    dirty.nodes.add(name)
        for layer in dirty.layers:
            dirty.nodes |= self._callers.get(layer, set())
        for name in dirty.ends_of:
            dirty.edges |= self.ends_of([node_key(name)])
            dirty.edges |= {edge.target for edge in (*self.graph.edges_into(name), *self.graph.edges_out_of(name))}
        for target in dirty.edges:
            before = self.edges.get(target)
            ends = (target, self.graph.edges.get(target), before.source if before else None)
            dirty.nodes |= {end.node for end in ends if end is not None and end.node}

    def _sync_callers(self, name: str) -> set[str]:
        """Note which layer a call applies; the layers whose number of calls changed."""
        node = self.graph.nodes.get(name)
        now = node.layer if isinstance(node, Call) else ""
        before = self._layer_of.pop(name, "")
        if now:
            self._layer_of[name] = now
        if now == before:
            return set()
        if before:
            self._callers[before].discard(name)
        if now:
            self._callers.setdefault(now, set()).add(name)
        return {layer for layer in (before, now) if layer in self.nodes}

    # --- nodes ------------------------------------------------------------------------------------

    def _sync_node(self, name: str) -> set[Endpoint]:
        """Bring one node in line; the wires that have to be drawn again."""
        item = self.nodes.get(name)
        if name not in self.graph.nodes:
            if item is not None:
                self.take_out(item)
                del self.nodes[name]
                self.expanded.discard(name)
            return set()
        if item is None:
            self._add_node(name)
            return self.ends_of([node_key(name)])
        touched: set[Endpoint] = set()
        self.note_expanded(name)
        before = item.face
        if item.set_face(self._face(name)):
            self.resized(item)
            touched = self.ends_of([item.key])
        elif item.face is not before:
            self.overview.touch(item)
        return touched if self.arrangement else touched | self._place_nodes([name])

    def _add_node(self, name: str) -> None:
        item = NodeItem(node_key(name), self._face(name), self.surface)
        item.setPos(*self.graph.nodes[name].position)
        self.nodes[name] = item
        self.note_expanded(name)
        self._new.add(name)
        self.put_in(item)
        self._show_problems(item)

    def _face(self, name: str) -> Face:
        assert self.document is not None
        return describe(
            self.document,
            self.location,
            self.graph,
            self.graph.nodes[name],
            callers=len(self._callers.get(name, ())),
            instances=self._instances.of(self.graph.nodes[name]),
            all_ports=name in self.all_ports,
            chained=self.sequence,
        )

    def _place_nodes(self, names: Iterable[str]) -> set[Endpoint]:
        """Put nodes where the document has them; the wires that have to be drawn again."""
        nodes = [node for name in names if (node := self.graph.nodes.get(name)) is not None]
        return self.ends_of([key for node in nodes if self.put(key := node_key(node.name), *node.position)])

    def show_all_ports(self, name: str, shown: bool) -> None:
        """Show ports that are seldom needed too, or hide them again."""
        (self.all_ports.add if shown else self.all_ports.discard)(name)
        self.ways.draw(self._sync_node(name))
        self.update()

    # --- pills and notes --------------------------------------------------------------------------

    def _sync_pills(self) -> set[Endpoint]:
        touched: set[Endpoint] = set()
        wanted = {Key("input", port.name): port for port in self._border("input")}
        wanted |= {Key("output", port.name): port for port in self._border("output")}
        for key in [key for key in self.pills if key not in wanted]:
            self.take_out(self.pills.pop(key))
            touched |= self.ends_of([key])
        fed = {edge.source.port for edge in self.graph.edges_out_of(BOUNDARY)}
        for key, port in wanted.items():
            detail = ""
            if port.example is not None and key.kind == "input":
                detail = flow_text(TensorShape(port.example.shape, port.example.dtype))
            wired = key.name in fed if key.kind == "input" else bool(self.graph.source_of(BOUNDARY, key.name))
            wired = wired or self.sequence
            pill = self.pills.get(key)
            if pill is None:
                pill = self.pills[key] = PillItem(key, detail, wired, self.down, self.surface)
                pill.setPos(*port.position)
                self.put_in(pill)
                touched |= self.ends_of([key])
                continue
            if pill.show_port(detail, wired, self.down):
                self.resized(pill)
                touched |= self.ends_of([key])
            if not self.arrangement and self.put(key, *port.position):
                touched |= self.ends_of([key])
        return touched

    def _border(self, kind: str) -> list[Port]:
        if self.sequence:
            return [Port(kind)]
        return self.graph.inputs if kind == "input" else self.graph.outputs

    def _sync_note(self, key: str) -> None:
        note = self.graph.notes.get(key)
        item = self.notes.get(key)
        if note is None:
            if item is not None:
                self.take_out(self.notes.pop(key))
        elif item is None:
            item = self.notes[key] = NoteItem(Key("note", key), note, self.surface)
            self.put_in(item)
        else:
            item.set_note(note)
            self.resized(item)

    # --- wires ------------------------------------------------------------------------------------

    def _wanted(self) -> Mapping[Endpoint, Endpoint]:
        """The wires there are to be, by their targets; in a Sequential those that the order implies."""
        if not self.sequence:
            return self.graph.edges
        found, source = {}, Endpoint(BOUNDARY, INPUT)
        for name in self.graph.nodes:
            found[self.link(name, is_source=False)] = source
            source = self.link(name, is_source=True)
        return {**found, Endpoint(BOUNDARY, OUTPUT): source}

    def link(self, name: str, *, is_source: bool) -> Endpoint:
        """The end of an implied wire: the first port of a child of a Sequential."""
        assert self.document is not None
        ports = node_ports(self.document, self.location, self.graph.nodes[name])
        first = next(iter(ports.outputs if is_source else ports.inputs), None)
        return Endpoint(name, first.name if first else OUTPUT if is_source else INPUT)

    def _sync_edge(self, target: Endpoint, source: Endpoint | None) -> None:
        edge = self.edges.get(target)
        if edge is not None and edge.source != source:
            self.take_out_edge(edge)
            edge = None
        if edge is None and source is not None:
            edge = EdgeItem(source, target, self.surface, implied=self.sequence, down=self.down)
            self.put_in_edge(edge)
        if edge is not None:
            edge.via = self._via(target)

    def label_of(self, source: Endpoint) -> str:
        """The shape that flows from an output, as far as it is known."""
        return self.flowing.text(source, self.location)

    def kind_of(self, source: Endpoint) -> Kind:
        """The kind of value that flows from an output."""
        return self.flowing.kind(source, self.location)

    # --- problems ---------------------------------------------------------------------------------

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Mark the nodes that have problems, and those that hold such nodes."""
        before = set(self.problems)
        self.problems, self._row_problems = {}, {}
        here = self.location.path()
        for problem in problems:
            if problem.path == here:
                self.problems.setdefault("", []).append(problem)
            elif problem.path.startswith(f"{here}/"):
                self._place_problem(problem, problem.path[len(here) + 1 :].split("/"))
        for name in before | set(self.problems):
            item = self.nodes.get(name)
            if item is not None:
                self._show_problems(item)
        self.update()

    def _place_problem(self, problem: Problem, parts: Sequence[str]) -> None:
        name, slot = parts[0], ""
        if name not in self.graph.nodes:
            name, _, slot = name.rpartition(".")
        self.problems.setdefault(name, []).append(problem)
        row = parts[1] if slot == "body" and len(parts) > 1 and self._has_child(name, parts[1]) else slot
        if row:
            rows = self._row_problems.setdefault(name, {})
            rows[row] = max(rows.get(row, ""), problem.severity, key=RANKS.index)

    def _has_child(self, name: str, child: str) -> bool:
        node = self.graph.nodes.get(name)
        return isinstance(node, Sequential) and child in node.body.nodes

    def _show_problems(self, item: NodeItem) -> None:
        found = self.problems.get(item.key.name, ())
        item.severity = max((problem.severity for problem in found), key=RANKS.index, default="")
        item.row_severity = self._row_problems.get(item.key.name, {})
        self.overview.touch(item)

    # --- places -----------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Choose places for a graph that has none: a fresh import, or the body of a Sequential."""
        if self.sequence:
            chain = [Key("input", INPUT), *map(node_key, self.graph.nodes), Key("output", OUTPUT)]
            boxes, _ = boxes_and_wires(self, chain)
            self.arrangement = layout.in_lines({key: boxes[key] for key in chain})
        elif is_unplaced(self.graph):
            boxes, wires = boxes_and_wires(self)
            self.arrangement, lanes = flow.arranged(boxes, wires.values(), down=self.down)
            by_target = {
                target: tuple(lane) for target, wire in wires.items() if (lane := lanes.get((wire.source, wire.target)))
            }
            self._take_lanes(needed_lanes(by_target, boxes, wires, self.arrangement, self.down))
        elif self.arrangement:
            self.arrangement = {}
            self._take_lanes({})
            self._put_all(positions(self.graph))
            return
        self._put_all(self.arrangement)

    def _take_lanes(self, lanes: Lanes) -> None:
        before, self.lanes = self.lanes, lanes
        for target in {*before, *lanes} & self.edges.keys():
            self.edges[target].via = self._via(target)

    def _via(self, target: Endpoint) -> tuple[Position, ...]:
        return self.lanes.get(target) or self.graph.routes.get(target, ())

    def _put_all(self, places: Mapping[Key, Position]) -> None:
        for key, place in places.items():
            self.put(key, *place)

    def sizes_changed(self) -> None:
        if self.arrangement or self.sequence:
            self._arrange()
            self.route(self.edges)

    def settled(self, edit: Edit) -> Edit:
        """An edit, together with the places chosen for the graph: once the user changes it, they are theirs."""
        if self.arrangement and not self.sequence:
            routes = (SetRoute(self.location, target, points) for target, points in self.lanes.items())
            return Batch((*placement(self.location, self.graph, self.arrangement), *routes, edit))
        return edit
