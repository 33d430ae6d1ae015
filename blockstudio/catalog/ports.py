"""The ports and options of any node of a document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import cast

from attrs import evolve, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.custom_code import CodeSignature, read_code
from blockstudio.catalog.render import companions
from blockstudio.catalog.spec import OptionSpec, PortSpec
from blockstudio.catalog.values import option_from_text
from blockstudio.errors import BlockStudioError
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Endpoint,
    Function,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    Options,
    OptionValue,
    Parameter,
    Port,
    Repeat,
    Sequential,
    While,
)
from blockstudio.graph.scopes import owner_of

INPUT = "input"
OUTPUT = "output"
LARGEST_COUNT = 256
"""No option makes more output ports than this."""


@frozen
class Ports:
    """The ports of one node, variadic ones written out as `name.0`, `name.1`, ..."""

    inputs: tuple[PortSpec, ...] = ()
    outputs: tuple[PortSpec, ...] = ()

    def input(self, name: str) -> PortSpec | None:
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> PortSpec | None:
        return next((port for port in self.outputs if port.name == name), None)


def node_ports(document: Document, location: Location, node: Node) -> Ports:
    """The ports of a node of the graph at `location`; those its edges use where nothing else tells."""
    graph = _graph(document, location)
    wired_in = sorted({edge.target.port for edge in graph.edges_into(node.name)}, key=_port_order)
    wired_out = sorted({edge.source.port for edge in graph.edges_out_of(node.name)}, key=_port_order)
    ports = _known_ports(document, location, node, wired_in, wired_out)
    if ports is None:
        return Ports(tuple(map(PortSpec, wired_in)), tuple(map(PortSpec, wired_out)))
    return ports


def is_row(document: Document, location: Location) -> bool:
    """Whether the graph at `location` is the inside of a Sequential, where the order stands for wires."""
    parent = location.parent
    return parent is not None and isinstance(document.node(parent, location.steps[-1][0]), Sequential)


def source_of(document: Document, location: Location, node: str, port: str) -> Endpoint | None:
    """What feeds an input of a node, or with "" an output of the graph: by a wire, or by the order of a Sequential."""
    graph = document.graph(location)
    if not is_row(document, location):
        return graph.source_of(node, port)
    names = list(graph.nodes)
    if node:
        inputs = node_ports(document, location, graph.nodes[node]).inputs
        if inputs and inputs[0].name != port:
            return None
    before = names[: names.index(node)] if node else names
    if not before:
        return Endpoint(BOUNDARY, INPUT)
    outputs = node_ports(document, location, graph.nodes[before[-1]]).outputs
    return Endpoint(before[-1], outputs[0].name if outputs else OUTPUT)


def passed_through(ports: Ports, wired: Collection[str]) -> dict[str, str]:
    """The input that each output gives on while the node is bypassed: that of its name, as in a loop, or for the
    first output the first input that is wired; other outputs give nothing."""
    names = {port.name for port in ports.inputs}
    found = {port.name: port.name for port in ports.outputs if port.name in names}
    if not found and ports.outputs:
        needed_first = sorted(ports.inputs, key=lambda port: port.optional)
        first = next((port.name for port in needed_first if port.name in wired), "")
        found = {ports.outputs[0].name: first} if first else {}
    return {output: port for output, port in found.items() if port in wired}


def node_options(document: Document, node: Node) -> tuple[OptionSpec, ...]:
    """The options of a layer or function, or the hyper-parameters of an instance's definition."""
    if isinstance(node, Layer | Function):
        entry = catalog().get(node.type)
        return entry.options if entry else ()
    if isinstance(node, Instance):
        return definition_options(document.definitions.get(node.definition))
    return ()


def definition_options(definition: Definition | CodeDefinition | None) -> tuple[OptionSpec, ...]:
    """The hyper-parameters of a definition, as options of its instances."""
    if isinstance(definition, Definition):
        return tuple(option_from_text(h.name, h.default, doc=h.doc) for h in definition.hyper_parameters)
    signature = code_signature(definition)
    return signature.hyper_parameters if signature else ()


def definition_ports(definition: Definition | CodeDefinition | None) -> Ports | None:
    """The ports of a definition's instances; None where they cannot be told."""
    if isinstance(definition, Definition):
        return Ports(_of_border(definition.graph.inputs), _of_border(definition.graph.outputs))
    signature = code_signature(definition)
    return Ports(signature.inputs, signature.outputs) if signature else None


def code_signature(definition: Definition | CodeDefinition | None) -> CodeSignature | None:
    """The signature of a block written in Python; None where it has a fault or there is no such block."""
    return _signature(definition.source, definition.name) if isinstance(definition, CodeDefinition) else None


@lru_cache(maxsize=256)
def _signature(source: str, name: str) -> CodeSignature | None:
    # Asked for at every repaint: the source is not to be parsed each time, least of all a faulty one.
    try:
        return read_code(source, name)
    except BlockStudioError:
        return None


def called_node(document: Document, location: Location, call: Call) -> Node | None:
    """The layer, instance or sequential that a call applies again; None when there is none."""
    try:
        found = owner_of(document, location, call)
    except BlockStudioError:
        return None
    return found[1] if found is not None and isinstance(found[1], Layer | Instance | Sequential) else None


def _known_ports(
    document: Document, location: Location, node: Node, wired_in: Sequence[str], wired_out: Sequence[str]
) -> Ports | None:
    match node:
        case Layer() | Function():
            # With their types: True and 1 are equal, and mean different things.
            options = tuple((name, value, type(value)) for name, value in node.options.items())
            return _of_entry(node.type, options, tuple(wired_in), tuple(wired_out))
        case Instance():
            ports = definition_ports(document.definitions.get(node.definition))
            return ports and Ports(tuple(_expanded(ports.inputs, {}, wired_in, free=1)), ports.outputs)
        case Call():
            called = called_node(document, location, node)
            return _known_ports(document, location, called, wired_in, wired_out) if called else None
        case Constant() | Parameter():
            return Ports((), (PortSpec(OUTPUT),))
        case Sequential():
            return Ports((PortSpec(INPUT),), (PortSpec(OUTPUT),))
        case While() | Repeat():
            return Ports(_of_border(node.body.inputs), _of_border(node.body.inputs))
        case If():
            return Ports(_of_border(node.condition.inputs), _of_border(node.then.outputs))
    return None


@lru_cache(maxsize=2048)
def _of_entry(
    type: str,
    options: tuple[tuple[str, OptionValue, type], ...],
    wired_in: tuple[str, ...],
    wired_out: tuple[str, ...],
) -> Ports | None:
    entry = catalog().get(type)
    if entry is None:
        return None
    defaults = {option.name: None if option.required else option.default for option in entry.options}
    values = cast(Options, defaults | {name: value for name, value, _ in options})
    needed = {other for name in wired_in for other in companions(entry, name)}
    inputs = [evolve(port, optional=_is_optional(port, values, needed)) for port in entry.inputs]
    outputs = [port for port in entry.outputs if not port.when or _is_set(values.get(port.when))]
    return Ports(
        tuple(_expanded(inputs, values, wired_in, free=1)),
        tuple(_expanded(outputs, values, wired_out, free=0)),
    )


def _is_set(value: OptionValue) -> bool:
    return value is not None and value is not False  # dim=0 is set


def _is_optional(port: PortSpec, values: Options, needed: set[str]) -> bool:
    # An input that an option of the same name stands in for need not be wired.
    return (port.optional and port.name not in needed) or values.get(port.name) is not None


def _expanded(ports: Iterable[PortSpec], values: Options, wired: Sequence[str], *, free: int) -> Iterator[PortSpec]:
    """The ports with variadic ones written out, and `free` more to wire where no count is set."""
    for port in ports:
        if not port.variadic:
            yield port
            continue
        used = 1 + max((_number(name) for name in wired if name.rpartition(".")[0] == port.name), default=-1)
        count = _count(values.get(port.count))
        if count is None:
            count = max(used + free, 1)
        elif free:
            count = max(used, count)
        for index in range(min(count, LARGEST_COUNT)):
            # The first is needed, and so is one that was skipped; those behind the last wired one are not.
            optional = port.optional or (bool(free) and index >= max(used, 1))
            yield evolve(port, name=f"{port.name}.{index}", variadic=False, count="", optional=optional)


def _count(value: OptionValue) -> int | None:
    if isinstance(value, tuple):
        return len(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _number(port: str) -> int:
    number = port.rpartition(".")[2]
    return int(number) if number.isdecimal() and len(number) < 6 else -1


def _port_order(port: str) -> tuple[str, int]:
    return port.rpartition(".")[0] or port, _number(port)


def _of_border(ports: Iterable[Port]) -> tuple[PortSpec, ...]:
    return tuple(PortSpec(port.name, optional=bool(port.default)) for port in ports)


def _graph(document: Document, location: Location) -> Graph:
    try:
        return document.graph(location)
    except BlockStudioError:
        return Graph()
