"""Keeps diagnostics, source and shapes up to date with the document, while the window never waits.

A change is written as JSON in a thread, on a snapshot, and goes to the engine, which answers with shapes;
meanwhile the thread checks and compiles. At each of the two there is one piece of work under way at most, and what came
in meanwhile is done once, in its last state.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from attrs import frozen
from PySide6.QtCore import QObject, QTimer

from blockstudio.engine.protocol import Failure, Problem, Shapes, UpdateDocument
from blockstudio.errors import CompileError
from blockstudio.formats.project import to_json
from blockstudio.graph import topology
from blockstudio.graph.document import Document
from blockstudio.graph.edits import Edit, MoveNodes, SetNote, SetRoute
from blockstudio.graph.looks import SetBookmark, SetDirection
from blockstudio.graph.model import CodeDefinition, Definition, Graph, copy_graph
from blockstudio.gui.background import Background, is_fault

if TYPE_CHECKING:
    from blockstudio.compiler import Compiled
    from blockstudio.gui.session import KernelLike, Session


@frozen
class Prepared:
    """What the thread made of a snapshot."""

    problems: list[Problem]
    compiled: Compiled | None


def snapshot(document: Document) -> Document:
    """A copy that another thread may read while the document changes."""
    definitions: dict[str, Definition | CodeDefinition] = {}
    for name, d in document.definitions.items():
        if isinstance(d, Definition):
            definitions[name] = Definition(
                d.name, copy_graph(d.graph), list(d.hyper_parameters), list(d.initializers), d.doc, d.extra
            )
        else:
            definitions[name] = CodeDefinition(d.name, d.source, d.doc, d.extra)
    return Document(document.root, definitions, dict(document.functions), document.seed, document.extra)


def prepare(document: Document) -> Prepared:
    """Check and compile; runs in the thread."""
    # Imported late: the window is on the screen before the compiler is loaded.
    from blockstudio.compiler import compile_document

    compiled = None
    try:
        compiled = compile_document(document)
        found = tuple(compiled.analysis.diagnostics)
    except CompileError as error:
        found = error.diagnostics
    problems = [Problem(d.code, d.severity, d.path, d.template, dict(d.facts)) for d in found]
    return Prepared(problems, compiled)


class Liveness(QObject):
    """The work that follows each change of the session's document."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._kernel: KernelLike | None = None
        self._background = Background(self)
        self._revision = self._opening = 0
        self._working = False
        self._stale = False
        self._project: tuple[int, int, dict[str, Any]] | None = None
        """Revision, number of the opening, and JSON data: what goes to the engine."""
        self._sending = False
        self._unsent = False
        self._missed = False
        """The engine was not there for the last document."""
        self._edited = self._sent = 0
        """The revision of the last edit, and the one that the engine was given last."""
        self._waiting: list[Callable[[], object]] = []
        self._found_by_check: list[Problem] = []
        self._found_by_engine: list[Problem] = []
        self._closed = self._held = False
        # Zero: after the events at hand, so that a gesture of many edits is prepared once.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._start)
        session.document_changed.connect(self._changed)
        session.location_changed.connect(self.shown_changed)
        session.document_replaced.connect(self._replaced)

    def attach(self, kernel: KernelLike) -> None:
        self._kernel = kernel
        kernel.state_changed.connect(self._kernel_state)
        self._sending = False
        self._send()

    def hold(self) -> None:
        """Begin nothing until `release`: what a thread does meanwhile, the window is painted later for."""
        self._held = True

    def release(self) -> None:
        """Do what was asked for meanwhile."""
        # Here, not in the thread: the binding of Qt crashes where two threads import at once.
        import blockstudio.compiler  # noqa: F401

        topology.ordered(Graph())  # with networkx
        self._held = False
        self._soon.start()

    def refresh(self) -> None:
        """Prepare the document afresh, and ask the engine again."""
        self._revision += 1
        self._found_by_engine = []
        self._soon.start()

    def shown_changed(self) -> None:
        """Another graph is shown: its shapes are wanted even where the root does not reach it."""
        self._send()

    def _replaced(self) -> None:
        """What was known of the document before says nothing of this one."""
        self._project = None
        self._opening += 1

    def when_sent(self, act: Callable[[], object]) -> None:
        """Do something once the engine has been given the last edit: mostly that is at once."""
        self._waiting.append(act)
        self._do_waiting()

    def _do_waiting(self) -> None:
        if self._kernel is None or self._sent >= self._edited:
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                act()

    def close(self) -> None:
        self._closed = True
        self._waiting.clear()
        self._soon.stop()
        self._background.wait()

    @property
    def settled(self) -> bool:
        """Nothing under way: what is shown is about the document as it is."""
        return not (self._held or self._soon.isActive() or self._working or self._sending)

    def _changed(self, edits: tuple[Edit, ...]) -> None:
        if all(isinstance(edit, MoveNodes | SetBookmark | SetDirection | SetNote | SetRoute) for edit in edits):
            return
        self._revision += 1
        self._edited = self._revision
        self._soon.start()

    def _start(self) -> None:
        if self._held:
            return
        if self._working:
            self._stale = True
            return
        self._working, self._stale = True, False
        document, revision, opening = snapshot(self._session.document), self._revision, self._opening
        # Two pieces of work: the first goes to the engine while the thread compiles.
        self._background.run(
            lambda: to_json(document), lambda project: self._take_project((revision, opening, project)), self._failed
        )
        self._background.run(lambda: prepare(document), self._take, self._failed)

    def _failed(self, error: Exception) -> None:
        self._working = False
        self._sent = self._revision  # it never will be
        self._do_waiting()
        is_fault(error)

    def _take_project(self, project: tuple[int, int, dict[str, Any]]) -> None:
        self._project = project
        self._send()

    def _take(self, prepared: Prepared) -> None:
        self._working = False
        if self._closed:
            return
        self._found_by_check = prepared.problems
        self._session.set_compiled(prepared.compiled)
        self._publish()
        if self._stale:
            self._start()

    def _publish(self) -> None:
        seen = {(problem.code, problem.path) for problem in self._found_by_check}
        more = [problem for problem in self._found_by_engine if (problem.code, problem.path) not in seen]
        order = {"error": 0, "warning": 1, "info": 2}
        self._session.set_diagnostics(sorted([*self._found_by_check, *more], key=lambda p: order[p.severity]))

    def _send(self) -> None:
        if self._kernel is None or self._project is None or self._closed:
            return
        if self._sending:
            self._unsent = True
            return
        revision, opening, project = self._project
        self._sending, self._unsent, self._missed = True, False, False
        shown = (self._session.location.definition,)
        folder = str(self._session.path.parent) if self._session.path else ""
        self._kernel.request(
            UpdateDocument(project, revision, self._session.trusted, shown, folder, opening, self._entered()),
            self._answered,
            self._refused,
        )
        self._sent = revision
        self._do_waiting()

    def _entered(self) -> tuple[str, ...]:
        """The instances on the way to the graph that is shown."""
        steps = pairwise(self._session.trail)
        return tuple(a.location.path(b.node) for a, b in steps if a.location.definition != b.location.definition)

    def _answered(self, shapes: Shapes) -> None:
        self._sending = False
        if self._closed or self._project is None:
            return
        if self._unsent:
            self._send()
            return
        self._found_by_engine = list(shapes.problems)
        self._session.set_shapes(shapes)
        self._publish()

    def _refused(self, failure: Failure) -> None:
        self._sending = False
        if self._closed or self._project is None:
            return
        if self._unsent:
            self._send()
            return
        self._missed = failure.kind == "EngineError"
        self._found_by_engine = []
        if failure.kind != "EngineError" and not failure.interrupted:
            self._found_by_engine = [
                Problem("engine", "error", failure.path, failure.template, failure.facts, failure.detail)
            ]
        self._session.set_shapes(None)
        self._publish()

    def _kernel_state(self, state: str) -> None:
        if state == "idle" and self._missed:
            self._send()
