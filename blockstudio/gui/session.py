"""The open document and everything the window shows of it: the one thing that all panels share.

The document is changed only by `push` (or several pushes in `macro`); everything else here is
looked at through signals. Nothing in here waits: checking and compiling run in a thread on a
snapshot, shapes come from the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from attrs import frozen
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from blockstudio.engine.protocol import Activation, ParameterTable, Problem, RunResult, Shapes, TensorShape
from blockstudio.errors import BlockStudioError, shortened
from blockstudio.formats.files import stamp
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.model import Definition, Example, Graph, Port
from blockstudio.gui import trust
from blockstudio.gui.i18n import message as worded
from blockstudio.gui.library import Library
from blockstudio.gui.liveness import Liveness
from blockstudio.gui.navigation import Navigation
from blockstudio.gui.settings import Settings
from blockstudio.gui.undo import EditCommand, SnapshotCommand, settled

if TYPE_CHECKING:
    from blockstudio.compiler import Compiled

Level = Literal["info", "success", "warning", "error"]


class KernelLike(Protocol):
    """What the session needs of the engine; `gui.kernel.Kernel` is one."""

    state_changed: Any
    """Signal(str)"""
    printed: Any
    """Signal(str)"""

    @property
    def state(self) -> str: ...

    def interrupt(self) -> None: ...

    def request(
        self, request: Any, on_reply: Callable[[Any], None] | None = None, on_error: Callable[[Any], None] | None = None
    ) -> Any: ...


@frozen
class Message:
    """Something to tell the user, shown in the message bar. `actions`: button texts and what they do.

    A message takes the place of one that is shown with the same `key`.
    """

    text: str
    level: Level = "info"
    details: str = ""
    actions: tuple[tuple[str, Callable[[], Any]], ...] = ()
    key: str = ""


@frozen
class TensorRef:
    """A tensor to look at, as `ShowTensor` names it."""

    path: str
    source: Literal["value", "gradient", "activation", "file"] = "value"


def new_document() -> Document:
    """A root block with one input and one output, ready to be filled."""
    graph = Graph(
        inputs=[Port("x", (0.0, 0.0), Example((2, 20)))],
        outputs=[Port("y", (560.0, 0.0))],
    )
    return Document("Net", {"Net": Definition("Net", graph)})


class Guard:
    """Reports errors that a user can understand; what was to be done inside is not done then."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, BlockStudioError):
            self._session.report(error)
            return True
        return False


class Session(Navigation):
    """The open project.

    Order of signals on a change: `location_changed` and `selection_changed` where the change moved or took
    away what was shown, then `document_changed`. A listener to both finds the document in its new state at
    the first already.
    """

    document_replaced = Signal()
    """Another document is open: forget everything of the old one."""
    document_changed = Signal(object)
    """tuple[Edit, ...]: the leaf edits that were made, in order (also by undo and redo)."""
    settling = Signal(object)
    """Settling, to be filled, after a change that is not undo or redo, and once more after what goes with it."""
    path_changed = Signal()
    modified_changed = Signal(bool)
    diagnostics_changed = Signal(object)
    """list[Problem]: those of `check` and those the engine found."""
    shapes_changed = Signal(object)
    """Shapes, or None when they are not known."""
    source_changed = Signal(object)
    """Compiled, or None while the document does not compile."""
    trust_changed = Signal()
    table_changed = Signal(object)
    """ParameterTable, or None: what the engine said last of the model's parameters."""
    parameters_changed = Signal()
    """Values of parameters are others than before: ask the engine again."""
    run_finished = Signal(object)
    """RunResult, or None when the last run says nothing of the document any more."""
    engine_changed = Signal(str)
    """`engine_state` is another."""
    printed = Signal(str)
    """More of what the user's Python printed in the engine."""
    tensor_changed = Signal()
    """Another tensor is looked at."""
    import_requested = Signal(str)
    """Import the model in this Python."""
    message = Signal(object)
    """Message to show to the user."""

    def __init__(
        self, kernel: KernelLike | None = None, settings: Settings | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(new_document(), parent)
        self.settings = settings or Settings(self)
        self.library = Library(self.settings, self)
        self.undo_stack = QUndoStack(self)
        self.kernel: KernelLike | None = None
        self.engine_state = "starting"
        """Of the kernel: stopped, starting, idle, busy, restarting or dead."""
        self.path: Path | None = None
        self._stamp: object = None
        self.compiled: Compiled | None = None
        self.diagnostics: list[Problem] = []
        self.shapes: Shapes | None = None
        self.table: ParameterTable | None = None
        self.run_result: RunResult | None = None
        self.tensor: TensorRef | None = None
        self._macro: list[tuple[Edit, Edit]] | None = None
        self._was_modified = False
        self._shape_of: dict[tuple[str, str], TensorShape] = {}
        self._activation_of: dict[tuple[str, str], Activation] = {}
        self._problems_of: dict[str, list[Problem]] = {}
        self._document.observers.add(self._changed)
        self.liveness = Liveness(self)
        self.undo_stack.indexChanged.connect(self._note_modified)
        self.undo_stack.cleanChanged.connect(self._note_modified)
        self.liveness.refresh()
        if kernel is not None:
            self.attach(kernel)

    def attach(self, kernel: KernelLike) -> None:
        """Use this engine from now on."""
        self.kernel = kernel
        kernel.state_changed.connect(self._engine_changed)
        kernel.printed.connect(self.printed)
        self._engine_changed(kernel.state)
        self.liveness.attach(kernel)

    def close(self) -> None:
        """Stop the work in the background; the session is not used after this."""
        self.liveness.close()
        self.undo_stack.blockSignals(True)

    # --- the document -----------------------------------------------------------------------

    def replace(self, document: Document, path: Path | None = None, *, modified: bool = False) -> None:
        """Open another document; the history of the old one is gone."""
        self._document.observers.remove(self._changed)
        self._start_at_root(document)
        document.observers.add(self._changed)
        self.undo_stack.clear()
        if modified:
            self.undo_stack.resetClean()
        self._set_path(path)
        self.set_compiled(None)
        self.set_diagnostics([])
        self.set_shapes(None)
        self.set_run_result(None)
        self.set_table(None)
        self.show_tensor(None)
        self.document_replaced.emit()
        self.path_changed.emit()
        self.location_changed.emit()
        self.selection_changed.emit()
        self.trust_changed.emit()
        self._note_modified()
        self.liveness.refresh()

    def saved_as(self, path: Path) -> None:
        """The document was written to this file: it is not modified any more."""
        self._set_path(path)
        self.undo_stack.setClean()
        self.path_changed.emit()
        self._note_modified()

    def _set_path(self, path: Path | None) -> None:
        self.path, self._stamp = path, stamp(path) if path else None

    @property
    def written_elsewhere(self) -> bool:
        """Whether something else, such as another window, has written the file since it was opened or saved here."""
        now = stamp(self.path) if self.path else None
        return now is not None and now != self._stamp

    @property
    def name(self) -> str:
        """The name of the file, or of the root block where there is none."""
        return self.path.name if self.path else self._document.root

    @property
    def modified(self) -> bool:
        """Whether the document differs from its file; changed parameter values alone do not count."""
        clean, index = self.undo_stack.cleanIndex(), self.undo_stack.index()
        if clean < 0:
            return True
        span = range(min(clean, index), max(clean, index))
        return any(isinstance(self.undo_stack.command(i), EditCommand) for i in span)

    @property
    def values_modified(self) -> bool:
        """Whether parameters have values that are in no file."""
        return self.table is not None and self.table.changed

    def push(self, edit: Edit, text: str, *, merge: str = "") -> None:
        """Make an undoable change; `text` names it in the Edit menu. EditError when it is refused.

        Pushes in a row with the same `merge` key become one step of undo (typing, dragging).
        """
        before = self.view()
        edit, inverse = settled(self._document, edit, self.settling.emit)
        if self._macro is not None:
            self._macro.append((edit, inverse))
        else:
            self.undo_stack.push(EditCommand(self, edit, inverse, text, before, merge))

    @contextmanager
    def macro(self, text: str) -> Iterator[None]:
        """Everything pushed inside is one step of undo; if anything raises, none of it was done."""
        if self._macro is not None:
            yield
            return
        before = self.view()
        done: list[tuple[Edit, Edit]] = []
        self._macro = done
        try:
            yield
        except BaseException:
            self._macro = None
            for _, inverse in reversed(done):
                self._document.apply(inverse)
            raise
        self._macro = None
        if done:
            self.undo_stack.push(EditCommand.of_macro(self, done, text, before))

    def push_with_values(self, edit: Edit, token: str, text: str) -> None:
        """Make a change, and the change of parameter values that goes with it, one step of undo.

        The engine changed the values already: `token` is of its `Changed` reply.
        """
        before = self.view()
        edit, inverse = settled(self._document, edit, self.settling.emit)
        values = SnapshotCommand(self, token, text) if token else None
        self.undo_stack.push(EditCommand(self, edit, inverse, text, before, values=values))
        self.parameters_changed.emit()

    def push_snapshot(self, token: str, text: str) -> None:
        """Make a change of parameter values undoable: `token` is of the engine's `Changed` reply."""
        if token:
            self.undo_stack.push(SnapshotCommand(self, token, text))
        self.parameters_changed.emit()

    def drop_snapshots(self) -> None:
        """The engine was restarted: its snapshots are gone, and those steps pass over in undo."""
        for i in range(self.undo_stack.count()):
            command = self.undo_stack.command(i)
            if isinstance(command, SnapshotCommand):
                command.setObsolete(True)
            elif isinstance(command, EditCommand):
                command.values = None

    def _changed(self, edits: tuple[Edit, ...]) -> None:
        self.follow(edits)
        self.document_changed.emit(edits)

    def _engine_changed(self, state: str) -> None:
        if state != self.engine_state:
            self.engine_state = state
            self.engine_changed.emit(state)

    def _note_modified(self) -> None:
        if self.modified != self._was_modified:
            self._was_modified = not self._was_modified
            self.modified_changed.emit(self._was_modified)

    # --- messages and trust -----------------------------------------------------------------

    def notify(
        self,
        text: str,
        level: Level = "info",
        details: str = "",
        actions: Sequence[tuple[str, Callable[[], Any]]] = (),
        key: str = "",
    ) -> None:
        """Tell the user something, without a dialog; `text` is translated already."""
        self.message.emit(Message(text, level, details, tuple(actions), key or text))

    def report(self, error: BlockStudioError, details: str = "") -> None:
        """Tell the user of an error, in their language."""
        text = worded(error)
        self.notify(f"{shortened(error.path)}: {text}" if error.path else text, "error", details)

    def guard(self) -> Guard:
        """Report a BlockStudioError raised inside instead of raising it: for handlers of events."""
        return Guard(self)

    @property
    def trusted(self) -> bool:
        """Whether the Python in this document, if any, may run."""
        return trust.is_trusted(self._document.code().values(), self.settings)

    def trust(self, *sources: str) -> None:
        """The user agrees to run these pieces of Python, or has written them; none: all in the document."""
        trust.trust(sources or self._document.code().values(), self.settings)
        self.trust_changed.emit()
        self.liveness.refresh()

    # --- what is known of the model -----------------------------------------------------------

    def shape(self, location: Location, node: str, port: str) -> TensorShape | None:
        """What flows from an output of a node, or a border input (node ""); None when not known."""
        return self._shape_of.get((location.path(node), port))

    def activation(self, location: Location, node: str, port: str) -> Activation | None:
        """What flowed there in the last run."""
        return self._activation_of.get((location.path(node), port))

    def problems_of(self, location: Location, node: str) -> list[Problem]:
        """What is wrong with a node."""
        return self._problems_of.get(location.path(node), [])

    def set_shapes(self, shapes: Shapes | None) -> None:
        self.shapes = shapes
        self._shape_of = {(row.path, row.port): row.value for row in shapes.ports} if shapes else {}
        self.shapes_changed.emit(shapes)

    def set_diagnostics(self, problems: list[Problem]) -> None:
        if problems == self.diagnostics:
            return
        self.diagnostics = problems
        self._problems_of = {}
        for problem in problems:
            self._problems_of.setdefault(problem.path, []).append(problem)
        self.diagnostics_changed.emit(problems)

    def set_compiled(self, compiled: Compiled | None) -> None:
        self.compiled = compiled
        self.source_changed.emit(compiled)

    def set_table(self, table: ParameterTable | None) -> None:
        self.table = table
        self.table_changed.emit(table)

    def show_tensor(self, tensor: TensorRef | None) -> None:
        """Look at a tensor of the model, of its last run, or of a file."""
        if tensor != self.tensor:
            self.tensor = tensor
            self.tensor_changed.emit()

    def set_run_result(self, result: RunResult | None) -> None:
        self.run_result = result
        self._activation_of = {(row.path, row.port): row for row in result.activations} if result else {}
        self.run_finished.emit(result)
