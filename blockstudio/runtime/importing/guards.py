"""What must not happen while a forward is traced, because a graph would silently be without it."""

from __future__ import annotations

import builtins
import copy
import dis
import functools
import logging
import random
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import Traced, TracedAttribute, is_instance

if TYPE_CHECKING:
    from blockstudio.runtime.importing.tracing import ModuleTracer

FACTORIES = (
    "zeros ones full empty rand randn randint randperm arange linspace logspace eye tensor as_tensor scalar_tensor "
    "tril_indices triu_indices normal bernoulli zeros_like ones_like full_like empty_like rand_like randn_like "
    "randint_like cat stack"
).split()
"""Functions that make tensors of numbers: recorded, though no traced value may be among their arguments."""


class Stage:
    """Who is tracing: the innermost tracer, and none while we do something of our own."""

    def __init__(self) -> None:
        self.tracers: list[ModuleTracer | None] = []
        self.thread = threading.get_ident()

    @property
    def tracer(self) -> ModuleTracer | None:
        return self.tracers[-1] if self.tracers and threading.get_ident() == self.thread else None

    @contextmanager
    def entered(self, tracer: ModuleTracer | None) -> Iterator[None]:
        self.tracers.append(tracer)
        try:
            yield
        finally:
            self.tracers.pop()


@contextmanager
def watched(stage: Stage) -> Iterator[None]:
    """While this lasts, what a graph could not show makes the trace fail."""
    _know_factories()
    with ExitStack() as stack:
        isinstance_ = builtins.isinstance

        def is_instance_of(value: Any, classes: Any) -> bool:
            if type(value) is not Traced and type(value) is not TracedAttribute:
                return isinstance_(value, classes)
            try:
                return is_instance(value, classes)
            except ValueError:
                value.tracer.fail("it asks for the type of a value that is only known when it runs")

        _patch(stack, builtins, "isinstance", is_instance_of)
        _refuse(stack, stage, builtins, "print", "it prints")
        _refuse(stack, stage, builtins, "open", "it opens a file")
        _refuse(stack, stage, builtins, "input", "it reads from the keyboard")
        _refuse(stack, stage, logging.Logger, "_log", "it writes to a log")
        _refuse(stack, stage, torch.no_grad, "__enter__", "it turns gradients off")
        _refuse(stack, stage, torch.enable_grad, "__enter__", "it turns gradients on")
        _refuse(stack, stage, torch.inference_mode, "__enter__", "it turns gradients off")
        _refuse(stack, stage, torch.autograd.set_grad_enabled, "__init__", "it turns gradients on or off")
        _refuse(stack, stage, torch.autocast, "__enter__", "it uses autocast")
        _refuse(stack, stage, torch.autograd.Function, "apply", "it has a backward pass of its own")
        for name in FACTORIES:
            _patch(stack, torch, name, _recorded(stage, getattr(torch, name)))
        for table in ("_wrapped_fns_to_patch", "_wrapped_methods_to_patch"):
            # torch.fx.wrap asks for functions not to be traced into; a graph can show what is in them.
            found = getattr(torch.fx._symbolic_trace, table, None)
            if found is not None:
                _patch(stack, torch.fx._symbolic_trace, table, type(found)())
        yield


def _know_factories() -> None:
    """Let torch list its factories for `with torch.device(...)` now: it keeps the list, which must not hold patches."""
    with torch.device("meta"):
        torch.empty(0)


def _patch(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    own = name in vars(owner)
    before = vars(owner)[name] if own else None
    setattr(owner, name, value)
    if own:
        stack.callback(setattr, owner, name, before)
    else:
        stack.callback(delattr, owner, name)


def _refuse(stack: ExitStack, stage: Stage, owner: Any, name: str, reason: str) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def refused(*args: Any, **kwargs: Any) -> Any:
        tracer = stage.tracer
        if tracer is not None:
            tracer.fail(reason)
        return original(*args, **kwargs)

    _patch(stack, owner, name, refused)


def _recorded(stage: Stage, original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        tracer = stage.tracer
        if tracer is None:
            return original(*args, **kwargs)
        return tracer.create_proxy("call_function", original, args, kwargs)

    return recorded


@contextmanager
def unchanged(module: nn.Module, function: types.FunctionType) -> Iterator[list[str]]:
    """Put a module back as it was; gives what was changed, in words."""
    changes: list[str] = []
    if any(instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL") for instruction in dis.get_instructions(function)):
        raise Untraceable("it sets a global variable")
    home = sys.modules.get(type(module).__module__)
    outside = [_Namespace(type(module).__dict__)] + ([_Namespace(home.__dict__)] if home else [])
    kept = [_Kept(inner) for inner in module.modules()]
    random_states = _random_states()
    try:
        yield changes
        changes += [change for state in kept if (change := state.change())]
        if any(namespace.has_changed() for namespace in outside):
            changes.append("it changes a variable outside of itself")
        if _random_states() != random_states:
            changes.append("it draws random numbers outside of torch's functions")
    finally:
        for state in kept:
            state.restore()


class _Kept:
    """A module as it was."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.values = dict(module.__dict__)
        self.containers = {name: _copied(value) for name, value in self.values.items() if _is_container(value)}

    def change(self) -> str:
        now = self.module.__dict__
        for name in {*now, *self.values}:
            if name == "training":
                continue
            if name not in now or name not in self.values:
                return f"it sets its attribute {name}"
            if now[name] is not self.values[name] and not isinstance(self.values[name], torch.Tensor):
                return f"it sets its attribute {name}"
            if isinstance(self.values[name], torch.Tensor) and not isinstance(now[name], Traced):
                return f"it sets its attribute {name}"
            if name in self.containers and not _same(self.containers[name], self.values[name]):
                return f"it changes its attribute {name}" if not name.startswith("_") else "it changes its submodules"
        return ""

    def restore(self) -> None:
        for name, container in self.containers.items():
            original = self.values[name]
            if not _same(container, original):
                original.clear()
                if type(original) is list:
                    original.extend(container)
                elif container:
                    original.update(container)
        self.module.__dict__.clear()
        self.module.__dict__.update(self.values)


class _Namespace:
    """The variables of a class or file as they were."""

    def __init__(self, namespace: Any) -> None:
        self.namespace = namespace
        self.values = dict(namespace)
        self.containers = {name: _copied(value) for name, value in self.values.items() if _is_container(value)}

    def has_changed(self) -> bool:
        now = dict(self.namespace)
        if now.keys() != self.values.keys():
            # torch.fx puts builtins that it wraps into the namespace while it traces, and takes them out.
            return True
        return any(now[name] is not value and not _is_patched(now[name]) for name, value in self.values.items()) or any(
            not _same(container, now[name]) for name, container in self.containers.items()
        )


def _is_container(value: Any) -> bool:
    return type(value) in (list, dict, set) or type(value).__name__ == "OrderedDict"


_EMPTY: tuple[()] = ()


def _copied(value: Any) -> Any:
    return copy.copy(value) if value else _EMPTY


def _same(before: Any, now: Any) -> bool:
    if len(before) != len(now):
        return False
    if before is _EMPTY:
        return True
    if isinstance(before, dict):
        return all(name in now and now[name] is value for name, value in before.items())
    if isinstance(before, set):
        return bool(before == now)
    return all(one is other for one, other in zip(before, now, strict=True))


def _is_patched(value: Any) -> bool:
    return hasattr(value, "__wrapped__")


def _random_states() -> tuple[Any, ...]:
    numpy = np.random.get_state(legacy=False)
    assert isinstance(numpy, dict)
    state = numpy["state"]
    return (
        random.getstate(),
        repr(state.get("pos")) if isinstance(state, dict) else "",
        hash(state["key"].tobytes()) if isinstance(state, dict) and "key" in state else "",
        hash(torch.get_rng_state().numpy().tobytes()),
    )
