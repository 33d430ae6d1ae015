"""The model of the open document: built when it is first needed, and built anew when its code has changed."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import cached_property

import torch
from attrs import evolve, field, frozen
from torch import nn

from blockstudio.compiler import Compiled, compile_document
from blockstudio.compiler.ir import CodeModule
from blockstudio.compiler.paths import Landing
from blockstudio.engine.protocol import ParameterTable
from blockstudio.errors import BlockStudioError, DeviceError, EngineError, RunError, mark
from blockstudio.graph.document import Document
from blockstudio.graph.model import Call, Constant, Definition, Instance, Layer, Parameter
from blockstudio.runtime import devices, inputs
from blockstudio.runtime.build import build_compiled, relate
from blockstudio.runtime.changes import Snapshots, Values, distinct
from blockstudio.runtime.kept import KeptValues
from blockstudio.runtime.parameters import Slot, is_lazy, layer_type, table
from blockstudio.runtime.placement import placeable
from blockstudio.runtime.running import mode, undone_on_failure
from blockstudio.runtime.time_limit import OutOfTime, TimeLimit

_STOPPED = mark("The model is not built: its Python was stopped before it came to an end.")

SECONDS = 30.0
"""How long Python of the user's own may build in a thread that cannot be interrupted."""


@frozen(eq=False, slots=False)
class Live:
    """A model and what it was built from."""

    model: nn.Module
    document: Document
    compiled: Compiled
    carried: frozenset[str] = frozenset()
    """Keys whose values were taken over from the model before."""
    _landings: dict[str, Landing | None] = field(factory=dict, init=False)

    def landing(self, key: str) -> Landing | None:
        if key not in self._landings:
            self._landings[key] = self.compiled.follow(key)
        return self._landings[key]

    def owner(self, key: str) -> str:
        """The path of the node that owns the tensor of a key, or of the block if it is no node's."""
        landing = self.landing(key)
        if landing is None:
            return self.compiled.root
        return landing.location.path(landing.node.name if landing.node is not None else "")

    def origin(self, slot: Slot) -> Hashable:
        """What a tensor comes from: with another one, the values of old are not taken over."""
        landing = self.landing(slot.path)
        match landing.node if landing is not None else None:
            case Layer(type=type):
                return type
            case Constant(value=value) | Parameter(value=value):
                return value
            case Instance(definition=definition):
                return definition
        return layer_type(slot.module)

    def placed(self, key: str) -> str:
        """The device that a node around the tensor of a key asks for; "" if none does."""
        return self._devices.get(key, "") if self._has_places else ""

    @cached_property
    def _has_places(self) -> bool:
        return any(node.device for _, graph in self.document.graphs() for node in graph.nodes.values())

    @cached_property
    def _devices(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in [*dict(self.model.named_modules(remove_duplicate=False)), *self._keys]:
            landing = self.landing(path)
            own = landing.owned if landing is not None else None
            above = found.get(path.rpartition(".")[0], "")
            found[path] = own.device if own is not None and own.device and not isinstance(own, Call) else above
        return found

    @cached_property
    def _keys(self) -> list[str]:
        parameters = self.model.named_parameters(remove_duplicate=False)
        buffers = self.model.named_buffers(remove_duplicate=False)
        return [key for named in (parameters, buffers) for key, _ in named]


class LiveModel:
    """Keeps the model in step with the document.

    `current` and the methods that change it may be called from any thread. The lock is held while a model
    is built and moved, never while it runs: who runs one has the `Live`, which is replaced, not changed.
    `open` never waits for it.
    """

    def __init__(self) -> None:
        self.device = "cpu"
        self.training = True
        self.snapshots = Snapshots()
        self._lock = threading.RLock()
        self._opened: tuple[Document, bool, int] | None = None
        """The newest version of the document, whether it is trusted, and which project it is of."""
        self._seen: tuple[Document, bool, int] | None = None
        """The version that `_compiled` and `_live` are of."""
        self._limit: TimeLimit | None = None
        """Of a build under way that nobody can interrupt."""
        self._endless = ""
        """Source that was stopped while it built a model."""
        self._live: Live | None = None
        self._kept = KeptValues()

    def open(self, document: Document, *, trusted: bool, opening: int = 0) -> None:
        """Another version of the document; what it changes shows when the model is next needed.

        With another number of `opening` it is another project: nothing of the one before goes on.
        """
        self._opened = document, trusted, opening
        limit = self._limit
        if limit is not None:
            limit.cut()  # what it builds is of the past

    def current(self) -> Live:
        """The model of the document as it is now: CompileError, RunError or DeviceError if it has none."""
        with self._held():
            self._refresh()
            while self._live is None:
                self._build(None)
            return self._live

    def rebuild(self, seed: int | None) -> Values:
        """The model afresh, nothing taken over; returns the values before. If that fails the old one stays."""
        with self._held():
            self._refresh()
            before = distinct(self.current().model) if self._live is not None or self._kept.holds_any else {}
            self._kept.forget()
            self._build(seed)
            return {key: tensor.detach().cpu() for key, tensor in before.items()}

    def move(self, device: str) -> None:
        """To another device, now and for models to come: all of it, or DeviceError and nothing."""
        with self._lock:
            devices.known(device)
            if self._live is not None:
                devices.move(self._live.model, device, self._live.placed)
            self.device = device

    def set_training(self, training: bool) -> None:
        with self._lock:
            live = self.current()
            live.model.train(training)
            self.training = training

    def table(self) -> ParameterTable:
        live = self.current()
        found = table(
            live.model, device=self.device, changed=self.snapshots.unsaved, carried=live.carried, owner=live.owner
        )
        return evolve(found, training=self.training)  # a run may have another mode for a while

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The lock. Who is stopped while waiting for it stops the build that it waits for."""
        try:
            with self._lock:
                yield
        except KeyboardInterrupt:
            limit = self._limit
            if limit is not None:
                limit.cut()
            raise

    def _refresh(self) -> None:
        """Let go of the model if the code has changed."""
        opened = self._opened
        if opened is None:
            raise EngineError(mark("No document is open."))
        if opened is self._seen:
            return
        if self._seen is not None and opened[2] != self._seen[2]:
            self._live, self.training, self.snapshots = None, True, Snapshots()
            self._kept.forget()
        document, _ = placeable(opened[0])
        compiled = compile_document(document)
        live = self._live
        if live is not None and live.compiled.does_the_same_as(compiled):
            self._live = Live(live.model, document, compiled, live.carried)
            relate(live.model, compiled)
        elif live is not None:
            self._kept.keep(live.model, live.origin)
            self._live = None
        self._compiled, self._placed = compiled, document
        self._seen = opened

    def _build(self, seed: int | None) -> None:
        """Make the model; there is none afterwards where a newer version came in meanwhile."""
        seed = self._placed.seed if seed is None else seed
        compiled = self._compiled
        modules = compiled.program.modules.values()
        if not compiled.program.functions and not any(isinstance(module, CodeModule) for module in modules):
            self._take(build_compiled(compiled, seed))
            return
        assert self._seen is not None
        if not self._seen[1]:
            raise RunError(mark("The project holds Python of its own, which runs only when you allow it."))
        model: nn.Module | None
        # The main thread can be interrupted; elsewhere nothing else would end a loop without an end.
        try:
            if threading.current_thread() is threading.main_thread():
                model = build_compiled(compiled, seed)
            else:
                model = self._built_in_time(seed)
        except KeyboardInterrupt:
            self._endless = compiled.source
            raise
        if model is None:
            self._refresh()
        else:
            self._endless = ""
            self._take(model)

    def _built_in_time(self, seed: int) -> nn.Module | None:
        """A model, or None where a newer version came in meanwhile."""
        compiled = self._compiled
        if self._endless == compiled.source:
            raise RunError(_STOPPED, path=compiled.root)
        self._limit = limit = TimeLimit(SECONDS)
        try:
            return limit.run(lambda: build_compiled(compiled, seed))
        except OutOfTime as error:
            if self._opened is not self._seen:
                return None
            self._endless = compiled.source
            if limit.is_cut:
                raise RunError(_STOPPED, path=compiled.root) from error
            raise RunError(
                mark("The model was not built within {seconds} seconds: its Python does not come to an end."),
                path=compiled.root,
                seconds=SECONDS,
            ) from error
        finally:
            self._limit = None

    def _take(self, model: nn.Module) -> None:
        live = Live(model, self._placed, self._compiled)
        _give_shapes(live)
        live = evolve(live, carried=self._kept.give(model, live.origin))
        model.train(self.training)
        self._live = live
        try:
            devices.move(model, self.device, live.placed)
        except DeviceError:
            devices.move(model, "cpu", live.placed)
            self.device = "cpu"
            raise


def _give_shapes(live: Live) -> None:
    """Let lazy layers take their shapes from the example inputs, where these suffice."""
    if not any(map(is_lazy, (*live.model.parameters(), *live.model.buffers()))):
        return
    root = live.document.definitions[live.document.root]
    ports = root.graph.inputs if isinstance(root, Definition) else []
    try:
        given = {port.name: inputs.make(port.example, port.name) for port in ports if port.example}
        with torch.no_grad(), mode(live.model, False), undone_on_failure(live.model):
            live.model(**given)
    except (BlockStudioError, RuntimeError, TypeError, ValueError, AttributeError):
        return  # a run will say what is wrong
