"""The traces of a forward in eval and in train, as one; they may differ in what drops out only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import fx

from blockstudio.runtime.importing.bindings import ByMode
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import COUNT
from blockstudio.runtime.importing.special import Step
from blockstudio.runtime.importing.tracing import Fixed, Trace

OTHERWISE = "it works otherwise in training"


def merge(evaluated: Trace, trained: Trace) -> Mapping[fx.Node, Step]:
    """Each step of the trace in eval, its arguments depending on the mode where they do; Untraceable
    where the modes differ in more."""
    steps: dict[fx.Node, Step] = {}
    ours, theirs = list(evaluated.graph.nodes), list(trained.graph.nodes)
    same = dict(zip(theirs, ours, strict=False))
    if len(ours) != len(theirs) or evaluated.inputs != trained.inputs:
        raise Untraceable(OTHERWISE)
    for mine, other in zip(ours, theirs, strict=True):
        if mine.op != other.op or mine.target != other.target:
            raise Untraceable(OTHERWISE)
        if mine.meta.get("called") != other.meta.get("called"):
            raise Untraceable(OTHERWISE)
        if COUNT in other.meta:
            mine.meta.setdefault(COUNT, other.meta[COUNT])
        if mine.op != "output":
            args, kwargs = _both(mine.args, other.args, same), _both(mine.kwargs, other.kwargs, same)
            steps[mine] = Step(mine, mine.target, args, kwargs)
    if evaluated.spec != trained.spec or len(evaluated.leaves) != len(trained.leaves):
        raise Untraceable("it returns something else in training")
    for leaf, other in zip(evaluated.leaves, trained.leaves, strict=True):
        if isinstance(leaf, Fixed) != isinstance(other, Fixed):
            raise Untraceable("it returns something else in training")
        if isinstance(leaf, Fixed) and isinstance(other, Fixed):
            if type(leaf.value) is not type(other.value) or leaf.value != other.value:
                raise Untraceable("it returns something else in training")
        elif same[other] is not leaf:
            raise Untraceable(OTHERWISE)
    for name, tensor in evaluated.constants.items():
        found = trained.constants.get(name)
        if found is None or found.shape != tensor.shape or not bool((found == tensor).all()):
            raise Untraceable(OTHERWISE)
    return steps


def _both(mine: Any, other: Any, same: Mapping[fx.Node, fx.Node]) -> Any:
    if isinstance(mine, fx.Node):
        if not isinstance(other, fx.Node) or same.get(other) is not mine:
            raise Untraceable(OTHERWISE)
        return mine
    if isinstance(mine, list | tuple):
        if not isinstance(other, list | tuple) or len(mine) != len(other):
            raise Untraceable(OTHERWISE)
        return tuple(_both(one, two, same) for one, two in zip(mine, other, strict=True))
    if isinstance(mine, Mapping):
        if not isinstance(other, Mapping) or mine.keys() != other.keys():
            raise Untraceable(OTHERWISE)
        return {key: _both(value, other[key], same) for key, value in mine.items()}
    if isinstance(mine, slice) and isinstance(other, slice):
        return slice(*(_both(getattr(mine, n), getattr(other, n), same) for n in ("start", "stop", "step")))
    if isinstance(other, fx.Node):
        raise Untraceable(OTHERWISE)
    if type(mine) is type(other) and (mine == other or (mine != mine and other != other)):
        return mine
    return ByMode(mine, other)
