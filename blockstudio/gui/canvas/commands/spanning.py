"""Wires from the graph one works in to ports of others that are seen: around it, and inside nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.across import Door, connect_across
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Batch, Connect
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.facts.placing import plugged
from blockstudio.gui.canvas.painting.surface import OpenWire
from blockstudio.gui.canvas.scene.surroundings import FarPort, Spot
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.liveness import snapshot
from blockstudio.gui.navigation import Trail, View, common_steps

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Spanning:
    """What a wire can go to, and what it makes there: one step of undo."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def light(self, origin: PortKey) -> list[Spot]:
        """Show in every graph that is seen which ports a wire can go to; those graphs, the own one first."""
        canvas = self._canvas
        trail = canvas.session.trail
        seen = canvas.surroundings.seen(trail)
        for spot in seen:
            surface = spot.scene.surface
            if surface.wire is None or surface.wire.nowhere:  # several nodes may show one graph
                surface.wire = self.open_wire(origin, spot.trail)
                spot.scene.update()
        self._repaint()
        return seen

    def put_out(self) -> None:
        """There is no wire any more."""
        for scene in self._canvas.family:
            scene.surface.wire = scene.surface.port = None
            scene.overlay.wipe()
            scene.update()
        self._repaint()

    def point_at(self, spot: Spot | None, port: PortKey | None) -> None:
        """The wire is at a port of a graph, or at none."""
        changed = False
        for scene in self._canvas.family:
            now = port if spot is not None and scene is spot.scene else None
            if scene.surface.port != now:
                for other in (scene.surface.port, now):
                    if other is not None:
                        scene.update_port(other)
                scene.surface.port = now
                changed = changed or scene is not self._canvas.canvas_scene
        if changed:
            self._repaint()

    def _repaint(self) -> None:
        """What is around the graph one works in, and inside its nodes."""
        canvas = self._canvas
        canvas.canvas_scene.overview.repaint()
        canvas.canvas_scene.update()
        if canvas.in_place:
            canvas.repaint_around()

    # --- what fits --------------------------------------------------------------------------------

    def open_wire(self, origin: PortKey, there: Trail) -> OpenWire:
        """A wire plugged in at a port of the graph one works in, as it can go on at the end of a way."""
        here = self._canvas.session.trail
        common = common_steps(here, there)
        graph = self._canvas.session.document.graph(here[common - 1].location)
        node = here[common].node if len(here) > common else origin.node
        reach = topology.upstream if origin.is_source else topology.downstream
        blocked = reach(graph, {node}) | {node} if node else set()
        if len(there) == common:
            return OpenWire(origin, blocked)
        return OpenWire(origin, nowhere=there[common].node in blocked)

    def refusal(self, origin: PortKey, far: FarPort) -> str:
        """Why a wire cannot go to a port; "" where it can."""
        here, there = self._canvas.session.trail, far.trail
        common = common_steps(here, there)
        graph = self._canvas.session.document.graph(here[common - 1].location)
        mine = here[common].node if len(here) > common else origin.node
        other = there[common].node if len(there) > common else far.port.node
        source, target = (mine, other) if origin.is_source else (other, mine)
        cycle = topology.path_between(graph, target, source) if source and target else []
        if not cycle:
            return ""
        error = EditError(
            mark("This wire would close a circle: {cycle}. Use a While or Repeat block for a loop."),
            cycle=" → ".join([*cycle, cycle[0]]),
        )
        return message(error)

    # --- connecting -------------------------------------------------------------------------------

    def connect(self, origin: PortKey, here: Trail, far: FarPort, pulled: Endpoint | None = None) -> None:
        """Wire a port at the end of one way to one at the end of another; `pulled` is the input it was at before."""
        canvas, session = self._canvas, self._canvas.session
        here, there = canvas.way_now(here), canvas.way_now(far.trail)
        common = common_steps(here, there)
        own, other = _doors(here[common - 1 :]), _doors(there[common - 1 :])
        source, target = (origin, far.port) if origin.is_source else (far.port, origin)
        out, into = (own, other) if origin.is_source else (other, own)
        text = tr("Connect {source} to {target}").format(
            source=source.node or source.port, target=target.node or target.port
        )
        with session.guard():
            document = snapshot(session.document)
            edits = [canvas.settled_at(step.location) for step in (*here[common - 1 :], *there[common:])]
            if pulled is not None:
                edits.append(Connect(here[-1].location, pulled, None))
            for edit in edits:
                document.apply(edit)
            place = here[common - 1].location
            made = connect_across(document, source.endpoint, out[::-1], target.endpoint, into, place)
            with session.macro(text):
                session.push(Batch((*edits, made.edit)), text)
                session.restore_view(View(here))
            canvas.select_port(origin)
            self._tell(made.inputs, lambda: self.connect(origin, here, far, pulled), text)

    def search(self, origin: PortKey, spot: Spot, place: QPoint) -> None:
        """Ask what to add to another graph that is seen, where a wire was let go over nothing."""
        canvas, session = self._canvas, self._canvas.session
        here, there, at = session.trail, spot.trail, spot.point
        available, likely = canvas.what_fits(origin)

        def chosen(payload: str) -> None:
            typed = canvas.search_popup.field.text()
            with session.guard(), session.macro(tr("Add {name}").format(name=payload.rpartition(".")[2])):
                location, shape = session.location, canvas.shape_of(origin.endpoint)
                session.restore_view(View(there))
                made = canvas.make(payload, canvas.about(at, 20.0 if origin.is_source else 140.0), typed)
                made, end = plugged(session.document, location, made, origin, lambda _: shape)
                if canvas.commit(made, payload, Batch((*made.before, made.edit))) and end is not None:
                    self.connect(origin, here, FarPort(there, PortKey(*end, not origin.is_source)))
                    session.restore_view(View(there, (made.key.name,)))

        canvas.ask_for(place, available, chosen, likely)

    def _tell(self, inputs: Sequence[Door], again: Callable[[], object], text: str) -> None:
        """Where a block is used several times, each use has a new input, which nothing feeds."""
        canvas, session = self._canvas, self._canvas.session
        for place, block, _ in inputs:
            if canvas.uses_of(session.document.node(place, block)) > 1:

                def only_here(place: Location = place, block: str = block) -> None:
                    session.undo_stack.undo()
                    canvas.own_first(place, block, again, text)

                told = tr("“{block}” is used in {count} places: the others have an input now that nothing feeds.")
                canvas.offer(place, block, only_here, told)
                return


def _doors(way: Trail) -> list[Door]:
    """The doors on a way, the outermost first."""
    return [Door(outer.location, inner.node, inner.location) for outer, inner in pairwise(way)]
