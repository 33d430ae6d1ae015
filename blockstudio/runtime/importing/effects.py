"""Steps that change a value in place, made steps that give a new one where nobody could tell."""

# ruff: noqa: E501 (a long list of names reads better in full lines)

from __future__ import annotations

import builtins
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, evolve, field
from torch import fx

from blockstudio.runtime.importing.blocks import Block
from blockstudio.runtime.importing.calls import CALLED
from blockstudio.runtime.importing.layers import CatalogLayer
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import KIND, OUT_OF_PLACE
from blockstudio.runtime.importing.special import Step

_FRESH = frozenset(
    (
        "add sub mul truediv floordiv mod pow neg matmul gt ge lt le eq ne and_ or_ xor invert abs exp log sqrt rsqrt "
        "square sin cos tan tanh sigmoid relu relu6 gelu silu mish elu selu celu leaky_relu hardswish hardsigmoid hardtanh "
        "softplus softmax log_softmax logsigmoid linear bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d "
        "conv_transpose3d layer_norm batch_norm group_norm instance_norm rms_norm max_pool1d max_pool2d max_pool3d "
        "avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d mm bmm mv dot addmm "
        "baddbmm einsum cat stack hstack vstack sum mean std var prod max min amax amin argmax argmin cumsum norm clone "
        "zeros ones full empty rand randn randint arange linspace eye tensor zeros_like ones_like full_like empty_like "
        "rand_like randn_like new_zeros new_ones new_full new_empty where masked_fill clamp embedding one_hot interpolate "
        "scaled_dot_product_attention roll flip repeat tril triu gather index_select topk sort size dim numel"
    ).split()
)
KEEPING_LAYERS = ("Identity", "Dropout", "AlphaDropout", "FeatureAlphaDropout", "Flatten", "Unflatten", "PixelShuffle")


def is_in_place(target: Any) -> bool:
    """Whether a recorded function changes its first argument."""
    if target is operator.setitem or target in OUT_OF_PLACE:
        return True
    name = target if isinstance(target, str) else getattr(target, "__name__", "")
    return name.endswith("_") and not name.endswith("__") and name not in ("and_", "or_", "requires_grad_")


@define
class Effects:
    """The steps of a forward with every value in its latest version.

    `changed_inputs` are the inputs the forward changes, `shares_memory` tells whether something it gives
    lies in the memory of an input.
    """

    nodes: Sequence[fx.Node]
    results: Sequence[fx.Node]
    steps: dict[fx.Node, Step]
    changed_inputs: list[fx.Node] = field(factory=list)
    shares_memory: bool = False
    latest: dict[fx.Node, fx.Node] = field(factory=dict)
    _group: dict[fx.Node, fx.Node] = field(factory=dict)
    _last_use: dict[fx.Node, int] = field(factory=dict)

    @classmethod
    def of(cls, nodes: Sequence[fx.Node], results: Sequence[fx.Node], steps: Mapping[fx.Node, Step]) -> Effects:
        effects = cls(nodes, results, dict(steps))
        for position, node in enumerate(nodes):
            for used in node.all_input_nodes:
                effects._last_use[used] = position
        for node in results:
            effects._last_use[node] = len(nodes)
        for position, node in enumerate(nodes):
            if node.op != "output":
                effects._follow(position, node)
        inputs = {effects._find(node) for node in nodes if node.op in ("placeholder", "get_attr")}
        effects.shares_memory = any(effects._find(node) in inputs for node in results)
        return effects

    def _follow(self, position: int, node: fx.Node) -> None:
        self._group[node] = node
        step = self.steps[node]
        step = evolve(step, args=self.updated(step.args), kwargs=self.updated(step.kwargs))
        self.steps[node] = step
        if not _is_fresh(node):
            in_place = node.op != "call_module" and is_in_place(node.target)
            for used in node.all_input_nodes[:1] if in_place else node.all_input_nodes:
                if used.meta.get(KIND) in ("tensor", "tuple", "other"):
                    self._group[self._find(used)] = self._find(node)
        if node.op in ("call_function", "call_method") and is_in_place(step.target):
            first = node.args[0] if node.args else None
            if isinstance(first, fx.Node):
                self._change(position, node, first)
        called = node.meta.get(CALLED)
        if isinstance(called, Block):
            for index in called.changes_inputs:
                lost = node.args[index]
                if isinstance(lost, fx.Node):
                    self._lose(position, lost)

    def _change(self, position: int, node: fx.Node, changed: fx.Node) -> None:
        """A step that changes a value: what is done with that value later is done with the step's result."""
        current = self.latest.get(changed, changed)
        versions = {other for other in self._group if self.latest.get(other, other) is current}
        self._check(position, changed, versions | {node})
        for version in versions:
            self.latest[version] = node

    def _lose(self, position: int, changed: fx.Node) -> None:
        """A value that a module changes: nothing may be done with it later."""
        if any(self._last_use.get(other, -1) > position for other in self._members(changed)):
            raise Untraceable("a module that it calls changes a value that is used again")
        self._check(position, changed, set())

    def _check(self, position: int, changed: fx.Node, versions: set[fx.Node]) -> None:
        for other in self._members(changed):
            if other.op == "get_attr":
                raise Untraceable(f"it changes its {other.target} in place")
            if other not in versions and self._last_use.get(other, -1) > position and self._before(other, position):
                raise Untraceable("it changes a value in place of which a view is used again")
            if other.op == "placeholder" and other not in self.changed_inputs:
                self.changed_inputs.append(other)

    def _before(self, node: fx.Node, position: int) -> bool:
        return any(node is other for other in self.nodes[:position])

    def _members(self, node: fx.Node) -> list[fx.Node]:
        group = self._find(node)
        return [other for other in self._group if self._find(other) is group]

    def _find(self, node: fx.Node) -> fx.Node:
        while self._group.get(node, node) is not node:
            node = self._group[node]
        return node

    def updated(self, value: Any) -> Any:
        """An argument with every value in it in its latest version."""
        if isinstance(value, fx.Node):
            return self.latest.get(value, value)
        if isinstance(value, list | tuple):
            return tuple(map(self.updated, value))
        if isinstance(value, Mapping):
            return {key: self.updated(item) for key, item in value.items()}
        if isinstance(value, slice):
            return slice(self.updated(value.start), self.updated(value.stop), self.updated(value.step))
        return value


def _is_fresh(node: fx.Node) -> bool:
    """Whether what a step gives lies in memory of its own."""
    if node.op in ("placeholder", "get_attr") or node.meta.get(KIND) in ("int", "size"):
        return True
    called = node.meta.get(CALLED)
    if isinstance(called, CatalogLayer):
        return is_fresh_layer(called)
    if isinstance(called, Block):
        return not called.shares_memory
    if node.target is builtins.getattr:
        return False
    if node.kwargs.get("inplace") or any(arg is True for arg in node.args):
        return False
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return name in _FRESH


def is_fresh_layer(layer: CatalogLayer) -> bool:
    """Whether what a layer gives lies in memory of its own."""
    return not (layer.entry.label.startswith(KEEPING_LAYERS) or layer.options.get("inplace"))
