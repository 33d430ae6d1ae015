"""A trace drawn as the graph of a block."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from attrs import define, evolve, field
from torch import fx, nn

from blockstudio.formats.import_report import Note
from blockstudio.graph import topology
from blockstudio.graph.control_commands import VALUE
from blockstudio.graph.model import (
    Call,
    Endpoint,
    Expression,
    Function,
    Graph,
    Instance,
    Layer,
    Node,
    OptionValue,
    Port,
)
from blockstudio.runtime.importing import functions, special, unused
from blockstudio.runtime.importing.bindings import is_sequence
from blockstudio.runtime.importing.blocks import Block, Output
from blockstudio.runtime.importing.calls import CALLED, MODULE, NAMES, OPTIONS, node_of, take
from blockstudio.runtime.importing.effects import Effects, is_in_place
from blockstudio.runtime.importing.inline import Inline, class_name
from blockstudio.runtime.importing.layers import CatalogLayer
from blockstudio.runtime.importing.names import Names, fresh, is_key, snake
from blockstudio.runtime.importing.needs import CHECKS, needed
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import KIND, OUT_OF_PLACE, RANK
from blockstudio.runtime.importing.special import Part, Size, Step
from blockstudio.runtime.importing.tensors import tensor_node
from blockstudio.runtime.importing.tracing import Fixed, Trace
from blockstudio.runtime.importing.tree import own_tensors

if TYPE_CHECKING:
    from blockstudio.runtime.importing.session import Session


@define
class Drafter:
    """Turns the steps of one trace into nodes and edges, in their order.

    Of a second trace of the same module `first` drew the other one, and `twins` are the steps of that one that
    are steps of this one too: their nodes have the same names.
    """

    session: Session
    module: nn.Module
    trace: Trace
    effects: Effects
    graph: Graph = field(factory=Graph)
    inputs: dict[fx.Node, str] = field(factory=dict)
    outputs: tuple[Output | Fixed, ...] = ()
    notes: list[Note] = field(factory=list)
    points: dict[fx.Node, Endpoint] = field(factory=dict)
    parts: dict[fx.Node, list[Endpoint]] = field(factory=dict)
    """The outputs of steps that give several values."""
    sizes: dict[Size, Endpoint] = field(factory=dict)
    called: dict[str, Any] = field(factory=dict)
    """The block or layer of every submodule that has a node, by its path."""
    owners: dict[int, str] = field(factory=dict)
    """The path of the first node of each submodule."""
    waiting: set[str] = field(factory=set)
    """Submodules whose parameters were read, and that will be called."""
    waited: bool = False
    names: Names = field(factory=Names)
    ways: set[str] = field(factory=set)
    """The paths on the way to submodules that have nodes."""
    first: Drafter | None = None
    twins: Mapping[Any, fx.Node] = field(factory=dict)

    @classmethod
    def of(cls, session: Session, module: nn.Module, trace: Trace, steps: Mapping[fx.Node, Step]) -> Drafter:
        """One for a trace whose steps have these arguments."""
        results = [leaf for leaf in trace.leaves if isinstance(leaf, fx.Node)]
        if not results:
            raise Untraceable("it returns no tensor")
        return cls(session, module, trace, Effects.of(list(trace.graph.nodes), results, steps))

    def draw(self) -> None:
        """Draw every step that something comes of."""
        if self.first is not None:
            self.names.taken |= self.first.names.taken
        self.names.taken |= {*self.module._modules, *self.module._parameters, *self.module._buffers}
        for node in self.trace.graph.nodes:
            if node.op == "placeholder":
                name = fresh(str(node.target), self.inputs.values())
                self.inputs[node] = name
                self.names.taken.add(name)
                self.graph.inputs.append(Port(name))
                self.points[node] = Endpoint("", name)
        unused.expose(self)
        live = needed(self.effects)
        for node in self.trace.graph.nodes:
            if node in live:
                self._step(node)
        if self.waited and topology.find_cycle(self.graph):
            raise Untraceable("a submodule's input depends on the parameters that it gives")

    # --- steps --------------------------------------------------------------------------------------------

    def _step(self, node: fx.Node) -> None:
        step = self.effects.steps.get(node)
        if step is None or node.op == "placeholder":
            return
        if node.op == "get_attr":
            self._read(node)
        elif node.op == "call_module":
            self._call(node, step)
        elif step.target is take:
            called = step.args[0]
            self.points[node] = Endpoint(self.points[called].node, str(step.args[1]))
        elif not self._is_virtual(node, step):
            self._function(node, step)

    def _is_virtual(self, node: fx.Node, step: Step) -> bool:
        """Whether a step needs no node of its own, or none yet."""
        source = special.passes_on(step)
        if source is not None:
            self.points[node] = self.point(source)
            return True
        if step.target is operator.getitem and isinstance(step.args[0], fx.Node) and type(step.args[1]) is int:
            parts = self.parts.get(step.args[0])
            if parts is not None:
                if not -len(parts) <= step.args[1] < len(parts):
                    raise Untraceable("it takes a part that is not there")
                self.points[node] = parts[step.args[1]]
                return True
        if step.target is builtins.getattr and isinstance(step.args[0], fx.Node):
            names = [point.port for point in self.parts.get(step.args[0], ())]
            if step.args[1] in names:
                self.points[node] = self.parts[step.args[0]][names.index(step.args[1])]
                return True
            return step.args[1] in ("device", "dtype", "shape")
        sizes = special.sizes_of(step.args[0]) if step.target is operator.getitem else None
        if sizes is not None and type(step.args[1]) is int and -len(sizes) <= step.args[1] < len(sizes):
            self.points[node] = self._size(sizes[step.args[1]])
            return True
        return is_sequence(node) or special.shape_of(node) is not None or special.sizes_of(node) is not None

    def _function(self, node: fx.Node, step: Step) -> None:
        name = step.target if isinstance(step.target, str) else getattr(step.target, "__name__", "")
        if name in CHECKS:
            return
        size = special.size_of(step)
        if size is not None:
            self.points[node] = self._size(size)
            return
        plain = step
        if is_in_place(step.target):
            plain = evolve(step, target=_out_of_place(step.target))
        try:
            if plain.target is operator.setitem:
                raise Untraceable("it sets a part of a value")
            found = functions.translate(plain)
        except Untraceable as error:
            self._inline(node, step, error.reason)
            return
        self.place(
            node, Function(name=self.name(_word(found.entry.type), node), type=found.entry.type, options=found.options)
        )
        for port, value in found.inputs.items():
            self.connect(node, port, value)
        self._give(node, found.outputs, several=len(found.entry.outputs) > 1 or len(found.outputs) > 1)

    def _inline(self, node: fx.Node, step: Step, reason: str) -> None:
        """A function that the catalog does not have, as a block of Python."""
        copies = is_in_place(step.target) and step.args and self._is_input(step.args[0])
        inline = Inline(step, copies=bool(copies))
        name = class_name(step)
        inline.source(name)  # finds its inputs
        inputs = list(inline.inputs)
        block = self.session.helper(inline, name)
        for part in inputs:
            self.point(part)
        self.place(node, Instance(name=self.name(_word(name), node), definition=block.reference))
        for port, part in zip(inline.input_names, inputs, strict=True):
            self.connect(node, port, part)
        self._give(node, block.ports, several=False)
        self.notes.append(Note("function", "", {"call": inline.expression, "reason": reason}))

    def _is_input(self, value: Any) -> bool:
        return isinstance(value, fx.Node) and any(value is changed for changed in self.effects.changed_inputs)

    def _give(self, node: fx.Node, outputs: Sequence[str], *, several: bool) -> None:
        name = self.points[node].node
        self.points[node] = Endpoint(name, outputs[0])
        if several:
            self.parts[node] = [Endpoint(name, port) for port in outputs]

    # --- modules --------------------------------------------------------------------------------------------

    def _call(self, node: fx.Node, step: Step) -> None:
        called, module = node.meta[CALLED], node.meta[MODULE]
        options = node.meta[OPTIONS]
        free = [name for name in node.meta[NAMES] if name not in self.called]
        owner = self.owners.get(id(module))
        if owner in self.waiting:
            self.waiting.remove(owner)
            self.waited = True
            name = owner
        elif free:
            self.add_module(free[0], called, options)
            self.owners.setdefault(id(module), free[0])
            name = free[0]
        elif owner is not None and _is_same(self.called[owner], called):
            layer = self.graph.nodes[owner]
            mine = {**called.options, **options} if isinstance(layer, Layer) else {}
            if isinstance(layer, Layer) and dict(layer.options) != mine:
                raise Untraceable(f"it calls {owner} with other options each time")
            name = self.name(owner.replace(".", "_"), node)
            self.graph.nodes[name] = Call(name=name, layer=owner)
        else:
            raise Untraceable(f"it calls {node.meta[NAMES][0]} in several ways")
        self.points[node] = Endpoint(name, "")
        if isinstance(called, Block):
            for port, value in zip(called.inputs, step.args, strict=True):
                self.connect(node, port, value)
            if called.ports:
                self.points[node] = Endpoint(name, called.ports[0])
        else:
            for port, value in step.kwargs.items():
                self.connect(node, port, value)

    def add_module(self, path: str, called: Any, options: Mapping[str, Any] | None = None) -> Node:
        """The node of a submodule."""
        if not is_key(path):
            raise Untraceable(f"“{path}” cannot be the name of a node")
        parts = path.split(".")
        ways = [".".join(parts[:length]) for length in range(1, len(parts))]
        if path in self.ways or any(way in self.called for way in ways):
            raise Untraceable(f"it calls {path} and a module that is in it, or that it is in")
        self.ways |= set(ways)
        self._check_way(path)
        node = node_of(called, path, options)
        self.called[path] = called
        self.graph.nodes[path] = node
        return node

    def _check_way(self, path: str) -> None:
        """Modules on the way to a submodule become plain lists: they may own nothing else."""
        module = self.module
        for part in path.split(".")[:-1]:
            found = module._modules.get(part)
            if found is None:
                return
            module = found
            if any(True for _ in own_tensors(module)):
                raise Untraceable(f"it calls {path} past the module that holds it")

    # --- tensors --------------------------------------------------------------------------------------------

    def _read(self, node: fx.Node) -> None:
        name = str(node.target)
        if name in self.trace.constants:
            self.points[node] = self._constant(node, name, self.trace.constants[name])
        elif "." in name:
            self.points[node] = unused.read_inner(self, name)
        else:
            self.points[node] = self.own_tensor(name)

    def _constant(self, node: fx.Node, name: str, tensor: torch.Tensor) -> Endpoint:
        """A tensor that is neither parameter nor buffer."""
        plain = name in self.module.__dict__
        if plain:
            self.notes.append(Note("attribute", "", {"name": name}))
        return self.tensor_node(name if plain else self.name(name, node), tensor, persistent=False)

    def own_tensor(self, name: str) -> Endpoint:
        """A parameter or buffer of the module itself."""
        if name in self.graph.nodes:
            return Endpoint(name, "output")
        parameter = self.module._parameters.get(name)
        if parameter is not None:
            return self.tensor_node(name, parameter)
        buffer = self.module._buffers[name]
        assert buffer is not None
        return self.tensor_node(name, buffer, persistent=name not in self.module._non_persistent_buffers_set)

    def tensor_node(self, name: str, tensor: torch.Tensor, *, persistent: bool = True) -> Endpoint:
        node, note = tensor_node(name, tensor, persistent=persistent)
        if note is not None:
            self.notes.append(note)
        self.graph.nodes[name] = node
        self.names.taken.add(name)
        return Endpoint(name, "output")

    # --- nodes and edges ------------------------------------------------------------------------------------

    def name(self, wanted: str, at: fx.Node | Size | None = None) -> str:
        """A name for a node that owns nothing of the state."""
        other: Endpoint | None = None
        if self.first is not None and isinstance(at, Size):
            twin = self.twins.get(at.node)
            other = self.first.sizes.get(Size(twin, at.dim)) if twin is not None else None
        elif self.first is not None and at in self.twins:
            other = self.first.points.get(self.twins[at])
        return other.node if other and other.node and other.node not in self.graph.nodes else self.names.fresh(wanted)

    def place(self, at: fx.Node, node: Node) -> None:
        self.graph.nodes[node.name] = node
        self.points[at] = Endpoint(node.name, "")

    def connect(self, at: fx.Node, port: str, value: Any) -> None:
        self.graph.connect(Endpoint(self.points[at].node, port), self.point(value))

    def point(self, value: Any) -> Endpoint:
        """The endpoint at which a recorded value is found."""
        if isinstance(value, Part):
            return self.parts[value.node][value.index]
        if isinstance(value, Size):
            return self._size(value)
        if not isinstance(value, fx.Node):
            raise Untraceable(f"an argument is a {type(value).__name__}")
        found = self.points.get(value)
        if found is None:
            step = self.effects.steps[value]
            source = special.shape_of(value)
            if source is None and special.sizes_of(value) is not None:
                self._function(value, step)
                return self.points[value]
            if source is None:
                raise Untraceable(
                    f"it uses the {step.args[1] if len(step.args) > 1 else 'result'} of a value as a value"
                )
            node = Function(name=self.name("shape", value), type="torch.Tensor.shape")
            self.place(value, node)
            found = self.points[value] = Endpoint(node.name, "output")
            self.graph.connect(Endpoint(node.name, "input"), self.point(source))
        return found

    def _size(self, size: Size) -> Endpoint:
        """The output of a node that gives one size."""
        if size not in self.sizes:
            name = self.name("size", size)
            self.graph.nodes[name] = Function(name=name, type="torch.Tensor.size", options={"dim": size.dim})
            self.graph.connect(Endpoint(name, "input"), self.point(size.node))
            self.sizes[size] = Endpoint(name, "output")
        return self.sizes[size]

    # --- the end --------------------------------------------------------------------------------------------

    def give(self, leaf: fx.Node | Fixed, port: str) -> Output:
        """Let something be an output."""
        self.graph.outputs.append(Port(port))
        if isinstance(leaf, Fixed):
            name = self.name("none" if leaf.value is None else VALUE)
            self.graph.nodes[name] = Function(name=name, type=VALUE, options={VALUE: _constant(leaf.value)})
            self.graph.connect(Endpoint("", port), Endpoint(name, "output"))
            return Output(port, "other")
        node = self.effects.latest.get(leaf, leaf)
        self.graph.connect(Endpoint("", port), self.point(node))
        return Output(port, node.meta.get(KIND, "other"), node.meta.get(RANK))


def _constant(value: Any) -> OptionValue:
    if value is not None and type(value) not in (bool, int, float, str):
        raise Untraceable(f"it returns a {type(value).__name__}")
    return Expression("None") if value is None else value


def _is_same(one: CatalogLayer | Block, other: CatalogLayer | Block) -> bool:
    if isinstance(one, Block) and isinstance(other, Block):
        return one.makes_the_same_as(other)
    return one is other


def _out_of_place(target: Any) -> Any:
    if target in OUT_OF_PLACE:
        return OUT_OF_PLACE[target]
    if isinstance(target, str):
        return target[:-1]
    plain = getattr(torch, target.__name__[:-1], None) or getattr(nn.functional, target.__name__[:-1], None)
    return plain or target


def _word(type: str) -> str:
    name = type.rpartition(".")[2].strip("_")
    return name if name.islower() else snake(name)
