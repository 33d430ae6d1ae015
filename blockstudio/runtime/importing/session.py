"""One import: every module of a tree turned into a block, equal ones only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import define, field
from torch import nn
from torch.utils import _pytree as pytree

from blockstudio.formats.import_report import Note
from blockstudio.graph.model import Graph, Layer, Node, Port
from blockstudio.runtime.importing import modes, opaque
from blockstudio.runtime.importing.blocks import Block, Output
from blockstudio.runtime.importing.calls import CALLED, MODULE, NAMES, OPTIONS, node_of, take
from blockstudio.runtime.importing.constructors import making_arguments
from blockstudio.runtime.importing.effects import is_fresh_layer
from blockstudio.runtime.importing.fingerprints import Fingerprints
from blockstudio.runtime.importing.functional import functional
from blockstudio.runtime.importing.guards import Stage, watched
from blockstudio.runtime.importing.inline import Inline
from blockstudio.runtime.importing.inputs import UNLIKE, Observed
from blockstudio.runtime.importing.layers import CatalogLayer, Layers, has_hooks_of_its_own
from blockstudio.runtime.importing.names import Names, child_name, is_child_key, is_key
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import COUNT, KIND, RANK, Traced
from blockstudio.runtime.importing.target import Target
from blockstudio.runtime.importing.tracing import Fixed, Given, ModuleTracer, Signature, Trace
from blockstudio.runtime.importing.tree import Tree, own_tensors


@define(eq=False)
class Session:
    """Makes blocks of modules; `observed` is what they gave when the model was run, if it was."""

    tree: Tree
    target: Target
    observed: Observed = field(factory=dict)
    blocks: list[Block] = field(factory=list)
    stage: Stage = field(factory=Stage)
    fingerprints: Fingerprints = field(init=False)
    layers: Layers = field(init=False)
    _known: dict[Any, Block] = field(factory=dict)
    _like: dict[int, list[Block]] = field(factory=dict)
    _makings: dict[int, tuple[Mapping[str, Any], str]] = field(factory=dict)
    _helpers: dict[str, Block] = field(factory=dict)
    forced: dict[Any, str] = field(factory=dict)
    """Blocks that must be Python, and why, though they can be traced."""

    def __attrs_post_init__(self) -> None:
        self.fingerprints = Fingerprints(ties=self.tree.ties)
        self.layers = Layers.of(self.fingerprints)

    @property
    def arguments(self) -> Mapping[int, Mapping[str, Any]]:
        """What modules were constructed with, by their ids, where it is known."""
        return self.target.arguments

    @contextmanager
    def opened(self) -> Iterator[None]:
        """While this lasts, modules can be traced."""
        with watched(self.stage):
            yield

    # --- blocks ---------------------------------------------------------------------------------------

    def new_block(self, kind: Any, module: nn.Module, **fields: Any) -> Block:
        block = Block(len(self.blocks), kind, module, **fields)
        self.blocks.append(block)
        return block

    def number(self, module: nn.Module) -> int:
        return self.fingerprints.of(module, self.tree.path_of(module))

    def layer(self, module: nn.Module) -> CatalogLayer | None:
        """The layer of the catalog that a module is; None for others."""
        with self.stage.entered(None):
            return self.layers.find(module)

    def block(self, module: nn.Module, signature: Signature, *, root: bool = False) -> Block:
        """The block of a module that is called like that."""
        key = (self.number(module), _key(signature, self.fingerprints), root)
        found = self._known.get(key)
        if found is None:
            with self.stage.entered(None):
                found = self._known[key] = self._made(module, signature, key, root)
        return found

    def _made(self, module: nn.Module, signature: Signature, key: Any, root: bool) -> Block:
        if not root and not has_hooks_of_its_own(module) and _is_sequence(module):
            sequence = self._sequence(module, signature)
            if sequence is not None:
                return sequence
        if root:
            layer = self.layer(module)
            plain = functional(self, module, layer, ()) if layer is not None else None
            if plain is not None:
                return plain
        reason = self.forced.get(key, "")
        if not reason:
            try:
                if has_hooks_of_its_own(module):
                    raise Untraceable("functions are attached to it as hooks")
                return self._interned(self._graph(module, signature))
            except Untraceable as error:
                reason = error.reason
        block = opaque.block(self, module, signature, reason)
        block.notes.append(Note("opaque", "", {"type": type(module).__name__, "reason": reason}))
        return self._interned(block)

    def _interned(self, block: Block) -> Block:
        """The block that is just like this one, if there is one: the first of them is used for all."""
        like = self._like.setdefault(self.number(block.module), [])
        for other in like:
            if block.makes_the_same_as(other) and all(
                _gives(other, training) == _gives(block, training) for training in (False, True)
            ):
                return other
        like.append(block)
        return block

    def _graph(self, module: nn.Module, signature: Signature) -> Block:
        evaluated = self.trace(module, signature, training=False)
        trained = self.trace(module, signature, training=True)
        return modes.draft(self, module, signature, evaluated, trained)

    def trace(self, module: nn.Module, signature: Signature, *, training: bool) -> Trace:
        """The trace of a module in a mode."""
        before = [(inner, inner.training) for inner in module.modules()]
        for inner, _ in before:
            inner.training = training
        tracer = ModuleTracer(self)
        try:
            with self.stage.entered(tracer):
                return tracer.record_module(module, signature)
        finally:
            for inner, mode in before:
                inner.training = mode

    def _sequence(self, module: nn.Module, signature: Signature) -> Block | None:
        """The children of a Sequential, if they pass one value on from one to the next; else None."""
        given = _only_value(signature)
        if given is None:
            return None
        graph = Graph([Port("input")], [Port("output")])
        named = any(name != str(index) for index, name in enumerate(module._modules))
        names = Names()
        shares = True
        for key, child in module._modules.items():
            if child is None:
                return None
            name = key if named else names.fresh(child_name(child))
            if named and not is_child_key(name):
                return None
            try:
                made = self._child(child, name, given)
            except Untraceable:
                return None
            if made is None:
                return None
            node, given, keeps = made
            shares = shares and keeps
            graph.nodes[name] = node
        block = self.new_block("sequence", module, signature=signature, inputs=("input",), graph=graph, named=named)
        block.outputs = (Output("output", given.kind, given.rank),)
        block.spec = pytree.tree_structure(0)
        block.shares_memory = shares
        return block

    def _child(self, child: nn.Module, name: str, given: Given) -> tuple[Node, Given, bool] | None:
        """A child of a Sequential, what it gives, and whether that may lie in the memory of what it is given."""
        layer = self.layer(child)
        if layer is not None:
            needed = [port.name for port in layer.entry.inputs if not port.optional]
            inputs = [port.name for port in layer.entry.inputs]
            ports = [port for port in layer.entry.outputs if not port.when or layer.options.get(port.when)]
            if len(ports) != 1 or len(needed) > 1 or not inputs or needed[:1] not in ([], inputs[:1]):
                return None
            fresh = is_fresh_layer(layer)
            return Layer(name=name, type=layer.entry.type, options=layer.options), Given("tensor"), not fresh
        block = self.block(child, Signature(_one_spec(), (given,)))
        if len(block.inputs) != 1 or len(block.outputs) != 1 or block.changes_inputs or block.in_training:
            return None
        output = block.outputs[0]
        if isinstance(output, Fixed) or not (block.spec is None or block.spec.is_leaf()):
            return None
        return node_of(block, name), Given(output.kind, output.rank), block.shares_memory

    def helper(self, inline: Inline, wanted: str) -> Block:
        """The block of one function that the catalog does not have."""
        source = inline.source(wanted)
        known = self._helpers.get(source)
        if known is None:
            known = self.new_block("code", nn.Module(), inputs=inline.input_names, source=source, class_name=wanted)
            known.helper = True
            known.outputs = (Output("output"),)
            self._helpers[source] = known
        return known

    def making_arguments(self, module: nn.Module) -> tuple[Mapping[str, Any], str]:
        """Arguments that make a module just like this one; where there are none, why."""
        number = self.number(module)
        if number not in self._makings:
            with self.stage.entered(None):
                self._makings[number] = making_arguments(module, self.arguments)
        return self._makings[number]

    # --- calls ----------------------------------------------------------------------------------------

    def call(
        self, tracer: ModuleTracer, module: nn.Module, names: Sequence[str], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any:
        """A call of a submodule, recorded; gives what the call gives."""
        try:
            layer = self.layer(module)
            if layer is not None:
                return self._call_layer(tracer, module, layer, names, args, kwargs)
            signature, values = Signature.of(args, kwargs)
            return self._call_block(tracer, module, self.block(module, signature), names, values)
        except Untraceable as error:
            tracer.failure = tracer.failure or error
            raise

    def _call_layer(
        self,
        tracer: ModuleTracer,
        module: nn.Module,
        layer: CatalogLayer,
        names: Sequence[str],
        args: Sequence[Any],
        kwargs: dict[str, Any],
    ) -> Any:
        called = layer.call(args, kwargs)
        proxy = tracer.create_proxy("call_module", names[0], (), dict(called.inputs))
        assert isinstance(proxy, Traced)
        proxy.node.meta |= {CALLED: layer, MODULE: module, NAMES: list(names), OPTIONS: dict(called.options)}

        def taken(result: Any, rank: Any) -> Any:
            if isinstance(result, tuple):
                ranks = rank if isinstance(rank, tuple) and len(rank) == len(result) else (None,) * len(result)
                return tuple(map(taken, result, ranks))
            if result is None:
                return None
            return self._take(tracer, proxy, Output(result, "tensor", rank if isinstance(rank, int) else None))

        return taken(called.result, self.observed.get(id(module)))

    def _call_block(
        self, tracer: ModuleTracer, module: nn.Module, block: Block, names: Sequence[str], values: Sequence[Traced]
    ) -> Any:
        proxy = tracer.traced("call_module", names[0], tuple(values))
        proxy.node.meta |= {CALLED: block, MODULE: module, NAMES: list(names), OPTIONS: {}}
        returned = block.returned(training=tracer.training)
        leaves = [
            output.value if isinstance(output, Fixed) else self._take(tracer, proxy, output)
            for output in returned.outputs
        ]
        if returned.spec is None:
            seen = self.observed.get(id(module), UNLIKE)
            if len(leaves) == 1:
                return _as_seen(leaves[0], seen)
            seen = seen if isinstance(seen, tuple) and len(seen) == len(leaves) else (UNLIKE,) * len(leaves)
            return tuple(map(_as_seen, leaves, seen))
        return pytree.tree_unflatten(leaves, returned.spec)

    def _take(self, tracer: ModuleTracer, called: Traced, output: Output) -> Traced:
        proxy = tracer.traced("call_function", take, (called, output.port))
        proxy.node.meta |= {KIND: output.kind, RANK: output.rank}
        return proxy


def _is_sequence(module: nn.Module) -> bool:
    """Whether a module is best an nn.Sequential: one itself, or a class of its own with names for its
    children that nothing else can have."""
    if type(module) is nn.Sequential:
        return True
    if type(module).forward is not nn.Sequential.forward or any(True for _ in own_tensors(module)):
        return False
    return not all(map(is_key, module._modules))


def _as_seen(value: Any, seen: Any) -> Any:
    """What a block of Python gives, with the structure that it had when the model was run."""
    if type(seen) is int:
        value.node.meta |= {KIND: "tensor", RANK: seen}
    elif type(seen) in (tuple, list):
        value.node.meta |= {KIND: "tuple", COUNT: len(seen)}
        return type(seen)(_as_seen(value[index], part) for index, part in enumerate(seen))
    elif isinstance(seen, dict) and all(type(key) is str for key in seen):
        return type(seen)({key: _as_seen(value[key], part) for key, part in seen.items()})
    return value


def _gives(block: Block, training: bool) -> Any:
    returned = block.returned(training=training)
    return returned.spec, list(map(_shown, returned.outputs))


def _shown(output: Output | Fixed) -> Any:
    return (output.port, output.kind) if isinstance(output, Output) else repr(output.value)


def _one_spec() -> pytree.TreeSpec:
    return pytree.tree_flatten(((0,), {}))[1]


def _only_value(signature: Signature) -> Given | None:
    if signature.spec != _one_spec() or not isinstance(signature.leaves[0], Given):
        return None
    return signature.leaves[0]


def _key(signature: Signature, fingerprints: Fingerprints) -> Any:
    leaves = tuple(
        leaf if isinstance(leaf, Given) else ("fixed", fingerprints.freeze(leaf.value)) for leaf in signature.leaves
    )
    return repr(signature.spec), leaves
