"""Adding to the graph: from the palette, by search, at the end of a wire, on a wire, into a Sequential."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QWidget

from blockstudio.engine.protocol import TensorShape
from blockstudio.errors import EditError, mark
from blockstudio.formats.pasted_python import typed_options
from blockstudio.graph.edits import AddNode, Batch, Edit
from blockstudio.graph.model import CodeDefinition, Endpoint, Position, at_flow
from blockstudio.gui.block_files import tell_renamed
from blockstudio.gui.canvas.commands.making_room import BESIDE, MakingRoom
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.facts.likely import neighbours
from blockstudio.gui.canvas.facts.needs import ANYTHING, needed_at, said_at
from blockstudio.gui.canvas.facts.offers import can_be_inserted, offers, ranked
from blockstudio.gui.canvas.facts.places import GRID
from blockstudio.gui.canvas.facts.placing import (
    Made,
    check_child,
    fed,
    fitted,
    inserted,
    main_ports,
    make,
    ports_of,
    wired_to,
    with_typed,
)
from blockstudio.gui.canvas.interactions.targets import landing
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.scene.hits import wire_at
from blockstudio.gui.i18n import tr
from blockstudio.gui.matching import Choice
from blockstudio.gui.panels.option_text import names_at
from blockstudio.gui.search_popup import SearchPopup
from blockstudio.gui.session import Session
from blockstudio.gui.settings import RECENT_ENTRIES

MOST_RECENT = 12


class Adding(MakingRoom):
    """Every way to add, each one undoable step."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.search_popup = SearchPopup(self)

    def add_entry(self, payload: str, at: QPointF | None = None, typed: str = "") -> None:
        """Place an entry's type, `definition:NAME` or `node:KIND`: at a place, or behind the selection."""
        sources = self._loose_ends() if at is None else []
        place = self._beside(sources) if at is None else (at.x(), at.y())
        made = self.make(payload, place, typed)
        if self.canvas_scene.sequence:
            self._add_to_sequence(made, payload, at)
            return
        ends = [source.endpoint for source in sources]
        edit = fed(self.session.document, self.session.location, made, ends, self.shape_of)
        self.commit(made, payload, edit, move_free=at is None)

    def make(self, payload: str, place: Position, typed: str = "") -> Made:
        """What a payload stands for; `typed` is how it was asked for, such as `linear(20, 64)`."""
        x, y = (round(value / GRID) * GRID for value in place)
        document, location = self.session.document, self.session.location
        names = tuple(names_at(document, location)) if typed else ()
        return with_typed(make(document, location, payload, (x, y)), typed_options(payload, typed, names))

    def commit(self, made: Made, payload: str, edit: Edit, *, move_free: bool = False) -> bool:
        """Add what was made, select it, and remember that it was; whether that could be done."""
        text = tr("Add {name}").format(name=made.key.name)
        try:
            with self.session.macro(text):
                self.session.push(self.canvas_scene.settled(edit), text)
                self._centre(made)
                if move_free:
                    self._push_ends(made.key)
                    self._move_to_free(made.key)
        except EditError as error:
            self.session.report(error)
            return False
        self._remember(payload)
        if self.canvas_scene.thing(made.key) is not None:
            self.select_keys([made.key])
            self._bring_in(made.key, whole=move_free)
        tell_renamed(self.session, made.renamed)
        if made.code:
            definition = self.session.document.definitions[made.code]
            assert isinstance(definition, CodeDefinition)
            self.session.trust(definition.source)
            self.session.code_requested.emit(made.code)
        if made.key.kind == "note":
            self.edit_in_place(made.key)
        return True

    def _remember(self, payload: str) -> None:
        """What was used last is offered first."""
        if not payload:
            return
        settings = self.session.settings
        others = [other for other in settings.get(RECENT_ENTRIES) if other != payload]
        settings.set(RECENT_ENTRIES, [payload, *others][:MOST_RECENT])

    def edit_in_place(self, key: Key) -> None:
        """Edit the name or text of something where it stands."""

    def _bring_in(self, key: Key, *, whole: bool) -> None:
        """Show what was added; where the user put it, seeing part of it is enough."""
        body, seen = self.canvas_scene.extent([key]), self.visible_rect()
        if not (seen.contains(body) if whole else seen.intersects(body)):
            self.reveal(body)

    def _loose_ends(self) -> list[PortKey]:
        """The first outputs of what is selected, side by side: what a new node is wired to.

        The first node of a graph is wired to its one input.
        """
        scene = self.canvas_scene
        if scene.sequence or len(scene.selection) > 8:
            return []
        if not scene.selection and not scene.graph.nodes and len(scene.graph.inputs) == 1:
            return [PortKey("", scene.graph.inputs[0].name, is_source=True)]
        items = [item for item in scene.selected_items() if isinstance(item, NodeItem | PillItem)]
        ends = []
        for item in sorted(items, key=lambda item: (item.x(), item.y()) if scene.down else (item.y(), item.x())):
            sources = [port for port, _ in item.ports() if port.is_source]
            ends += sources[:1]
        return ends

    def _beside(self, sources: list[PortKey]) -> Position:
        scene = self.canvas_scene
        if not sources:
            return self.about(self.middle(), 90.0)
        places = [scene.port_place(port) for port in sources]
        if scene.down:
            return sum(p.x() for p in places) / len(places), max(p.y() for p in places) + BESIDE
        return max(p.x() for p in places) + BESIDE, sum(p.y() for p in places) / len(places) - 20.0

    def about(self, at: QPointF, back: float = 60.0) -> Position:
        """Where something new stands that is to be about a place; downwards it is centred there later."""
        return at.x() - (0.0 if self.canvas_scene.down else back), at.y() - 20.0

    def shape_of(self, source: Endpoint) -> TensorShape | None:
        """What flows from an output of this graph, as far as it is known."""
        known = self.session.shape(self.session.location, source.node, source.port)
        if known is not None or source.node:
            return known
        # What the example says, the engine need not.
        example = next((port.example for port in self.session.graph.inputs if port.name == source.port), None)
        return TensorShape(example.shape, example.dtype) if example and example.generator != "file" else None

    def _shape_in_row(self, sequential: str, index: int) -> TensorShape | None:
        """What flows into a place of a Sequential: from the child before it, or from outside."""
        location = self.session.location
        if index:
            before = self.canvas_scene.nodes[sequential].face.rows[index - 1].key
            return self.session.shape(location.enter(sequential, "body"), before, "output")
        source = self.session.graph.source_of(sequential, "input")
        return self.shape_of(source) if source else None

    def _add_to_sequence(self, made: Made, payload: str, at: QPointF | None) -> None:
        scene = self.canvas_scene
        if made.node is None:
            raise EditError(mark("A Sequential has one input and one output."), path=scene.location.path())
        check_child(self.session.document, scene.location, made.node)
        names = list(scene.graph.nodes)
        chosen = [i for i, name in enumerate(names) if node_key(name) in scene.selection]
        index = chosen[-1] + 1 if chosen else len(names)
        if at is not None:
            index = landing(scene, at, made.node).place or 0
        if index:
            before, document = scene.link(names[index - 1], is_source=True), self.session.document
            said = {"input": said_at(document, scene.location, before)}
            made = fitted(document, made, {"input": self.shape_of(before)}, said=said)
        assert made.node is not None
        node = evolve(made.node, position=(0.0, 0.0))
        self.commit(made, payload, Batch((*made.before, AddNode(scene.location, node, index))))

    def _add_to_row(self, payload: str, sequential: str, index: int) -> bool:
        """Put something new into a Sequential that is shown."""
        inside = self.session.location.enter(sequential, "body")
        made = make(self.session.document, inside, payload, (0.0, 0.0))
        made = fitted(self.session.document, made, {"input": self._shape_in_row(sequential, index)})
        assert made.node is not None
        edit = Batch((*made.before, AddNode(inside, made.node, index)))
        return self.commit(Made(edit, node_key(sequential), code=made.code), payload, edit)

    def drop_entry(self, payload: str, point: QPointF) -> bool:
        """An entry is dropped on the canvas: on a wire, into a Sequential, or on the ground."""
        scene = self.canvas_scene
        with self.session.guard():
            made = self.make(payload, self.about(point))
            where = landing(scene, point, made.node, on_wires=made.node is not None)
            if where.refusal:
                self.refuse(where.refusal)
                return False
            if where.place is not None:
                self._add_to_sequence(made, payload, point)
                return True
            if where.sequential:
                return self._add_to_row(payload, where.sequential, where.index)
            if where.wire is not None and all(main_ports(ports_of(self.session.document, scene.location, made))):
                return self._insert(made, payload, where.wire)
            return self.commit(made, payload, Batch((*made.before, made.edit)))
        return False

    def _insert(self, made: Made, payload: str, target: Endpoint) -> bool:
        """Put something new on a wire; what is behind it makes room."""
        session = self.session
        with session.macro(tr("Insert {name}").format(name=made.key.name)):
            done = self.commit(made, payload, inserted(session.document, session.location, made, target, self.shape_of))
            if done:
                self.make_room(made.key, target)
        return done

    def search_to_insert(self, at: QPointF) -> None:
        """Ask what to put on the wire at a place."""
        session = self.session
        found = wire_at(self.canvas_scene, at)
        if found is None:
            return
        target = Endpoint(found.name, found.port)

        def chosen(payload: str) -> None:
            with session.guard():
                self._insert(self.make(payload, self.about(at), self.search_popup.field.text()), payload, target)

        likely = neighbours(session.document, session.location, PortKey(*session.graph.edges[target], is_source=True))
        self.ask_for(self.mapFromScene(at), self._fitting_between(target), chosen, likely)

    def _fitting_between(self, target: Endpoint) -> list[Choice]:
        """What can be put into the wire that feeds an input, as far as what flows is known; nothing without a wire."""
        document, location, source = self.session.document, self.session.location, self.session.graph.edges.get(target)
        if source is None:
            return []
        need = needed_at(document, location, target, self.shape_of)
        return [o for o in self.offered(flowing=self.shape_of(source), need=need) if can_be_inserted(o)]

    def search_to_add(self, at: QPointF | None = None, wire: PortKey | None = None) -> None:
        """Ask what to add: at the pointer, or with `wire` what its loose end can be plugged into."""
        session, pointer = self.session, self.pointer()
        if at is None and pointer is not None and not self.canvas_scene.selection and session.selected_port is None:
            self.go_to(pointer)
        scene = self.canvas_scene
        free = at is None
        if at is None and wire is None and session.selected_port is not None and not scene.sequence:
            wire, at = session.selected_port, self.off(session.selected_port)
        wires = [edge for key in scene.selection if (edge := scene.edge(key)) is not None]
        if at is None and len(scene.selection) == len(wires) == 1 and not scene.sequence:
            self.search_to_insert(wires[0].middle())
            return
        place = self.mapFromScene(at) if at is not None else pointer
        if place is None:
            place = self.viewport().rect().center() - QPoint(170, 190)
        elif at is None and not session.selection and not self._loose_ends():
            at = self.mapToScene(place)  # with a selection it lands beside that, wired to it

        def chosen(payload: str) -> None:
            typed = self.search_popup.field.text()
            with session.guard():
                if wire is None:
                    self.add_entry(payload, at, typed)
                    return
                assert at is not None
                if payload in between:
                    middle = scene.edges[wire.endpoint].middle()
                    self._insert(self.make(payload, self.about(middle), typed), payload, wire.endpoint)
                    return
                made = self.make(payload, self.about(at, 20.0 if wire.is_source else 140.0), typed)
                edit = wired_to(session.document, session.location, made, wire, self.shape_of)
                self.commit(made, payload, edit, move_free=free)

        available, likely = self.what_fits(wire)
        # A wire that is there already keeps what it brings: what can work on that goes between.
        between: dict[str, Choice] = {}
        if free and wire is not None and not wire.is_source:
            between = {offer.payload: offer for offer in self._fitting_between(wire.endpoint)}
        self.ask_for(place, [between.get(offer.payload, offer) for offer in available], chosen, likely)

    def what_fits(self, wire: PortKey | None) -> tuple[list[Choice], list[str]]:
        """What can be placed here, or at the loose end of a wire; and what is likely there."""
        session, scene = self.session, self.canvas_scene
        flowing = self.shape_of(wire.endpoint) if wire is not None and wire.is_source else None
        likely = neighbours(session.document, session.location, wire) if wire is not None else []
        need = ANYTHING
        if wire is not None and not wire.is_source:
            need = needed_at(session.document, session.location, wire.endpoint, self.shape_of)
        return self.offered(sequence=scene.sequence, wire=wire, flowing=flowing, need=need), likely

    def offered(self, **what: Any) -> list[Choice]:
        """What can be placed here, of the project and of the library."""
        session = self.session
        return offers(session.document, session.location, library=session.library.blocks(), **what)

    def off(self, port: PortKey) -> QPointF:
        """A place for what is to be wired to a port."""
        away = BESIDE if port.is_source else -BESIDE
        return self.canvas_scene.port_place(port) + QPointF(*at_flow(away, 0.0, 0, self.canvas_scene.down))

    def ask_for(
        self,
        place: QPoint,
        available: Sequence[Choice],
        chosen: Callable[[str], None],
        likely: Sequence[str] = (),
        prompt: str = "",
    ) -> None:
        """Open the search; `likely` comes before what was used last."""
        recent = [*likely, *self.session.settings.get(RECENT_ENTRIES)]
        self.search_popup.open(
            place,
            lambda text: ranked(available, text, recent),
            chosen,
            prompt=prompt or tr("Search layers, functions and blocks"),
            title=tr("What can be added here"),
        )
