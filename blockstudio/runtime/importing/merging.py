"""The traces of a forward in eval and in train: what they have in common, and whether they are one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from difflib import SequenceMatcher
from typing import Any

import torch
from attrs import define
from torch import fx

from blockstudio.runtime.importing.bindings import ByMode
from blockstudio.runtime.importing.calls import CALLED, NAMES, OPTIONS
from blockstudio.runtime.importing.layers import CatalogLayer
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import COUNT
from blockstudio.runtime.importing.special import Step
from blockstudio.runtime.importing.tracing import Fixed, Trace

OTHERWISE = "it works otherwise in training"
RETURNS = "it returns something else in training"
_FLAGS = ("training", "train", "dropout_p")
"""Arguments that say themselves what is otherwise in training."""


@define
class Both:
    """Two traces side by side. `twins` are steps in eval, by those in train that do the same."""

    evaluated: Trace
    trained: Trace
    twins: Mapping[fx.Node, fx.Node]

    @classmethod
    def of(cls, evaluated: Trace, trained: Trace) -> Both:
        if evaluated.inputs != trained.inputs:
            raise Untraceable(OTHERWISE)
        ours, theirs = list(evaluated.graph.nodes), list(trained.graph.nodes)
        labels = [_label(node, evaluated) for node in ours], [_label(node, trained) for node in theirs]
        twins = dict(zip(theirs, ours, strict=True)) if labels[0] == labels[1] else {}
        for block in () if twins else SequenceMatcher(None, *labels, autojunk=False).get_matching_blocks():
            twins |= zip(theirs[block.b : block.b + block.size], ours[block.a : block.a + block.size], strict=True)
        for other, mine in list(twins.items()):
            one, two = _constant(mine, evaluated), _constant(other, trained)
            if one is not None and two is not None and not torch.equal(one, two):
                del twins[other]
            if COUNT in other.meta:
                mine.meta.setdefault(COUNT, other.meta[COUNT])
        return cls(evaluated, trained, twins)

    @property
    def is_one(self) -> bool:
        """Whether a forward does the same in both modes, but for what drops out."""
        one, other = self.evaluated, self.trained
        if not len(self.twins) == len(one.graph.nodes) == len(other.graph.nodes) or one.spec != other.spec:
            return False
        if not all(map(self.is_same_leaf, one.leaves, other.leaves)):
            return False
        return all(
            self._is_fed_alike(ours.args, theirs.args) and self._is_fed_alike(ours.kwargs, theirs.kwargs)
            for theirs, ours in self.twins.items()
            if ours.op != "output"
        )

    def is_same_leaf(self, mine: fx.Node | Fixed, other: fx.Node | Fixed) -> bool:
        """Whether both modes return the same there."""
        if isinstance(mine, Fixed) and isinstance(other, Fixed):
            return type(mine.value) is type(other.value) and bool(mine.value == other.value)
        return not isinstance(other, Fixed) and self.twins.get(other) is mine

    def _is_fed_alike(self, mine: Any, other: Any) -> bool:
        ours, theirs = _nodes(mine), _nodes(other)
        return len(ours) == len(theirs) and all(
            self.twins.get(node) is twin for node, twin in zip(theirs, ours, strict=True)
        )

    def steps(self, *, training: bool) -> dict[fx.Node, Step]:
        """The steps in one mode, arguments depending on the mode where that is all that is otherwise."""
        others = self.twins if training else {mine: other for other, mine in self.twins.items()}
        found = {}
        for node in (self.trained if training else self.evaluated).graph.nodes:
            twin = others.get(node, node)
            both: tuple[fx.Node, fx.Node] = (twin, node) if training else (node, twin)

            def said(get: Callable[[fx.Node], Any], both: tuple[fx.Node, fx.Node] = both) -> Any:
                return _both(get(both[0]), get(both[1]), training=training)

            if node.op != "output":
                found[node] = Step(node, node.target, said(lambda n: n.args), said(lambda n: n.kwargs))
        return found


def _label(node: fx.Node, trace: Trace) -> Hashable:
    """What steps must have in common to be the same one in both modes."""
    constant = _constant(node, trace)
    target: Any = node.target if constant is None else (constant.shape, constant.dtype)
    called = node.meta.get(CALLED)
    if isinstance(called, CatalogLayer):
        called = called.entry.type, repr((called.options, node.meta[OPTIONS]))
    kwargs = {key: value for key, value in node.kwargs.items() if key not in _FLAGS}
    return node.op, target, called, tuple(node.meta.get(NAMES, ())), _plain((node.args, kwargs))


def _constant(node: fx.Node, trace: Trace) -> torch.Tensor | None:
    """The tensor that a step reads, if it is neither parameter nor buffer."""
    return trace.constants.get(str(node.target)) if node.op == "get_attr" else None


def _plain(value: Any) -> Hashable:
    """What is in an argument besides values and flags."""
    if isinstance(value, fx.Node | bool):
        return "value" if isinstance(value, fx.Node) else "flag"
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Mapping):
        return tuple((key, _plain(item)) for key, item in value.items())
    if isinstance(value, slice):
        return slice, _plain((value.start, value.stop, value.step))
    return repr(value)


def _nodes(value: Any) -> list[fx.Node]:
    found: list[fx.Node] = []
    fx.node.map_arg(value, found.append)
    return found


def _both(mine: Any, other: Any, *, training: bool) -> Any:
    """What is given in one mode, where it is a plain value that another is in the other, as both."""
    if isinstance(mine, list | tuple) and isinstance(other, list | tuple):
        return tuple(_both(one, two, training=training) for one, two in zip(mine, other, strict=True))
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        given, asked = (other, mine) if training else (mine, other)
        return {
            key: _both(mine[key], other[key], training=training) if key in asked else value
            for key, value in given.items()
        }
    if isinstance(mine, bool | int | float) and type(mine) is type(other) and mine != other and mine == mine:
        return ByMode(mine, other)
    return other if training else mine
