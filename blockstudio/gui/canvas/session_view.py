"""A view that follows the session: its graph, selection, problems and shapes; and the way back, `push`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from blockstudio.engine.protocol import Problem
from blockstudio.errors import EditError
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Edit
from blockstudio.gui.canvas.keys import Key, node_key, pill_side
from blockstudio.gui.canvas.scene import CanvasScene
from blockstudio.gui.canvas.transition import Transition
from blockstudio.gui.canvas.viewport import Viewport
from blockstudio.gui.navigation import Place
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LESS_MOTION


class SessionView(Viewport):
    """A view on the graph that the session shows, which it changes through `push` alone."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self.canvas_scene = CanvasScene()
        super().__init__(self.canvas_scene, parent)
        self.canvas_scene.setParent(self)
        self.session = session
        self._views: dict[Location, tuple[QPointF, float]] = {}
        """Where one looked in graphs that were shown before."""
        self._shown: Location | None = None
        self._selecting = False
        self._trail: tuple[Place, ...] = ()
        self.transition = Transition(self.viewport())
        session.document_replaced.connect(self._forget_views)
        session.location_changed.connect(self._show_location)
        session.document_changed.connect(self._follow)
        session.selection_changed.connect(self._selection_changed)
        session.diagnostics_changed.connect(self._show_problems)
        session.shapes_changed.connect(self._show_shapes)
        session.reveal_requested.connect(self.reveal_node)

    def _show_location(self) -> None:
        scene, session = self.canvas_scene, self.session
        self.end_gesture()
        if scene.document is session.document and scene.graph is session.graph:
            scene.moved_to(session.location)
            self._shown = session.location
            return
        self._remember_view()
        before = self._picture()
        came_from, self._trail = self._trail, session.trail
        door = _door(came_from, session.trail)
        inwards = len(session.trail) > len(came_from)
        around = self._middle_of(door) if inwards else None
        scene.show_graph(session.document, session.location, session)
        scene.set_problems(session.diagnostics)
        self._shown = session.location
        self._show_selection()
        view = self._views.get(session.location)
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

    def _remember_view(self) -> None:
        if self._shown is not None and self.isVisible():
            self._views[self._shown] = (self.view_center(), self.zoom)

    def _follow(self, edits: Iterable[Edit]) -> None:
        self.stop_animation()
        self.end_gesture()
        if self.canvas_scene.graph is not self.session.graph:
            self._show_location()
            return
        was_empty = not self.canvas_scene.nodes
        self.canvas_scene.follow(edits)
        # What was renamed, or came back, is selected under a name the scene did not know before.
        self._show_selection(keep=True)
        if was_empty or not self.canvas_scene.nodes:
            self.viewport().update()

    def _show_selection(self, *, keep: bool = False) -> None:
        """Select what the session says; wires and notes, of which it knows nothing, stay if told to `keep`."""
        session, scene = self.session, self.canvas_scene
        keys = {node_key(name) for name in session.selection}
        keys |= {Key("input" if side == "inputs" else "output", name) for side, name in session.selected_ports}
        if keep or self._selecting:
            keys |= {key for key in scene.selection if key.kind in ("note", "edge")}
        scene.select(keys)
        self.describe_selection()

    def _selection_changed(self) -> None:
        self._show_selection()

    def _show_problems(self, problems: list[Problem]) -> None:
        self.canvas_scene.set_problems(problems)

    def _show_shapes(self) -> None:
        self.canvas_scene.refresh_shapes()

    def reveal_node(self, name: str) -> None:
        """Bring a node of the shown graph into view."""
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
        self._selecting = True
        nodes = [name for name in self.canvas_scene.graph.nodes if node_key(name) in self.canvas_scene.selection]
        pills = [(pill_side(k), k.name) for k in self.canvas_scene.selection if k.kind in ("input", "output")]
        self.session.select(nodes, sorted(pills))
        self._selecting = False
        self.describe_selection()

    def select_keys(self, keys: Iterable[Key]) -> None:
        self.canvas_scene.select(keys)
        self.selection_made()

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
