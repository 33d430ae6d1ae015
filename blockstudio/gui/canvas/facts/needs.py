"""What an input needs and what an output gives, the user's own blocks too, worked out from definitions; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import Factory, evolve, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import definition_options, definition_ports, node_ports, source_of
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    CodeDefinition,
    Definition,
    Endpoint,
    Expression,
    Function,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    OptionValue,
    Repeat,
    Sequential,
    While,
)
from blockstudio.graph.scopes import owner_of
from blockstudio.gui.canvas.facts import dimensions

ShapeOf = Callable[[Endpoint], "TensorShape | None"]
"""What is known to flow out of an output."""

DEEPEST = 12
_LIKE_EACH_OTHER = frozenset({"Arithmetic", "Comparison"})
_THROUGH = frozenset({"Activation", "Dropout"})


@frozen
class Sizes:
    """What is said of a value: how many dimensions, what kind of numbers, and sizes by dimension, counted from the
    end. `free` dimensions become what is wanted by the hyper-parameter or the option that they name."""

    ranks: tuple[int, ...] = ()
    kind: str = ""
    sizes: Mapping[int, int] = Factory(dict)
    free: Mapping[int, str] = Factory(dict)

    def meets(self, other: Sizes) -> bool:
        """Whether a value can be both."""
        if self.kind and other.kind and self.kind != other.kind:
            return False
        if self.ranks and other.ranks and not _common(self.ranks, other.ranks):
            return False
        return all(other.sizes.get(dimension, size) == size for dimension, size in self.sizes.items())

    def options_for(self, wanted: Sizes) -> dict[str, OptionValue]:
        """The free options with the values that make it what is wanted."""
        return {option: wanted.sizes[dimension] for dimension, option in self.free.items() if dimension in wanted.sizes}


ANYTHING = Sizes()


def _common(some: Sequence[int], others: Sequence[int]) -> bool:
    """Whether numbers of dimensions go together; where both may lack a batch, both have one or neither."""
    if len(some) > 1 and len(others) > 1:
        return max(some) == max(others)
    return bool(set(some) & set(others))


def of_shape(flowing: TensorShape | None) -> Sizes:
    """What is said of a value whose shape is known."""
    if flowing is None:
        return ANYTHING
    kind, shape = dimensions.kind_of(flowing.dtype), flowing.shape
    if shape is None:
        return Sizes(kind=kind)
    return Sizes((len(shape),), kind, {place - len(shape): size for place, size in enumerate(shape)})


def _joined(needs: Iterable[Sizes]) -> Sizes:
    """All of some needs together; where two differ, the first is right."""
    found = ANYTHING
    for need in needs:
        found = Sizes(
            found.ranks or need.ranks,
            found.kind or need.kind,
            {**need.sizes, **found.sizes},
            {**need.free, **found.free},
        )
    return found


# --- what inputs need ---------------------------------------------------------------------------


def needed_at(document: Document, location: Location, end: Endpoint, shape_of: ShapeOf) -> Sizes:
    """What flows into an input of a node must be, for the options the node has now."""
    node = document.graph(location).nodes.get(end.node)
    if node is None:
        return ANYTHING
    need = _needed(document, location, node, end.port, {}, 0)
    others = [
        shape_of(source)
        for source, target in document.graph(location).edges_into(node.name)
        if target.port != end.port and isinstance(node, Function) and _is_alike(node)
    ]
    known = [Sizes(of.ranks, of.kind, {-1: of.sizes[-1]}) for of in map(of_shape, others) if of.sizes.get(-1, 1) > 1]
    return _joined([need, *known])


def _is_alike(node: Function) -> bool:
    entry = catalog().get(node.type)
    return entry is not None and entry.category in _LIKE_EACH_OTHER


def needed_by(document: Document, definition: str, port: str) -> Sizes:
    """What an input of a block takes, whatever its hyper-parameters are set to."""
    found = document.definitions.get(definition)
    return (
        _at_border(document, Location(definition), found.graph, port, None, 0)
        if isinstance(found, Definition)
        else ANYTHING
    )


Values = Mapping[str, OptionValue]
"""What hyper-parameters are set to."""


def _needed(document: Document, location: Location, node: Node, port: str, values: Values | None, depth: int) -> Sizes:
    if depth > DEEPEST:
        return ANYTHING
    if isinstance(node, Call):
        owner = owner_of(document, location, node)
        if owner is None:
            return ANYTHING
        location, node = owner
    match node:
        case Layer() | Function():
            return _of_entry(document, location, node, port, values, depth)
        case Instance():
            found = document.definitions.get(node.definition)
            if not isinstance(found, Definition):
                return ANYTHING
            given = {option.name: option.default for option in definition_options(found)} | dict(node.options)
            inner = {name: _value(value, values) for name, value in given.items()}  # type: ignore[arg-type]  # may be required
            need = _at_border(document, Location(node.definition), found.graph, port, inner, depth)
            outer = {d: value.text for d, name in need.free.items() if isinstance(value := given.get(name), Expression)}
            return evolve(need, free=outer)
        case Sequential():
            first = next(iter(node.body.nodes.values()), None)
            inside = location.enter(node.name, "body")
            return (
                _needed(document, inside, first, _first_input(document, inside, first), values, depth + 1)
                if first
                else ANYTHING
            )
        case Repeat() | While():
            return _at_border(document, location.enter(node.name, "body"), node.body, port, values, depth)
        case If():
            return _at_border(document, location.enter(node.name, "then"), node.then, port, values, depth)
    return ANYTHING


def _at_border(
    document: Document, location: Location, graph: Graph, port: str, values: Values | None, depth: int
) -> Sizes:
    """What all that an input of a graph feeds needs of it."""
    targets = [target for source, target in graph.edges_out_of(BOUNDARY) if source.port == port and target.node]
    return _joined(_needed(document, location, graph.nodes[t.node], t.port, values, depth + 1) for t in targets)


def _of_entry(
    document: Document, location: Location, node: Layer | Function, port: str, values: Values | None, depth: int
) -> Sizes:
    entry = catalog().get(node.type)
    if entry is None:
        return ANYTHING
    sizes, free = {}, {}
    for option, dimension in dimensions.sizes_taken(entry, port):
        value = node.options.get(option)
        size = _value(value, values)
        if isinstance(size, tuple):
            sizes.update({place - len(size): part for place, part in enumerate(size) if isinstance(part, int)})
        elif isinstance(size, int):
            sizes[dimension] = size
        elif isinstance(value, Expression):
            free[dimension] = value.text.strip()
    is_main = bool(entry.inputs) and entry.inputs[0].name == port
    need = Sizes(dimensions.ranks(entry) if is_main else (), dimensions.kind_taken(entry, port), sizes, free)
    if entry.category not in _THROUGH:
        return need
    graph = document.graph(location)
    behind = [target for _, target in graph.edges_out_of(node.name) if target.node]
    rest = (_needed(document, location, graph.nodes[t.node], t.port, values, depth + 1) for t in behind)
    return _joined([need, *rest])


def _value(value: OptionValue, values: Values | None) -> OptionValue:
    """A value with hyper-parameters put in; an expression that is not known stays one."""
    if not isinstance(value, Expression) or values is None:
        return value
    found = values.get(value.text.strip(), value)
    return value if found is None else found


def _first_input(document: Document, location: Location, node: Node) -> str:
    inputs = node_ports(document, location, node).inputs
    return inputs[0].name if inputs else ""


# --- what outputs give ----------------------------------------------------------------------------


def given_by(document: Document, payload: str, port: str = "") -> Sizes:
    """What the first output of something that can be placed gives, once its options are set to what is wanted."""
    prefix, _, name = payload.partition(":")
    entry = catalog().get(payload)
    if entry is not None:
        free = {d: option for d in (-1, -2, -3, -4) if (option := dimensions.said_by(entry, d))}
        if entry.category == "Normalization" and entry.inputs:
            free |= {d: option for option, d in dimensions.sizes_taken(entry, entry.inputs[0].name)}
        return Sizes(dimensions.ranks_given(entry), dimensions.kind_given(entry), free=free)
    found = document.definitions.get(name) if prefix == "definition" else None
    if not isinstance(found, Definition) or not found.graph.outputs:
        return ANYTHING
    return _given(document, Location(name), found.graph.source_of(BOUNDARY, port or found.graph.outputs[0].name), 0)


def said_at(document: Document, location: Location, source: Endpoint | None) -> Sizes:
    """What the options in front of an output say that it gives; `free` are expressions, as they stand there."""
    return _given(document, location, source, 0)


def _given(document: Document, location: Location, end: Endpoint | None, depth: int) -> Sizes:
    """What an output inside of a block gives; dimensions that hyper-parameters of the block say are free."""
    if end is None or not end.node or depth > DEEPEST:
        return ANYTHING
    node: Node = document.node(location, end.node)
    owner = owner_of(document, location, node) if isinstance(node, Call) else (location, node)
    options = getattr(owner[1], "options", {}) if owner else {}
    match owner[1] if owner else node:
        case Layer(type=type) | Function(type=type):
            entry = catalog().get(type)
            if entry is None:
                return ANYTHING
            told = [(d, options.get(option)) for d in (-1, -2, -3, -4) if (option := dimensions.said_by(entry, d))]
            ranks, kind = dimensions.ranks_given(entry), dimensions.kind_given(entry)
            if told:
                sizes = {d: value for d, value in told if isinstance(value, int) and not _is_folded(options)}
                free = {d: value.text.strip() for d, value in told if isinstance(value, Expression)}
                return Sizes(ranks, kind, sizes, free)
            ports = node_ports(document, location, node).inputs
            if entry.category == "Arithmetic":
                sources = [source_of(document, location, end.node, port.name) for port in ports]
                return _joined(_given(document, location, source, depth + 1) for source in sources)
            before = source_of(document, location, end.node, ports[0].name) if ports else None
            inner = _given(document, location, before, depth + 1)
            through = inner if entry.category in _THROUGH else ANYTHING
            kept = {d: size for d, size in inner.sizes.items() if dimensions.keeps(entry, d)}
            free = {d: name for d, name in inner.free.items() if dimensions.keeps(entry, d)}
            return Sizes(ranks or through.ranks, kind or through.kind, kept, free)
        case Sequential(name=name):
            inside = location.enter(name, "body")
            return _given(document, inside, source_of(document, inside, "", end.port), depth + 1)
        case Instance(definition=definition):
            gift = given_by(document, f"definition:{definition}", end.port) if depth < DEEPEST else ANYTHING
            sizes, free = dict(gift.sizes), {}
            known = {option.name: option.default for option in definition_options(document.definitions.get(definition))}
            for dimension, name in gift.free.items():
                value = options.get(name, known.get(name))
                if isinstance(value, Expression):
                    free[dimension] = value.text.strip()
                elif isinstance(value, int):
                    sizes[dimension] = value
            return evolve(gift, sizes=sizes, free=free)
    return ANYTHING


def _is_folded(options: Mapping[str, OptionValue]) -> bool:
    """Whether the output of a recurrent layer is of another size than its option says."""
    return bool(options.get("bidirectional") or options.get("proj_size"))


# --- what is new, for what it is wired to -----------------------------------------------------------


def input_for(document: Document, definition: Definition | CodeDefinition, flowing: TensorShape | None) -> str | None:
    """The first input of a block that a value can flow into, "" where that cannot be told; None where none takes it."""
    ports = definition_ports(definition)
    if ports is None:
        return ""
    found = of_shape(flowing)
    inputs = sorted(ports.inputs, key=lambda port: port.optional)
    return next((p.name for p in inputs if needed_by(document, definition.name, p.name).meets(found)), None)


def options_of_inputs(
    document: Document, payload: str, shapes: Mapping[str, TensorShape | None], said: Mapping[str, Sizes] | None = None
) -> dict[str, OptionValue]:
    """The options that what flows into the inputs of something new dictates: by the expressions that say its sizes,
    or else its shape, or else the numbers that say them."""
    entry = catalog().get(payload)
    prefix, _, name = payload.partition(":")
    found: dict[str, OptionValue] = {}
    for port, of in (said or {}).items():
        found |= {option: of.sizes[d] for option, d in taken(document, payload, port) if d in of.sizes}
    if entry is not None:
        known = {port: flowing.shape if flowing else None for port, flowing in shapes.items()}
        sizes = ((option.name, dimensions.fitting_size(option, known)) for option in entry.options)
        found |= {name: size for name, size in sizes if size is not None}
    elif prefix == "definition":
        for port, flowing in shapes.items():
            found |= needed_by(document, name, port).options_for(of_shape(flowing))
    for port, of in (said or {}).items():
        found |= {option: Expression(of.free[d]) for option, d in taken(document, payload, port) if d in of.free}
    if prefix == "definition":
        own = {option.name for option in definition_options(document.definitions.get(name))}
        found = {option: value for option, value in found.items() if option in own}
    return found


def taken(document: Document, payload: str, port: str) -> list[tuple[str, int]]:
    """The options of something new that are dimensions, counted from the end, of what flows into an input."""
    entry = catalog().get(payload)
    if entry is not None:
        return list(dimensions.sizes_taken(entry, port))
    free = needed_by(document, payload.partition(":")[2], port).free
    return [(option, dimension) for dimension, option in free.items()]


def fitting_options(
    document: Document, payload: str, flowing: TensorShape | None, need: Sizes
) -> dict[str, OptionValue]:
    """The options that something new is given for what flows into it and for what is needed of it."""
    options = given_by(document, payload).options_for(need)
    if flowing is None:
        return options
    entry = catalog().get(payload)
    prefix, _, name = payload.partition(":")
    port: str | None = None
    if entry is not None:
        port = next((spec.name for spec in entry.inputs if not spec.optional), None)
    elif prefix == "definition" and name in document.definitions:
        port = input_for(document, document.definitions[name], flowing)
    return {**(options_of_inputs(document, payload, {port: flowing}) if port else {}), **options}
