"""A view that follows the session: its graph, selection, problems and shapes; and the way back, `push`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QCursor, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from blockstudio.engine.protocol import Problem
from blockstudio.errors import EditError
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import Key, PortKey, edge_key, node_key, pill_side
from blockstudio.gui.canvas.painting import squared
from blockstudio.gui.canvas.scene.beyond import scenes_beyond
from blockstudio.gui.canvas.scene.family import Family
from blockstudio.gui.canvas.scene.room import make_room
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.canvas.scene.surroundings import Spot, Surroundings, seen_around
from blockstudio.gui.canvas.scene.transition import Transition
from blockstudio.gui.canvas.scene.viewport import Viewport
from blockstudio.gui.navigation import Navigation, Place, View
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LESS_MOTION, SQUARE_WIRES
from blockstudio.gui.undo import Settling

if TYPE_CHECKING:
    from blockstudio.gui.canvas.interactions.base import Interaction


READABLE = 0.5
"""The zoom from which on what is in view need not be brought nearer."""


class SessionView(Viewport):
    """A view on the graph that the session shows, which it changes through `push` alone.

    Of several views one is awake. The others keep their own place and only follow the document.
    """

    entered = Signal()
    """It gets the keyboard: the user works here from now on."""
    interaction: Interaction | None = None
    """The gesture that is under way."""
    looked_around = Signal()
    """What is seen around the graph one works in may be something else."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self.canvas_scene = CanvasScene()
        super().__init__(self.canvas_scene, parent)
        self.canvas_scene.setParent(self)
        self.family = Family(lambda family: CanvasScene(self, family))
        self.family.join(self.canvas_scene, self.canvas_scene.graph)
        self.surroundings = Surroundings((self.canvas_scene,))
        """Of the graph one works in: what is seen around it where it is shown inside a node."""
        self.session = session
        self._beyond: list[CanvasScene] = []
        """Of graphs that are not seen from here and show what is worked on."""
        self._views: dict[Location, tuple[QPointF, float]] = {}
        """Where one looked in graphs that were shown before."""
        self._shown: Location | None = None
        self._own_place: Navigation | None = None
        self._trail: tuple[Place, ...] = ()
        self._came_with = QPoint()
        """Where the pointer was when one came here in place."""
        self.transition = Transition(self.viewport())
        session.document_replaced.connect(self._forget_views)
        session.location_changed.connect(self._location_changed)
        session.document_changed.connect(self._follow)
        session.selection_changed.connect(self._selection_changed)
        session.diagnostics_changed.connect(self._show_problems)
        session.shapes_changed.connect(self._show_shapes)
        session.reveal_requested.connect(self.reveal_node)
        squared.use(session.settings.get(SQUARE_WIRES))
        session.settings.changed.connect(self._setting_changed)
        session.settling.connect(self._make_room)

    def _setting_changed(self, key: str) -> None:
        if key == SQUARE_WIRES.key:
            squared.use(self.session.settings.get(SQUARE_WIRES))
            self.canvas_scene.restyle()
            self.repaint_around()

    # --- awake or not -----------------------------------------------------------------------------

    @property
    def place(self) -> Navigation:
        """Where this view is in the document: the session itself while it is awake."""
        return self._own_place or self.session

    @property
    def awake(self) -> bool:
        return self._own_place is None

    def sleep(self) -> None:
        """Stay here while the user works in another view."""
        self.end_gesture()
        place = Navigation(self.session.document)
        place.restore_view(self.session.view())
        self._own_place = place

    def wake(self) -> None:
        """Take the session to where this view is."""
        place, self._own_place = self._own_place, None
        if place is not None:
            self.session.restore_view(place.view())
            self._show_location()
            self._show_selection()

    def look_elsewhere(self, place: Navigation) -> None:
        """Show another place, while not awake."""
        self._own_place = place
        self._show_location()

    def _location_changed(self) -> None:
        if self.awake:
            self._show_location()

    # --- following --------------------------------------------------------------------------------

    def _show_location(self) -> None:
        session, place = self.session, self.place
        self.leave_scene()
        scene = self.family.scene(session.document, place.location, session)
        found = seen_around(self.family, session.document, place.trail, session)
        if found is None and scene is self.canvas_scene:  # in the middle of a change, which `_follow` ends
            self._shown, self._trail = place.location, place.trail
            return
        around = found or Surroundings((scene,))
        if self._shown is not None and around.outermost is self.surroundings.outermost:
            self._go_in_place(around)
            return
        self._remember_view()
        before = self._picture()
        came_from, self._trail = self._trail, place.trail
        door = _door(came_from, place.trail)
        inwards = len(place.trail) > len(came_from)
        middle = self._middle_of(door) if inwards else None
        self._take_scene(around)
        self._show_selection()
        view = self._views.get(place.location)
        if view is not None:
            self.set_view(*view)
        else:
            self.fit_all()
        self.viewport().update()
        if before is not None and door:
            self.transition.play(before, middle or self._middle_of(door), inwards=inwards)

    def _go_in_place(self, around: Surroundings) -> None:
        """From one of the graphs that are seen to another of them: nothing moves."""
        self._came_with = QCursor.pos()
        deeper = len(around.doors) > len(self.surroundings.doors)
        self._take_scene(around, self.surroundings.origin - around.origin)
        self._show_selection()
        field = self.canvas_scene.field()
        if deeper and not self.visible_rect().intersects(field):
            self.reveal(field)

    def see_inside(self) -> None:
        """One went into a block to see it: if it is shown in its place, all of it."""
        field = self.canvas_scene.field()
        if self.in_place and not (self.zoom >= READABLE and self.visible_rect().contains(field)):
            self.fit_rect(field, animated=True)

    def _take_scene(self, around: Surroundings, shift: QPointF | None = None) -> None:
        """Work in the scene that these are the surroundings of."""
        before, self.canvas_scene = self.canvas_scene, around.scenes[-1]
        self._shown, self._trail = self.place.location, self.place.trail
        if before is not self.canvas_scene:
            before.select(())
            before.frame.hide()
        place, document = self.place.location, self.session.document
        self._beyond = scenes_beyond(self.family, document, place, self.session)
        self._look_around(around)
        self.show_scene(self.canvas_scene, shift)

    def _look_around(self, around: Surroundings) -> None:
        """See these surroundings, and let go of what is not seen and not on the way back either."""
        self.surroundings = around
        frame = self.canvas_scene.frame
        frame.setVisible(self.in_place)
        opening = around.doors[-1].geometry.opening if around.doors else None
        frame.least = opening.field if opening is not None else QRectF()
        graphs = (self.session.document.graph(place.location) for place in self._trail)
        way = (self.family.known(graph) for graph in graphs)
        beyond = (scene for scene in self._beyond if not scene.is_gone)
        self.family.sweep([*around.scenes, *beyond, *(scene for scene in way if scene is not None)])
        if self.in_place:
            self.repaint_around()
        self.looked_around.emit()

    @property
    def in_place(self) -> bool:
        """Whether one works inside an expanded node, with what is around it in view."""
        return bool(self.surroundings.doors)

    def spot(self, point: QPointF) -> Spot:
        """Which of the graphs that are seen is at a place of the scene."""
        return self.surroundings.spot(self.place.trail, point)

    def go_to(self, place: QPoint) -> None:
        """Work in the graph that is seen at a place of the view."""
        trail = self.spot(self.mapToScene(place)).trail
        if trail != self.place.trail:
            self.session.restore_view(View(trail))

    def pointer(self) -> QPoint | None:
        """Where the pointer says that something goes; not when it was left elsewhere while one came here by keys."""
        place = self.viewport().mapFromGlobal(QCursor.pos())
        if not self.viewport().rect().contains(place):
            return None
        left = QCursor.pos() == self._came_with and self.spot(self.mapToScene(place)).trail != self.place.trail
        return None if left else place

    def middle(self) -> QPointF:
        """The middle of what is seen of the graph one works in."""
        seen = self.canvas_scene.field() & self.visible_rect() if self.in_place else QRectF()
        return self.view_center() if seen.isEmpty() else seen.center()

    def repaint_around(self) -> None:
        """What is around the graph one works in looks different."""
        self.resetCachedContent()
        self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        self.surroundings.paint(painter, QRectF(rect))

    def leave_scene(self) -> None:
        """Another scene may be shown: break off what is under way in this one."""
        self.end_gesture()

    def _picture(self) -> QPixmap | None:
        """What is seen now, where it may be shown going away."""
        self.transition.end()
        return self.viewport().grab() if self.moves and self._shown is not None else None

    def _middle_of(self, name: str) -> QPointF:
        """Where a node of the shown graph is in the view, or the middle of that."""
        item = self.canvas_scene.nodes.get(name)
        if item is None:
            return QRectF(self.viewport().rect()).center()
        return QPointF(self.mapFromScene(item.body.center()))

    def _forget_views(self) -> None:
        self._views.clear()
        self._shown = None
        self.surroundings = Surroundings((self.canvas_scene,))
        if not self.awake:
            self._own_place = Navigation(self.session.document)
            self._show_location()

    def _remember_view(self) -> None:
        if self._shown is None or not self.isVisible():
            return
        if self.fitted:  # whoever comes back finds everything again, in the room there is then
            self._views.pop(self._shown, None)
        else:
            self._views[self._shown] = (self.view_center(), self.zoom)

    def _views_around(self) -> dict[Location, tuple[QPointF, float]]:
        """Where one looks now in each of the graphs that are seen around the one worked in."""
        around, center = self.surroundings, self.view_center()
        views: dict[Location, tuple[QPointF, float]] = {}
        for scene, door in zip(around.scenes[-2::-1], around.doors[::-1], strict=True):
            center = center + door.origin
            views[scene.location] = center, self.zoom
        return views

    def _follow(self, edits: Iterable[Edit]) -> None:
        self.stop_animation()
        self.end_gesture()
        if self._own_place is not None:
            self._own_place.follow(edits)
        was_empty = not self.canvas_scene.nodes
        around = self._views_around()
        self.family.follow(edits)
        if self.canvas_scene.graph is not self.place.graph:
            self._show_location()
            return
        place = self.place
        found = seen_around(self.family, self.session.document, place.trail, self.session)
        if found is None or found.outermost is not self.surroundings.outermost:
            self._views |= around  # no longer seen from here: whoever goes out finds it where it was
        self._look_around(found or Surroundings((self.canvas_scene,)))
        # What was renamed, or came back, is selected under a name the scene did not know before.
        self._show_selection()
        if was_empty or not self.canvas_scene.nodes:
            self.viewport().update()

    def _show_selection(self) -> None:
        """Select what the session says."""
        place = self.place
        keys = {node_key(name) for name in place.selection}
        keys |= {Key("input" if side == "inputs" else "output", name) for side, name in place.selected_ports}
        keys |= {edge_key(target) for target in place.selected_wires}
        keys |= {Key("note", name) for name in place.selected_notes}
        self.canvas_scene.select(keys)
        self.describe_selection()

    def _selection_changed(self) -> None:
        if self.awake:
            self._show_selection()

    def _show_problems(self, problems: list[Problem]) -> None:
        self.family.problems = problems
        for scene in self.family:
            scene.set_problems(problems)
        self.repaint_around()
        self.describe_selection()

    def _show_shapes(self) -> None:
        for scene in self.family:
            scene.shapes_changed()
        self.repaint_around()
        self.describe_selection()

    def _make_room(self, settling: Settling) -> None:
        """After a change, for nodes that show what is inside them and have grown."""
        for scene in self.family:
            if scene.grown and scene.location not in settling.done:
                settling.done.add(scene.location)
                settling.edits += make_room(scene)
            scene.grown = {}

    def reveal_node(self, name: str) -> None:
        """Bring a node of the shown graph into view."""
        if self.awake:
            self.reveal(self.canvas_scene.extent([node_key(name)]))

    def nearest_name(self, point: QPointF) -> str:
        """The node nearest to a place; "" where there is none."""
        nodes = self.canvas_scene.nodes
        return min(nodes, key=lambda name: (nodes[name].body.center() - point).manhattanLength(), default="")

    def show_note(self, location: Location, name: str) -> None:
        """Go to a note wherever it is."""
        self.session.enter(location)
        self.select_keys([Key("note", name)])
        self.reveal(self.canvas_scene.extent([Key("note", name)]))

    def selection_made(self) -> None:
        """Tell the session what is selected on the canvas."""
        selection = self.canvas_scene.selection
        nodes = [name for name in self.canvas_scene.graph.nodes if node_key(name) in selection]
        pills = sorted((pill_side(key), key.name) for key in selection if key.kind in ("input", "output"))
        wires = sorted(Endpoint(key.name, key.port) for key in selection if key.kind == "edge")
        notes = sorted(key.name for key in selection if key.kind == "note")
        self.session.select(nodes, pills, wires, notes)
        self.describe_selection()

    def select_keys(self, keys: Iterable[Key]) -> None:
        self.canvas_scene.select(keys)
        self.selection_made()

    def select_port(self, port: PortKey) -> None:
        """Select one port, and nothing else."""
        self.canvas_scene.select(())
        self.session.select_port(port)
        self.describe_selection()

    def describe_selection(self) -> None:
        """Say in words what is selected, for screen readers."""

    def end_gesture(self) -> None:
        """Break off whatever gesture is under way."""

    def push(self, edit: Edit, text: str, *, merge: str = "") -> bool:
        """Make a change, or tell the user why it is refused; whether it was made."""
        try:
            self.session.push(self.canvas_scene.settled(edit), text, merge=merge)
        except EditError as error:
            self.session.report(error)
            return False
        return True

    def refuse(self, text: str) -> None:
        """Tell the user why a gesture led to nothing."""
        self.session.notify(text, "warning", key="refused")

    @property
    def moves(self) -> bool:
        return super().moves and not self.session.settings.get(LESS_MOTION)


def _door(before: Sequence[Place], now: Sequence[Place]) -> str:
    """The node one went in or came out by; "" where it was not one step in or out."""
    shorter, longer = sorted((before, now), key=len)
    if len(shorter) == len(longer) or list(longer[: len(shorter)]) != list(shorter):
        return ""
    return longer[len(shorter)].node
