"""Programs that torch.export saved (.pt2), as modules that can be imported."""

from __future__ import annotations

import itertools
import logging
import operator
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from attrs import define, field
from torch import fx, nn
from torch.utils import _pytree as pytree

from blockstudio.errors import mark
from blockstudio.runtime.importing import operators
from blockstudio.runtime.importing.inputs import Inputs
from blockstudio.runtime.importing.names import Names
from blockstudio.runtime.importing.notes import ImportRefused
from blockstudio.runtime.importing.recorded import Recorded, recorded_class
from blockstudio.runtime.importing.restoring import Restored, restored
from blockstudio.runtime.importing.target import Target, explained
from blockstudio.runtime.importing.tracing import Fixed, Given, Signature
from blockstudio.runtime.importing.tree import own_tensors

_VARIANT = "@"
"""Parts the name of a module from the number of a call of it that was recorded otherwise."""


def load(path: str) -> tuple[Target, Inputs]:
    """The modules of a saved program, and how it is called; ImportRefused for any other file."""
    if not Path(path).is_file():
        raise ImportRefused(mark("There is no file “{file}”."), file=path)
    template = mark("“{target}” cannot be read as a program of torch.export: {kind}: {reason}")
    with _unheard(), explained(template, target=path):
        program = torch.export.load(path)
        module = torch.export.unflatten(program)
    spec = program.call_spec.out_spec or pytree.tree_structure(0)
    root = _Rebuilder(module, spec, operators.in_eval(program.graph)).root()
    nodes = [node for node in _nodes(module) if node.op == "placeholder"]
    values = tuple(_given(node) for node in nodes)
    examples = [leaf for leaf in pytree.tree_leaves(program.example_inputs) if isinstance(leaf, torch.Tensor)]
    complete = len(examples) == sum(isinstance(value, Given) for value in values)
    call = pytree.tree_structure((tuple(range(len(nodes))), {}))
    return Target(root), Inputs(Signature(call, values), tuple(examples) if complete else ())


@contextmanager
def _unheard() -> Iterator[None]:
    """Without what torch warns of and logs on the way, which is not about the file."""
    log = logging.getLogger("torch.export")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def _given(node: fx.Node) -> Given | Fixed:
    value = node.meta.get("val")
    if isinstance(value, torch.Tensor):
        return Given("tensor", value.dim())
    return Fixed(value) if isinstance(value, bool | str | float | None) else Given("int")


# --- modules of its graphs ------------------------------------------------------------------------------------


@define(eq=False)
class _Rebuilder:
    """Makes modules with a forward of their own of those that torch.export gives."""

    exported: nn.Module
    _spec: pytree.TreeSpec
    """Of what it gives."""
    _in_eval: bool
    """Whether the program was recorded in eval mode."""
    _made: dict[int, nn.Module] = field(factory=dict)
    _layers: dict[int, Restored | None] = field(factory=dict)

    def root(self) -> nn.Module:
        made = self._recorded(self.exported, self._children(self.exported))
        made.spec = None if self._gives_one(self.exported) else self._spec
        return made

    def _gives_one(self, module: nn.Module) -> bool:
        """Whether what a module gives is one value, which the program holds as a list of one."""
        return module is self.exported and self._spec.is_leaf()

    def _module(self, module: nn.Module) -> nn.Module:
        if id(module) not in self._made:
            layer = self._layer(module)
            self._made[id(module)] = self._new(module) if layer is None else layer.layer
        return self._made[id(module)]

    def _new(self, module: nn.Module) -> nn.Module:
        children = self._children(module)
        if _graph(module) is None:
            return _container(module, children)
        return self._sequential(module, children) or self._recorded(module, children)

    def _children(self, module: nn.Module) -> dict[str, nn.Module]:
        children = module._modules.items()
        return {name: self._module(child) for name, child in children if child is not None and _VARIANT not in name}

    def _layer(self, module: nn.Module) -> Restored | None:
        if id(module) not in self._layers:
            graph = _graph(module)
            self._layers[id(module)] = None if graph is None else restored(module, graph, _kind(module))
        return self._layers[id(module)]

    def _sequential(self, module: nn.Module, children: dict[str, nn.Module]) -> nn.Module | None:
        """The module as an nn.Sequential, if it passes one value on from child to child."""
        if not _kind(module).endswith(".Sequential") or any(True for _ in own_tensors(module)):
            return None
        first, *calls, output = _nodes(module)
        before = first
        for node in calls:
            layer = self._layer(module.get_submodule(node.target)) if node.op == "call_module" else None
            if node.op != "call_module" or node.args != (before,) or (layer and layer.results != ((),)):
                return None
            before = node
        if first.op != "placeholder" or output.args != (before,) or [node.target for node in calls] != list(children):
            return None
        return nn.Sequential(OrderedDict(children))

    def _recorded(self, module: nn.Module, children: dict[str, nn.Module]) -> Recorded:
        graph = self._rewritten(module)
        inputs = tuple(node.target for node in graph.nodes if node.op == "placeholder")
        made = recorded_class(_kind(module), inputs)()
        made.record(graph)
        _take_over(module, made, children)
        return made

    def _rewritten(self, module: nn.Module) -> fx.Graph:
        """The graph of a module with the calls that layers take, and names that do not depend on where it stands."""
        graph, known = fx.Graph(), dict[fx.Node, Any]()
        inputs = _input_names(module, is_root=module is self.exported)
        for node in _nodes(module):
            args, kwargs = fx.node.map_arg((node.args, node.kwargs), known.__getitem__)
            if node.op == "placeholder":
                known[node] = graph.placeholder(next(inputs))
            elif node.op == "output":
                graph.output(args[0][0] if self._gives_one(module) else args[0])
            elif node.op == "call_module":
                known[node] = self._call(graph, module, node.target, args, kwargs)
            elif node.target is operator.getitem and type(args[0]) is tuple:
                known[node] = args[0][args[1]]
            elif isinstance(node.target, torch._ops.OpOverload):
                known[node] = operators.written(graph, node, args, kwargs, in_eval=self._in_eval)
            elif isinstance(node.target, torch._ops.HigherOrderOperator):
                raise ImportRefused(
                    mark("The program uses {name}, which no block can show."),
                    path=_place(node),
                    name=node.target._name,
                )
            else:
                known[node] = graph.create_node(node.op, node.target, args, kwargs)
        return graph

    def _call(self, graph: fx.Graph, module: nn.Module, target: str, args: Any, kwargs: Any) -> Any:
        """The call of a submodule; of several values a tuple of them."""
        layer = self._layer(module.get_submodule(target))
        if layer is None:
            if _VARIANT in target:
                raise ImportRefused(
                    mark("The program calls “{name}” in several ways, which no block can show."),
                    name=target.partition(_VARIANT)[0],
                )
            return graph.call_module(target, args, kwargs)
        values = pytree.tree_map(lambda number: args[number], layer.arguments)
        called = graph.call_module(target.partition(_VARIANT)[0], values)
        results = []
        for path in layer.results:
            value = called
            for index in path:
                value = graph.call_function(operator.getitem, (value, index))
            results.append(value)
        return results[0] if len(results) == 1 else tuple(results)


def _graph(module: nn.Module) -> fx.Graph | None:
    """What was recorded of a module; None where that is nothing."""
    graph = module.__dict__.get("graph")
    return graph if isinstance(graph, fx.Graph) and any(node.op == "output" for node in graph.nodes) else None


def _nodes(module: nn.Module) -> list[Any]:
    graph = _graph(module)
    assert graph is not None
    return list(graph.nodes)


def _place(node: fx.Node) -> str:
    """The path of the module that a step was recorded in."""
    stack = node.meta.get("nn_module_stack") or {}
    return str(next(reversed(stack.values()))[0]) if stack else ""


def _kind(module: nn.Module) -> str:
    """The name of the class that a module was recorded of."""
    found = getattr(module, "_ty", None)
    return found if isinstance(found, str) and all(map(str.isidentifier, found.split("."))) else "exported.Block"


def _input_names(module: nn.Module, *, is_root: bool) -> Iterator[str]:
    if is_root:
        names = Names()
        return iter([names.fresh(str(node.target)) for node in _nodes(module) if node.op == "placeholder"])
    return itertools.chain("xyz", (f"x{number}" for number in itertools.count(4)))


def _container(module: nn.Module, children: dict[str, nn.Module]) -> nn.Module:
    """A module that nothing was recorded of: only others call what is in it."""
    parameters = module._parameters
    if parameters and all(map(str.isdigit, parameters)):
        return nn.ParameterList(parameters.values())
    made = nn.ModuleDict() if children else nn.Module()
    _take_over(module, made, children)
    return made


def _take_over(module: nn.Module, made: nn.Module, children: dict[str, nn.Module]) -> None:
    made._parameters.update(module._parameters)
    made._buffers.update(module._buffers)
    made._non_persistent_buffers_set |= module._non_persistent_buffers_set
    made._modules.update(children)
    made.__dict__.update((name, value) for name, value in module.__dict__.items() if isinstance(value, torch.Tensor))
