"""What a forward does not call, but owns: kept, so that the state dict has the same keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from attrs import evolve
from torch import nn

from blockstudio.catalog.ports import LARGEST_COUNT
from blockstudio.formats.import_report import Note
from blockstudio.graph.model import Endpoint, Graph, Node, Port, Repeat
from blockstudio.runtime.importing import holders
from blockstudio.runtime.importing.blocks import Block
from blockstudio.runtime.importing.calls import CALLED, MODULE, default_signature
from blockstudio.runtime.importing.functional import functional
from blockstudio.runtime.importing.layers import CatalogLayer
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.tree import joined, own_tensors

if TYPE_CHECKING:
    from blockstudio.runtime.importing.drafting import Drafter

COMMENT = "Never called; kept for its parameters."


def keep_the_rest(drafter: Drafter) -> None:
    """Add nodes for parameters, buffers and submodules that nothing uses."""
    module = drafter.module
    for name, parameter in module._parameters.items():
        if parameter is not None:
            drafter.own_tensor(name)
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers_set:
            drafter.own_tensor(name)
    found = list(_uncalled(drafter, "", module))
    if found:
        _keep(drafter, found)


def _uncalled(drafter: Drafter, path: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, child in module._modules.items():
        inner = joined(path, name)
        if child is None or inner in drafter.called:
            continue
        is_list = isinstance(child, nn.ModuleList | nn.ModuleDict) and not any(True for _ in own_tensors(child))
        if any(other.startswith(f"{inner}.") for other in drafter.called) or is_list:
            yield from _uncalled(drafter, inner, child)
        elif any(True for _ in child.state_dict(keep_vars=True)):
            yield inner, child


def _keep(drafter: Drafter, found: list[tuple[str, nn.Module]]) -> None:
    """A Repeat of no rounds that holds what is never called."""
    source = next(iter(drafter.points.values()), None)
    if source is None:
        raise Untraceable("it has modules that it never calls, and no input")
    body = Graph([Port("x")], [Port("x")])
    blocks = {}
    for path, child in found:
        called: Any = drafter.session.layer(child)
        if called is None:
            signature = default_signature(child)
            called = holders.holder(drafter.session, child) if not signature.leaves else None
            called = called or drafter.session.block(child, signature)
        node = drafter.add_module(path, called)
        del drafter.graph.nodes[path]
        body.nodes[path] = evolve(node, comment=COMMENT)
        blocks[path] = called
    for path, called in blocks.items():
        for port in _needed(called, body.nodes[path]):
            body.connect(Endpoint(path, port), Endpoint("", "x"))
    name = drafter.name("unused")
    index = drafter.name("i")
    drafter.graph.nodes[name] = Repeat(name=name, body=body, count=0, index=index, comment=COMMENT)
    drafter.graph.connect(Endpoint(name, "x"), source)
    drafter.notes.append(Note("unused", "", {"names": ", ".join(path for path, _ in found)}))


def _needed(called: CatalogLayer | Block, node: Node) -> list[str]:
    if isinstance(called, Block):
        return list(called.inputs)
    return [port.name for port in called.entry.inputs if not port.optional]


def expose(drafter: Drafter) -> None:
    """Let layers that are called and whose parameters are read too become graphs that give their parameters."""
    nodes = list(drafter.trace.graph.nodes)
    wanted: dict[str, list[str]] = {}
    for node in nodes:
        path, _, tensor = str(node.target).rpartition(".") if node.op == "get_attr" else ("", "", "")
        if path:
            wanted.setdefault(path, []).append(tensor)
    for path, tensors in wanted.items():
        module = drafter.module.get_submodule(path)
        calls = [node for node in nodes if node.op == "call_module" and node.meta[MODULE] is module]
        if not calls:
            continue
        layer = drafter.session.layer(module)
        block = functional(drafter.session, module, layer, tuple(tensors)) if layer is not None else None
        if block is None:
            raise Untraceable(f"it reads {path}.{tensors[0]}, which belongs to a submodule that it calls")
        for node in calls:
            node.meta[CALLED] = block
            step = drafter.effects.steps[node]
            args = tuple(step.kwargs[name] for name in block.inputs)
            drafter.effects.steps[node] = evolve(step, args=args, kwargs={})


def read_inner(drafter: Drafter, name: str) -> Endpoint:
    """Where the parameter or buffer of a submodule is found."""
    path, _, tensor = name.rpartition(".")
    module = drafter.module.get_submodule(path)
    if path not in drafter.called:
        calls = [node for node in drafter.trace.graph.nodes if node.op == "call_module"]
        block = next((node.meta[CALLED] for node in calls if node.meta[MODULE] is module), None)
        if block is not None:
            # Its input comes when it is called.
            drafter.owners[id(module)] = path
            drafter.waiting.add(path)
        else:
            block = holders.holder(drafter.session, module)
        if block is None or len(block.ports) > LARGEST_COUNT:
            raise Untraceable(f"it reads {name}, which belongs to a submodule")
        drafter.add_module(path, block)
    called = drafter.called[path]
    port = holders.port_of(module, tensor)
    if not isinstance(called, Block) or port not in called.ports:
        raise Untraceable(f"it reads {name}, which belongs to a submodule")
    return Endpoint(path, port)
