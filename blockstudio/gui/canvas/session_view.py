"""A view that follows the session: its graph, selection, problems and shapes; and the way back, `push`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from blockstudio.engine.protocol import Problem
from blockstudio.errors import EditError
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.keys import Key, PortKey, edge_key, node_key, pill_side
from blockstudio.gui.canvas.scene import CanvasScene
from blockstudio.gui.canvas.transition import Transition
from blockstudio.gui.canvas.viewport import Viewport
from blockstudio.gui.navigation import Navigation, Place
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LESS_MOTION


class SessionView(Viewport):
    """A view on the graph that the session shows, which it changes through `push` alone.

    Of several views one is awake. The others keep their own place and only follow the document.
    """

    entered = Signal()
    """It gets the keyboard: the user works here from now on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self.canvas_scene = CanvasScene()
        super().__init__(self.canvas_scene, parent)
        self.canvas_scene.setParent(self)
        self.session = session
        self._views: dict[Location, tuple[QPointF, float]] = {}
        """Where one looked in graphs that were shown before."""
        self._shown: Location | None = None
        self._own_place: Navigation | None = None
        self._trail: tuple[Place, ...] = ()
        self.transition = Transition(self.viewport())
        session.document_replaced.connect(self._forget_views)
        session.location_changed.connect(self._location_changed)
        session.document_changed.connect(self._follow)
        session.selection_changed.connect(self._selection_changed)
        session.diagnostics_changed.connect(self._show_problems)
        session.shapes_changed.connect(self._show_shapes)
        session.reveal_requested.connect(self.reveal_node)

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
        scene, session, place = self.canvas_scene, self.session, self.place
        self.end_gesture()
        if scene.document is session.document and scene.graph is place.graph:
            scene.moved_to(place.location)
            self._shown, self._trail = place.location, place.trail
            return
        self._remember_view()
        before = self._picture()
        came_from, self._trail = self._trail, place.trail
        door = _door(came_from, place.trail)
        inwards = len(place.trail) > len(came_from)
        around = self._middle_of(door) if inwards else None
        scene.show_graph(session.document, place.location, session)
        scene.set_problems(session.diagnostics)
        self._shown = place.location
        self._show_selection()
        view = self._views.get(place.location)
        if view is not None:
            self.set_view(*view)
        else:
            self.fit_all()
        self.viewport().update()
        if before is not None and door:
            around = around or self._middle_of(door)
            self.transition.play(before, around, inwards=inwards)

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
        if not self.awake:
            self._own_place = Navigation(self.session.document)
            self._show_location()

    def _remember_view(self) -> None:
        if self._shown is not None and self.isVisible():
            self._views[self._shown] = (self.view_center(), self.zoom)

    def _follow(self, edits: Iterable[Edit]) -> None:
        self.stop_animation()
        self.end_gesture()
        if self._own_place is not None:
            self._own_place.follow(edits)
        if self.canvas_scene.graph is not self.place.graph:
            self._show_location()
            return
        was_empty = not self.canvas_scene.nodes
        self.canvas_scene.follow(edits)
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
        self.canvas_scene.set_problems(problems)
        self.describe_selection()

    def _show_shapes(self) -> None:
        self.canvas_scene.shapes_changed()
        self.describe_selection()

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

    def push(self, edit: Edit, text: str) -> bool:
        """Make a change, or tell the user why it is refused; whether it was made."""
        try:
            self.session.push(self.canvas_scene.settled(edit), text)
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
