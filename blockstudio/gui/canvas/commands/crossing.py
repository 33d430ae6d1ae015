"""Nodes into a block or a Sequential of this graph, and what a step across a border does to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve
from PySide6.QtWidgets import QMenu

from blockstudio.graph.commands import dissolve_nodes, remove_nodes
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Batch, Edit
from blockstudio.graph.fragments import own_definition
from blockstudio.graph.hoisting import hoist, is_body, sink
from blockstudio.graph.model import Definition, If, Instance, Position, Repeat, Sequential, While, at_flow
from blockstudio.graph.moving import move_into
from blockstudio.graph.moving_out import APART, move_out
from blockstudio.graph.scopes import unique_name, users_of
from blockstudio.gui.canvas.commands.rewiring import Rewiring
from blockstudio.gui.canvas.facts.faces import describe, slot_name
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.kinds import ICONS
from blockstudio.gui.canvas.facts.placing import check_child, into_sequential
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon

CROSSING = "crossing"
"""Key of what is said of a block with several uses."""


class Crossing(Rewiring):
    """Each is one undoable step; where a block is used several times, the user hears what that means."""

    def blocks_here(self) -> list[str]:
        """The nodes of this graph that others can be moved into."""
        nodes = self.session.graph.nodes
        takes = (Sequential, While, Repeat, If)
        return [name for name, node in nodes.items() if self.uses_of(node) or isinstance(node, takes)]

    def uses_of(self, node: object) -> int:
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
                text = f"{block} · {slot_name(node, slot)}" if slot else block
                action = menu.addAction(icon(ICONS[node.kind]), text)
                action.triggered.connect(lambda _=False, block=block, slot=slot: self.move_into(names, block, slot))

    # --- in -----------------------------------------------------------------------------------------

    def move_into(self, names: Sequence[str], block: str, slot: str = "") -> bool:
        """Move nodes into a block, a Sequential or a body (`slot`) of control flow; whether that could be done."""
        session = self.session
        node = session.graph.nodes[block]
        if isinstance(node, Sequential):
            return self._into_row(names, node)
        text = tr("Move {name} into {container}").format(name=", ".join(names[:3]), container=block)
        if self.uses_of(node) > 1:
            # Inside, the nodes would be in every use; only this one has them to give.
            self.offer_own(session.location, block, lambda: self.move_into(names, block, slot), text)
            return False
        with session.guard():
            edit, _ = moved_in(session.document, session.location, names, block, slot)
            if self.push(edit, text):
                self.select_keys([node_key(block)])
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
        edit, _ = put_in_row(self.session.document, self.canvas_scene.location, name, sequential, index)
        text = tr("Move {name} into {container}").format(name=name, container=sequential)
        if not self.push(edit, text):
            return False
        self.select_keys([node_key(sequential)])
        return True

    def take_out_of_row(self, place: Location, row: str, name: str, at: Position | None = None) -> str:
        """Take a child out of a Sequential, to a place or beside it; its name there."""
        edit, new = taken_from_row(self.session.document, place, row, name, at)
        self.push(edit, tr("Take {name} out of {container}").format(name=new, container=row))
        return new

    # --- several uses -------------------------------------------------------------------------------

    def offer_own(self, place: Location, block: str, then: Callable[[], object], text: str) -> None:
        self.offer(place, block, lambda: self.own_first(place, block, then, text))

    def own_first(self, place: Location, block: str, then: Callable[[], object], text: str) -> None:
        """Give a use of a block an inside of its own, and go on with that."""
        session = self.session
        with session.guard(), session.macro(text):
            session.push(own_definition(session.document, place, block), text)
            then()
        self.setFocus()

    def offer(self, place: Location, block: str, only_here: Callable[[], object], done: str = "") -> None:
        """Say how often a block is used, and what was done to all uses, with a button to change just this one."""
        session = self.session
        node = session.document.node(place, block)
        assert isinstance(node, Instance)
        text = done or tr("“{block}” is used in {count} places, which would all change inside.")
        session.notify(
            text.format(block=node.definition, count=self.uses_of(node)),
            "info" if done else "warning",
            actions=((tr("Only “{name}”").format(name=block), only_here),),
            key=CROSSING,
        )


# --- one step across a border -----------------------------------------------------------------------


def moved_in(
    document: Document, location: Location, names: Sequence[str], block: str, slot: str
) -> tuple[Edit, list[str]]:
    """Nodes into a block, or a body of control flow: the edit, and their names inside."""
    if isinstance(document.node(location, block), Instance):
        return move_into(document, location, names, block)
    return sink(document, location, names, block, slot or "body")


def moved_out(
    document: Document, inner: Location, names: Sequence[str], location: Location, block: str
) -> tuple[Edit, list[str]]:
    """Nodes out of a block, or a body of control flow: the edit, and their names outside."""
    if is_body(document, inner):
        return hoist(document, inner, names)
    return move_out(document, inner, names, location, block)


def put_in_row(document: Document, location: Location, name: str, row: str, index: int) -> tuple[Edit, str]:
    """A node into a Sequential, so that what fed it now feeds what it fed: the edit, and its name inside."""
    graph = document.graph(location)
    node = graph.nodes[name]
    check_child(document, location, node)
    ins, outs = graph.edges_into(name), graph.edges_out_of(name)
    away: Edit
    if len(ins) == 1 and outs:
        away = dissolve_nodes(document, location, [name], lambda n: (ins[0].target.port, outs[0].source.port))
    else:
        away = remove_nodes(document, location, [name])
    return into_sequential(document, location, row, node, index, away)


def taken_from_row(
    document: Document, place: Location, row: str, name: str, at: Position | None = None
) -> tuple[Edit, str]:
    """A child out of a Sequential, to a place or beside it: the edit, and its name there."""
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
    return Batch((away, AddNode(place, evolve(node, name=new, position=at)))), new
