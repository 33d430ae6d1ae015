"""Nodes from the graph they are in to another that is seen: out of blocks, and into others, in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve

from blockstudio.catalog.ports import is_row
from blockstudio.errors import EditError
from blockstudio.graph.borders import stay
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Batch, Edit, MoveNodes, SetPorts
from blockstudio.graph.model import Instance, Port, Position
from blockstudio.graph.port_commands import Side
from blockstudio.gui.canvas.commands.crossing import Crossing, moved_in, moved_out, put_in_row, taken_from_row
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.i18n import tr
from blockstudio.gui.liveness import snapshot
from blockstudio.gui.navigation import Trail, View, common_steps

SIDES: tuple[Side, Side] = ("inputs", "outputs")


class Carrying(Crossing):
    """Wires are kept wherever the nodes go; where a block is used several times, the user hears what that means."""

    def move_out_of_block(self) -> None:
        """Move the selected nodes out to where this graph is used, and go there."""
        names, trail = self.session.selection, self.session.trail
        if names and len(trail) > 1 and self.carry(names, trail, trail[:-1]):
            self.reveal(self.canvas_scene.extent(self.canvas_scene.selection))

    def carry(
        self,
        names: Sequence[str],
        here: Trail,
        there: Trail,
        at: Mapping[str, Position] | None = None,
        index: int | None = None,
    ) -> bool:
        """Move nodes from the end of one way to the end of another, to places there, and go with them.

        `index` is the place in a Sequential, instead. Whether it could be done.
        """
        session = self.session
        here, there = self.way_now(here), self.way_now(there)
        common = common_steps(here, there)
        whole = ", ".join(names[:3])
        if len(there) > common:
            text = tr("Move {name} into {container}").format(name=whole, container=there[-1].node)
        else:
            text = tr("Move {name} out of {container}").format(name=whole, container=here[common].node)

        def again() -> None:
            self.carry(names, here, there, at, index)

        shared = self._used_often(there, common)
        if shared is not None:
            # Inside, the nodes would be in every use; only this one has them to give.
            self.offer_own(*shared, again, text)
            return False
        left = self._used_often(here, common)
        try:
            edit, moved = self._carried(names, here, there, at, index)
            with session.macro(text):
                session.push(edit, text)
                session.restore_view(View(there, tuple(moved)))
        except EditError as error:
            session.report(error)
            if left is not None:
                self.offer_own(*left, again, text)
            return False
        self.select_keys(map(node_key, moved))
        if left is not None:
            place, block = left

            def not_elsewhere() -> None:
                session.undo_stack.undo()
                self.own_first(place, block, again, text)

            told = tr("“{block}” is used in {count} places: each of them has these nodes beside it now.")
            self.offer(place, block, not_elsewhere, told)
        return True

    def way_now(self, trail: Trail) -> Trail:
        """The same way through the same nodes, whatever their blocks are called by now."""
        found = [trail[0]]
        for place in trail[1:]:
            nodes = self.session.document.graph(found[-1].location).nodes
            node = nodes.get(place.node)
            location = Location(node.definition) if isinstance(node, Instance) else place.location
            if place.location.steps and place.location.steps[-1][0] == place.node:
                location = found[-1].location.enter(*place.location.steps[-1])
            found.append(evolve(place, location=location))
        return tuple(found)

    def settled_at(self, location: Location) -> Edit:
        """The places chosen for a graph that is seen and has none of its own."""
        scene = self.family.known(self.session.document.graph(location))
        return scene.settled(Batch(())) if scene is not None else Batch(())

    def _used_often(self, trail: Trail, common: int) -> tuple[Location, str] | None:
        """The first block on the way beyond where two ways part that is used elsewhere, too."""
        for outer, place in zip(trail[common - 1 :], trail[common:], strict=False):
            if self.uses_of(self.session.document.graph(outer.location).nodes.get(place.node)) > 1:
                return outer.location, place.node
        return None

    def _carried(
        self, names: Sequence[str], here: Trail, there: Trail, at: Mapping[str, Position] | None, index: int | None
    ) -> tuple[Edit, list[str]]:
        """The edit, made border by border on a copy of the document; and the names of the nodes at the end."""
        document = snapshot(self.session.document)
        edits: list[Edit] = []

        def make(edit: Edit) -> None:
            document.apply(edit)
            edits.append(edit)

        common = common_steps(here, there)
        for place in {place.location: None for place in (*here[common - 1 :], *there[common - 1 :])}:
            make(self.settled_at(place))
        order = list(document.graph(here[-1].location).chosen(names))
        moved = list(order)
        for outer, inner in zip(here[-2 : -len(here) - 1 : -1], here[: common - 1 : -1], strict=False):
            if is_row(document, inner.location):
                outside = []
                for name in moved:
                    edit, new = taken_from_row(document, outer.location, inner.node, name)
                    make(edit)
                    outside.append(new)
                moved = outside
            else:
                edit, moved = moved_out(document, inner.location, moved, outer.location, inner.node)
                make(edit)
        entered: list[tuple[Location, list[Port], list[Port]]] = []
        """Graphs on the way in, with the ports they had."""
        for outer, inner in zip(there[common - 1 :], there[common:], strict=False):
            graph = document.graph(inner.location)
            if is_row(document, inner.location):
                end = len(graph.nodes) if index is None else index
                inside = []
                for number, name in enumerate(moved):
                    edit, new = put_in_row(document, outer.location, name, inner.node, end + number)
                    make(edit)
                    inside.append(new)
                moved = inside
                continue
            entered.append((inner.location, list(graph.inputs), list(graph.outputs)))
            slot = inner.location.steps[-1][1] if inner.location.steps else ""
            edit, moved = moved_in(document, outer.location, moved, inner.node, slot)
            make(edit)
        if at is not None and not is_row(document, there[-1].location):
            make(MoveNodes(there[-1].location, {new: at[name] for new, name in zip(moved, order, strict=True)}))
            for place, *before in entered:
                for side, ports in zip(SIDES, before, strict=True):
                    make(SetPorts(place, side, stay(document.graph(place), side, ports)))
        return Batch(tuple(edits)), moved
