"""Nodes into a block or a Sequential of this graph, and out to where the graph is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve
from PySide6.QtWidgets import QMenu

from blockstudio.catalog.ports import is_row
from blockstudio.errors import EditError
from blockstudio.graph.commands import dissolve_nodes, remove_nodes
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, Batch, Edit
from blockstudio.graph.fragments import own_definition
from blockstudio.graph.hoisting import hoist, is_body, sink
from blockstudio.graph.model import Definition, If, Instance, Position, Repeat, Sequential, While, at_flow
from blockstudio.graph.moving import move_into
from blockstudio.graph.moving_out import APART, move_out
from blockstudio.graph.scopes import unique_name, users_of
from blockstudio.gui.canvas.commands.rewiring import Rewiring
from blockstudio.gui.canvas.facts.faces import SLOT_NAMES, describe
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.kinds import ICONS
from blockstudio.gui.canvas.facts.places import placement
from blockstudio.gui.canvas.facts.placing import check_child, into_sequential
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.navigation import Place, View

CROSSING = "crossing"
"""Key of what is said of a block with several uses."""


class Crossing(Rewiring):
    """Each is one undoable step; where a block is used several times, the user hears what that means."""

    def blocks_here(self) -> list[str]:
        """The nodes of this graph that others can be moved into."""
        nodes = self.session.graph.nodes
        takes = (Sequential, While, Repeat, If)
        return [name for name, node in nodes.items() if self._uses_of(node) or isinstance(node, takes)]

    def _uses_of(self, node: object) -> int:
        """How often the block that a node is an instance of is used; 0 for any other node."""
        document = self.session.document
        if not isinstance(node, Instance) or not isinstance(document.definitions.get(node.definition), Definition):
            return 0
        return len(users_of(document, node.definition))

    def fill_blocks(self, menu: QMenu, names: Sequence[str], blocks: Sequence[str]) -> None:
        """The blocks that nodes can be moved into, each an item of a menu."""
        for block in blocks:
            node = self.session.graph.nodes[block]
            slots = ("",) if isinstance(node, Sequential) else tuple(slot for slot, _ in node.graphs()) or ("",)
            for slot in slots:
                text = f"{block} · {tr(SLOT_NAMES.get(slot, slot))}" if slot else block
                action = menu.addAction(icon(ICONS[node.kind]), text)
                action.triggered.connect(lambda _=False, block=block, slot=slot: self.move_into(names, block, slot))

    # --- in -----------------------------------------------------------------------------------------

    def move_into(
        self, names: Sequence[str], block: str, slot: str = "", at: Mapping[str, Position] | None = None
    ) -> bool:
        """Move nodes into a block, a Sequential or a body (`slot`) of control flow; whether that could be done.

        `at` gives them places inside, where the block is expanded; one goes in with them then.
        """
        session = self.session
        node = session.graph.nodes[block]
        if isinstance(node, Sequential):
            return self._into_row(names, node)
        text = tr("Move {name} into {container}").format(name=", ".join(names[:3]), container=block)
        if self._uses_of(node) > 1:
            # Inside, the nodes would be in every use; only this one has them to give.
            self._offer_own(session.location, block, lambda: self.move_into(names, block, slot, at), text)
            return False
        with session.guard():
            if isinstance(node, Instance):
                edit, moved = move_into(session.document, session.location, names, block)
            else:
                edit, moved = sink(session.document, session.location, names, block, slot or "body")
            inner = self.canvas_scene.nodes[block].inner
            if at is None or inner is None or inner.arrangement:
                if self.push(edit, text):
                    self.select_keys([node_key(block)])
                    return True
            else:
                places = {key: (pill.x(), pill.y()) for key, pill in inner.pills.items()}
                chosen = session.graph.chosen(names)
                places |= {node_key(new): at[name] for new, name in zip(moved, chosen, strict=True)}
                with session.macro(text):
                    session.push(self.canvas_scene.settled(edit), text)
                    there = {key: place for key, place in places.items() if inner.thing(key) is not None}
                    session.push(Batch(tuple(placement(inner.location, inner.graph, there))), text)
                session.restore_view(View((*session.trail, Place(inner.location, block)), tuple(moved)))
                return True
        return False

    def _into_row(self, names: Sequence[str], row: Sequential) -> bool:
        """Behind the last child of a Sequential, one after the other."""
        session = self.session
        with session.guard():
            for name in names:
                check_child(session.document, session.location, session.graph.nodes[name])
            with session.macro(tr("Move into {name}").format(name=row.name)):
                for name in names:
                    end = len(session.document.graph(session.location.enter(row.name, "body")).nodes)
                    self.put_into_row(name, row.name, end)
            return True
        return False

    def put_into_row(self, name: str, sequential: str, index: int) -> bool:
        """Put a node into a Sequential: what fed it now feeds what it fed."""
        session, location = self.session, self.canvas_scene.location
        graph, document = session.graph, session.document
        check_child(document, location, graph.nodes[name])
        ins, outs = graph.edges_into(name), graph.edges_out_of(name)
        away: Edit
        if len(ins) == 1 and outs:
            away = dissolve_nodes(document, location, [name], lambda n: (ins[0].target.port, outs[0].source.port))
        else:
            away = remove_nodes(document, location, [name])
        edit = into_sequential(document, location, sequential, graph.nodes[name], index, away)
        text = tr("Move {name} into {container}").format(name=name, container=sequential)
        if not self.push(edit, text):
            return False
        self.select_keys([node_key(sequential)])
        return True

    # --- out ----------------------------------------------------------------------------------------

    def move_out_of_block(self) -> None:
        """Move the selected nodes out to where this graph is used, and go there."""
        session = self.session
        names = session.selection
        if not names or len(session.trail) < 2:
            return
        block, place = session.trail[-1].node, session.trail[-2].location
        if is_row(session.document, session.location):
            with session.macro(tr("Take {name} out of {container}").format(name=names[0], container=block)):
                moved = [self.take_out_of_row(place, block, name) for name in names]
            self._arrive(place, moved)
            return
        text = tr("Move {name} out of {container}").format(name=", ".join(names[:3]), container=block)
        uses = self._uses_of(session.document.node(place, block))

        def only_here() -> None:
            self._make_own(place, block, lambda: self._move_out(names, place, block, text), text)

        try:
            done = self._move_out(names, place, block, text)
        except EditError as error:
            if uses < 2:
                raise
            session.report(error)
            self._offer(place, block, only_here)
            return

        def not_elsewhere() -> None:
            session.undo_stack.undo()
            only_here()

        if done and uses > 1:
            self._offer(place, block, not_elsewhere, moved=True)

    def _move_out(self, names: Sequence[str], place: Location, block: str, text: str) -> bool:
        session = self.session
        node = session.document.node(place, block)
        if is_body(session.document, session.location):
            edit, moved = hoist(session.document, session.location, names)
        else:
            inside = Location(node.definition) if isinstance(node, Instance) else session.location
            edit, moved = move_out(session.document, inside, names, place, block)
        done = self.push(edit, text)
        if done:
            self._arrive(place, moved)
        return done

    def _arrive(self, place: Location, names: Sequence[str]) -> None:
        """Go to where nodes were moved out to, and select them."""
        self.session.enter(place)
        self.select_keys(map(node_key, names))
        self.reveal(self.canvas_scene.extent(self.canvas_scene.selection))

    def take_out_of_row(self, place: Location, row: str, name: str, at: Position | None = None) -> str:
        """Take a child out of a Sequential, to a place or beside it; its name there."""
        document = self.session.document
        inside = place.enter(row, "body")
        node, outer = document.node(inside, name), document.graph(place)
        wanted = name
        if wanted.isdigit():
            wanted = describe(document, inside, document.graph(inside), node).title.lower()
        new = unique_name(document, place, wanted if wanted.isidentifier() else "layer")
        if at is None:
            x, y = outer.nodes[row].position
            across, along = at_flow(APART, 0.0, 0, outer.down)
            at = (x + across, y + along)
        away = remove_nodes(document, inside, [name])
        edit = Batch((away, AddNode(place, evolve(node, name=new, position=at))))
        self.push(edit, tr("Take {name} out of {container}").format(name=new, container=row))
        return new

    # --- several uses -------------------------------------------------------------------------------

    def _offer_own(self, place: Location, block: str, then: Callable[[], object], text: str) -> None:
        self._offer(place, block, lambda: self._make_own(place, block, then, text))

    def _make_own(self, place: Location, block: str, then: Callable[[], object], text: str) -> None:
        """Give a use of a block an inside of its own, and go on with that."""
        session = self.session
        with session.guard(), session.macro(text):
            session.push(own_definition(session.document, place, block), text)
            then()
        self.setFocus()

    def _offer(self, place: Location, block: str, only_here: Callable[[], object], *, moved: bool = False) -> None:
        """Say how often a block is used, with a button to change just this use."""
        session = self.session
        node = session.document.node(place, block)
        assert isinstance(node, Instance)
        if moved:
            text = tr("“{block}” is used in {count} places: each of them has these nodes beside it now.")
        else:
            text = tr("“{block}” is used in {count} places, which would all change inside.")
        session.notify(
            text.format(block=node.definition, count=self._uses_of(node)),
            "info" if moved else "warning",
            actions=((tr("Only “{name}”").format(name=block), only_here),),
            key=CROSSING,
        )
