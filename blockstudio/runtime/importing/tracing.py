"""One forward, recorded with torch.fx: every module it calls stays a single step of it."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import torch
from attrs import Factory, define, field, frozen
from torch import fx, nn
from torch.utils import _pytree as pytree

from blockstudio.runtime.importing import conditions, guards
from blockstudio.runtime.importing.kinds import kind_of
from blockstudio.runtime.importing.notes import ImportRefused, Untraceable
from blockstudio.runtime.importing.proxies import KIND, RANK, SIZES, Kind, Traced, TracedAttribute, first_traced
from blockstudio.runtime.importing.tree import joined, own_tensors
from blockstudio.runtime.parameters import is_lazy


@frozen
class Given:
    """An argument that is a value."""

    kind: Kind = "tensor"
    rank: int | None = None


@frozen(eq=False)
class Fixed:
    """An argument, or a part of what is returned, that is the same in every call: None, a number, a text."""

    value: Any


@frozen
class Signature:
    """How a module is called: the structure of its arguments, and for each leaf what stands there."""

    spec: pytree.TreeSpec
    leaves: tuple[Given | Fixed, ...]

    @staticmethod
    def of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Signature, list[Traced]]:
        """The signature of a call, and the values in it in their order."""
        leaves, spec = pytree.tree_flatten((tuple(args), dict(kwargs)))
        found: list[Given | Fixed] = []
        values = []
        for leaf in leaves:
            if isinstance(leaf, Traced):
                values.append(leaf)
                found.append(Given(leaf.kind, leaf.rank))
            else:
                found.append(Fixed(leaf))
        return Signature(spec, tuple(found)), values


@define
class Trace:
    """What was recorded. `returned` is what forward gave, its leaves nodes or `Fixed`."""

    graph: fx.Graph
    inputs: tuple[str, ...]
    """The names of the values it was given, in the order of the signature."""
    spec: pytree.TreeSpec
    leaves: tuple[fx.Node | Fixed, ...]
    paths: tuple[pytree.KeyPath, ...]
    constants: dict[str, torch.Tensor] = Factory(dict)
    """Tensors that are neither parameters nor buffers, by the names they were recorded under."""
    assertions: list[str] = Factory(list)
    rank: int | None = None
    """The number of dimensions the forward was fixed to, where it asked for it."""


class Caller(Protocol):
    """Who records the calls of submodules."""

    stage: guards.Stage

    def call(
        self, tracer: ModuleTracer, module: nn.Module, names: Sequence[str], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any: ...


@define(slots=False, eq=False, init=False)
class ModuleTracer(fx.Tracer):
    """Traces one module in one mode; `Untraceable` where its forward cannot be drawn."""

    caller: Caller
    failure: Untraceable | None = None
    assertions: list[str] = field(factory=list)
    rank: int | None = None
    training: bool = False
    names: dict[int, list[str]] = field(factory=dict)
    """The paths of each module below the root, by its id."""
    tensors: dict[int, str] = field(factory=dict)
    """The path of each parameter and buffer, by its id."""
    constants: dict[str, torch.Tensor] = field(factory=dict)
    reads: dict[str, Traced] = field(factory=dict)

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.__attrs_init__(caller=caller)

    def record_module(self, module: nn.Module, signature: Signature) -> Trace:
        """The trace of a call; the module is put back as it was."""
        function = _forward(module)
        self.training = module.training
        result: list[Any] = []
        self._signature = signature
        self._result = result
        for path, inner in [("", module), *_named_modules(module)]:
            if path:
                self.names.setdefault(id(inner), []).append(path)
            for name, tensor in own_tensors(inner):
                self.tensors.setdefault(id(tensor), joined(path, name))
        self.constants |= {
            name: value
            for name, value in module.__dict__.items()
            if isinstance(value, torch.Tensor)  # a plain attribute
        }
        with guards.unchanged(module, function) as changes:
            try:
                self._stand_in(module)
                graph = super().trace(module)
            except (Untraceable, ImportRefused):
                raise
            except (KeyboardInterrupt, RecursionError, MemoryError):
                raise
            except BaseException as error:  # whatever user code raises, SystemExit too
                raise self.failure or Untraceable(_said(error)) from error
            if self.failure is not None:
                raise self.failure
        if changes:
            raise Untraceable(changes[0])
        returned = result[0]
        with_paths, spec = pytree.tree_flatten_with_path(returned)
        leaves = tuple(leaf.node if isinstance(leaf, Traced) else Fixed(leaf) for _, leaf in with_paths)
        return Trace(
            graph=graph,
            inputs=tuple(node.target for node in graph.nodes if node.op == "placeholder"),
            spec=spec,
            leaves=leaves,
            paths=tuple(path for path, _ in with_paths),
            constants=self.constants,
            assertions=self.assertions,
            rank=self.rank,
        )

    def _stand_in(self, module: nn.Module) -> None:
        """Let plain attributes that are tensors be recorded when they are used."""
        self.graph = fx.Graph()
        for name, value in list(module.__dict__.items()):
            if isinstance(value, torch.Tensor):
                module.__dict__[name] = _Deferred(self, name)

    # --- what torch.fx asks for -----------------------------------------------------------------------

    def create_args_for_root(
        self, root_fn: Callable[..., Any], is_module: bool, concrete_args: Any = None
    ) -> tuple[Callable[..., Any], list[Any]]:
        signature = self._signature
        names = argument_names(root_fn, signature)
        leaves: list[Any] = []
        for leaf in signature.leaves:
            if isinstance(leaf, Fixed):
                leaves.append(leaf.value)
            else:
                proxy = self.create_proxy("placeholder", next(names), (), {})
                proxy.node.meta |= {KIND: leaf.kind, RANK: leaf.rank}
                leaves.append(proxy)
        args, kwargs = pytree.tree_unflatten(leaves, signature.spec)
        for name, value in self.root.__dict__.items():
            if type(value) is _Deferred:
                self.root.__dict__[name] = value.proxy()

        def run(root: nn.Module) -> Any:
            given = root_fn(root, *args, **kwargs)
            self._result.append(given)
            return [leaf for leaf in pytree.tree_leaves(given) if isinstance(leaf, Traced)]

        return run, [self.root]

    def proxy(self, node: fx.Node) -> Traced:
        if KIND not in node.meta:
            node.meta[KIND] = kind_of(node)
        return Traced(node, self)

    def create_arg(self, a: Any) -> Any:
        if type(a) is Traced or type(a) is TracedAttribute:
            if a.tracer is not self:
                self.fail("it keeps a value from one call to another")
            return a.node
        if isinstance(a, torch.Tensor):
            return self._constant(a).node
        if isinstance(a, nn.Module):
            self.fail(f"it hands a {type(a).__name__} to a function of torch")
        if type(a) is range:
            return a
        return super().create_arg(a)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if isinstance(attr_val, torch.Tensor) and self.caller.stage.tracer is self:
            name = self.tensors.get(id(attr_val))
            if name is not None:
                return self._read(name, attr_val)
        return attr_val

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if m is self.root:
            self.fail("it calls itself")
        names = self.names.get(id(m))
        if names is None:
            self.fail(f"it calls a {type(m).__name__} that is not among its submodules")
        return self.caller.call(self, m, names, args, kwargs)

    def to_bool(self, obj: fx.Proxy) -> bool:
        return bool(obj)

    def traced(self, kind: str, target: Any, args: tuple[Any, ...] = ()) -> Traced:
        """A step that is recorded; what it gives."""
        proxy = self.create_proxy(kind, target, args, {})
        assert isinstance(proxy, Traced)
        return proxy

    # --- reading tensors --------------------------------------------------------------------------------

    def _read(self, name: str, tensor: torch.Tensor) -> Traced:
        if name not in self.reads:
            proxy = self.traced("get_attr", name)
            proxy.node.meta |= {KIND: "tensor", RANK: _rank(tensor)}
            if proxy.node.meta[RANK] is not None:
                proxy.node.meta[SIZES] = tuple(tensor.shape)
            self.reads[name] = proxy
        return self.reads[name]

    def _constant(self, tensor: torch.Tensor) -> Traced:
        name = self.tensors.get(id(tensor))
        if name is None:
            name = f"constant_{len(self.constants)}"
            self.tensors[id(tensor)] = name
            self.constants[name] = tensor
        return self._read(name, tensor)

    # --- what proxies ask for ---------------------------------------------------------------------------

    def fail(self, reason: str, frame: types.FrameType | None = None) -> NoReturn:
        """Give the trace up, even if the forward catches the exception."""
        line = conditions.where(frame or conditions.caller())
        failure = Untraceable(f"{reason}: {line}" if line else reason)
        self.failure = self.failure or failure
        raise failure

    def decide(self, value: Traced, frame: types.FrameType | None) -> bool:
        """The truth of a value where that is a mere check of the inputs."""
        found = conditions.check_value(frame)
        if found is None:
            self.fail("it decides by a value that is only known when it runs", frame)
        if found[1] not in self.assertions:
            self.assertions.append(found[1])
        return found[0]

    def use_rank(self, rank: int) -> None:
        self.rank = rank

    def record(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A function or method of torch that was given a traced value."""
        if torch.overrides.is_tensor_method_or_property(function):
            name = function.__name__
            if name == "__get__":
                name = function.__self__.__name__
                return getattr(first_traced(args), name)
            return self.create_proxy("call_method", name, tuple(args), kwargs)
        return self.create_proxy("call_function", function, tuple(args), kwargs)


@define
class _Deferred:
    """A plain attribute that becomes a traced value when tracing begins."""

    tracer: ModuleTracer
    name: str

    def proxy(self) -> Traced:
        return self.tracer._read(self.name, self.tracer.constants[self.name])


def _forward(module: nn.Module) -> types.FunctionType:
    function = getattr(type(module), "forward", None)
    if "forward" in module.__dict__:
        raise Untraceable("its forward was replaced on the object")
    if not isinstance(function, types.FunctionType) or function is nn.Module.forward:
        raise Untraceable("it has no forward written in Python")
    return function


def argument_names(function: Callable[..., Any], signature: Signature) -> Any:
    """Names for the values that a call gives, in their order."""
    leaves = [f"\0{index}" for index in range(len(signature.leaves))]
    args, kwargs = pytree.tree_unflatten(leaves, signature.spec)
    try:
        bound = inspect.signature(function).bind(None, *args, **kwargs)
    except TypeError as error:
        raise Untraceable(f"its forward takes other arguments: {error}") from None
    named: dict[str, str] = {}
    for path, leaf in pytree.tree_flatten_with_path(dict(bound.arguments))[0]:
        parts = [str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", "")))) for key in path]
        kind = inspect.signature(function).parameters[parts[0]].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            parts = parts[1:]
        named[leaf] = "_".join(parts)
    return iter([named[leaf] for leaf, kind in zip(leaves, signature.leaves, strict=True) if isinstance(kind, Given)])


def _named_modules(root: nn.Module) -> list[tuple[str, nn.Module]]:
    """Every module below a root, under each of its names, the root left out."""
    found = []
    pending = [("", root)]
    while pending:
        path, module = pending.pop()
        for name, child in reversed(module._modules.items()):
            if child is not None:
                pending.append((joined(path, name), child))
        if module is not root:
            found.append((path, module))
    return found


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    text = text if len(text) <= 200 else text[:199] + "…"
    return f"tracing raised {type(error).__name__}: {text}".rstrip(": ")


def _rank(tensor: torch.Tensor) -> int | None:
    return None if is_lazy(tensor) else tensor.dim()
