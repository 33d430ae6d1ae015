"""Making what a palette entry, a search result or a drop stands for: the edit, and what it adds; no Qt."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from attrs import Factory, evolve, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import Ports, node_ports, passed_through
from blockstudio.catalog.spec import Entry
from blockstudio.engine.protocol import TensorShape
from blockstudio.errors import EditError, mark
from blockstudio.formats import project
from blockstudio.graph import topology
from blockstudio.graph.borrowing import borrow
from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddDefinition, AddNode, Batch, Connect, Edit, SetNote
from blockstudio.graph.expressions import is_identifier
from blockstudio.graph.grouping import snake
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Endpoint,
    Function,
    Graph,
    Instance,
    Layer,
    Node,
    Note,
    Options,
    Parameter,
    Position,
    Repeat,
    Sequential,
)
from blockstudio.graph.port_commands import add_port
from blockstudio.graph.scopes import calls_of, next_free, unique_name
from blockstudio.gui import own_blocks
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.facts.needs import (
    ANYTHING,
    ShapeOf,
    Sizes,
    given_by,
    input_for,
    needed_at,
    options_of_inputs,
    said_at,
)
from blockstudio.gui.library import PREFIX, parse

CONSTANT = "torch.ones(1)"
PARAMETER = "torch.zeros(1)"
NOTE_SIZE = (220.0, 90.0)
CHILD_KINDS = (Layer, Instance, Sequential, Repeat, Call)
"""What a Sequential can hold."""


@frozen
class Made:
    """Something new, not yet in the document."""

    edit: Edit
    key: Key
    node: Node | None = None
    """The node, where it is one."""
    before: tuple[Edit, ...] = ()
    """What must be there first: the definition of a new block, or those from the library."""
    code: str = ""
    """Name of the code block to be written."""
    renamed: Mapping[str, str] = Factory(dict)
    """Blocks from the library that get another name here."""
    typed: Options = Factory(dict)
    """Options that the user said: what flows does not change them."""


def make(document: Document, location: Location, payload: str, position: Position) -> Made:
    """What a payload stands for: an entry's type, `definition:NAME`, `library:NAME@FILE`, or `node:KIND`."""
    prefix, _, name = payload.partition(":")
    if prefix == "definition" and name:
        return _instance(document, location, name, position)
    if prefix == PREFIX and name:
        return _from_library(document, location, name, position)
    if prefix == "node" and name:
        return _structure(document, location, name, position)
    entry = catalog().get(payload)
    if entry is None:
        raise EditError(mark("There is nothing called “{name}” to place."), name=payload)
    new = unique_name(document, location, wanted_name(entry))
    kind = Layer if entry.kind == "layer" else Function
    node = kind(name=new, position=position, type=entry.type, options=entry.fresh_options())
    return Made(AddNode(location, node), node_key(new), node)


def with_typed(made: Made, options: Options) -> Made:
    """The same with options that the user said."""
    if not options or not isinstance(made.node, Layer | Function) or not isinstance(made.edit, AddNode):
        return made
    node = evolve(made.node, options={**made.node.options, **options})
    return evolve(made, node=node, edit=evolve(made.edit, node=node), typed=options)


def wanted_name(entry: Entry) -> str:
    """What a fresh node is called before it is made unique: `linear`, `conv2d`, `add`."""
    text = entry.label.lower() if entry.kind == "layer" else entry.type.rpartition(".")[2]
    name = re.sub(r"\W+", "_", text).strip("_")
    if not is_identifier(name) or _is_reserved(name):
        return f"{name or 'node'}_1"
    return name


def _instance(document: Document, location: Location, name: str, position: Position) -> Made:
    if name not in document.definitions:
        raise EditError(mark("There is no block named “{name}”."), name=name)
    new = unique_name(document, location, _free_of_reserved(snake(name)))
    node = Instance(name=new, position=position, definition=name)
    return Made(AddNode(location, node), node_key(new), node)


def _from_library(document: Document, location: Location, payload: str, position: Position) -> Made:
    name, file = parse(payload)
    borrowed = borrow(document, project.load(file), [name])
    definition = borrowed.names[name]
    new = unique_name(document, location, _free_of_reserved(snake(definition)))
    node = Instance(name=new, position=position, definition=definition)
    before = tuple(borrowed.edit.leaves())
    return Made(AddNode(location, node), node_key(new), node, before, renamed=borrowed.renamed)


def _structure(document: Document, location: Location, kind: str, position: Position) -> Made:
    before: tuple[Edit, ...] = ()
    code = ""
    node: Node
    match kind:
        case "input" | "output":
            return _port(document, location, kind, position)
        case "note":
            key = next_free("note_1", set(document.graph(location).notes))
            return Made(SetNote(location, key, Note("", position, NOTE_SIZE)), Key("note", key))
        case "sequential":
            new = unique_name(document, location, "sequential")
            node = Sequential(name=new, position=position, body=Graph())
        case "while" | "if" | "repeat":
            wanted = {"while": "loop", "if": "choice", "repeat": "rounds"}[kind]
            free, down = unique_name(document, location, wanted), document.graph(location).down
            node = new_control_flow(kind, free, position=position, down=down)
        case "constant":
            node = Constant(name=unique_name(document, location, "constant"), position=position, value=CONSTANT)
        case "parameter":
            node = Parameter(name=unique_name(document, location, "weight"), position=position, value=PARAMETER)
        case "definition" | "code":
            definition = _fresh_definition(document, kind == "code", document.graph(location).down)
            new = unique_name(document, location, _free_of_reserved(snake(definition.name)))
            node = Instance(name=new, position=position, definition=definition.name)
            before = (AddDefinition(definition),)
            code = definition.name if kind == "code" else ""
        case _:
            raise EditError(mark("There is nothing called “{name}” to place."), name=kind)
    return Made(AddNode(location, node), node_key(node.name), node, before, code)


def _port(document: Document, location: Location, kind: str, position: Position) -> Made:
    side = "inputs" if kind == "input" else "outputs"
    taken = {port.name for port in getattr(document.graph(location), side)}
    letters = ("x", "y", "z") if kind == "input" else ("y", "z")
    name = next((letter for letter in letters if letter not in taken), "") or next_free(kind, taken)
    edit = add_port(document, location, side, name, position)  # type: ignore[arg-type]  # one of the two
    return Made(edit, Key("input" if kind == "input" else "output", name))


def _fresh_definition(document: Document, code: bool, down: bool) -> Definition | CodeDefinition:
    name = own_blocks.free_name(document, "MyLayer" if code else "Block")
    if code:
        return CodeDefinition(name, own_blocks.TEMPLATE.format(name=name))
    return Definition(name, own_blocks.empty(down))


def _free_of_reserved(name: str) -> str:
    return f"{name}_1" if _is_reserved(name) else name


def check_bypass(document: Document, location: Location, node: Node) -> None:
    """EditError saying why a node cannot be bypassed: nothing comes in that could stand for what it gives."""
    graph = document.graph(location)
    parent = location.parent
    if parent is not None and isinstance(document.node(parent, location.steps[-1][0]), Sequential):
        if isinstance(node, Repeat) or calls_of(document, location, node.name):
            raise EditError(
                mark("“{name}” cannot be bypassed here: the keys of other layers depend on it."),
                path=location.path(node.name),
                name=node.name,
            )
        return
    ports = node_ports(document, location, node)
    passed = passed_through(ports, {edge.target.port for edge in graph.edges_into(node.name)})
    used = {edge.source.port for edge in graph.edges_out_of(node.name)}
    lost = sorted(used - set(passed))
    if not passed or lost:
        raise EditError(
            mark("“{name}” cannot be bypassed: nothing that comes in can stand for its output “{port}”."),
            path=location.path(node.name),
            name=node.name,
            port=lost[0] if lost else next((port.name for port in ports.outputs), ""),
        )


# --- into a Sequential ------------------------------------------------------------------------


def check_child(document: Document, location: Location, node: Node) -> None:
    """EditError saying why a node of the graph at `location` cannot go into a Sequential; none if it can."""
    if not isinstance(node, CHILD_KINDS):
        raise EditError(
            mark("A Sequential holds layers and blocks; “{name}” is neither."), path=location.path(), name=node.name
        )
    callers = calls_of(document, location, node.name) if node.name in document.graph(location).nodes else []
    if callers or isinstance(node, Call):
        other = callers[0][1].name if callers else node.layer if isinstance(node, Call) else ""
        raise EditError(
            mark("“{name}” shares its weights with “{partner}”, which could not reach it inside a Sequential."),
            path=location.path(node.name),
            name=node.name,
            partner=other,
        )


def children_only(document: Document, location: Location, edit: Edit) -> Edit:
    """What an edit that pastes adds of a Sequential's children: nodes in their order, without wires and notes."""
    kept = [leaf for leaf in edit.leaves() if not isinstance(leaf, Connect | SetNote)]
    for leaf in kept:
        if isinstance(leaf, AddNode):
            check_child(document, location, leaf.node)
    return Batch(tuple(kept))


def into_sequential(
    document: Document, location: Location, sequential: str, node: Node, index: int, away: Edit
) -> tuple[Edit, str]:
    """Put a node into a Sequential at a place; `away` takes it from where it was. The edit, and its name there."""
    inside = location.enter(sequential, "body")
    body = document.graph(inside)
    name = next_free(node.name, set(body.nodes))
    child = evolve(node, name=name, position=(0.0, 0.0))
    return Batch((away, AddNode(inside, child, index))), name


# --- wiring what is new -------------------------------------------------------------------------


def ports_of(document: Document, location: Location, made: Made) -> Ports:
    """The ports of something that is not in the document yet."""
    if made.node is None:
        return Ports()
    return node_ports(_with(document, made), location, made.node)


def main_ports(ports: Ports) -> tuple[str, str]:
    """The input and the output one wires first; "" where there is none."""
    inputs = [port for port in ports.inputs if not port.optional] or list(ports.inputs)
    return (inputs[0].name if inputs else "", ports.outputs[0].name if ports.outputs else "")


def fitted(
    document: Document,
    made: Made,
    shapes: Mapping[str, TensorShape | None],
    need: Sizes = ANYTHING,
    said: Mapping[str, Sizes] | None = None,
) -> Made:
    """The same, with the sizes that its inputs dictate taken from what will flow into them, or is said to, and those of
    what it gives from what is needed."""
    node, edit = made.node, made.edit
    if not isinstance(node, Layer | Function | Instance) or not isinstance(edit, AddNode):
        return made
    payload = f"definition:{node.definition}" if isinstance(node, Instance) else node.type
    known = _with(document, made)
    options = options_of_inputs(known, payload, shapes, said)
    if isinstance(node, Layer | Instance):
        options |= given_by(known, payload).options_for(need)
    node = evolve(node, options={**node.options, **options, **made.typed})
    return evolve(made, node=node, edit=evolve(edit, node=node))


def fed(document: Document, location: Location, made: Made, sources: Sequence[Endpoint], shape_of: ShapeOf) -> Edit:
    """Something new, its inputs fed by `sources` in order; unwired where it has not that many."""
    ports = ports_of(document, location, made)
    inputs = [port.name for port in ports.inputs if not port.advanced][: len(sources)]
    if not inputs or len(inputs) < len(sources):
        return Batch((*made.before, made.edit))
    feeds = dict(zip(inputs, sources, strict=True))
    shapes = {port: shape_of(source) for port, source in feeds.items()}
    said = {port: said_at(document, location, source) for port, source in feeds.items()}
    made = fitted(document, made, shapes, said=said)
    wires = (Connect(location, Endpoint(made.key.name, port), source) for port, source in feeds.items())
    return Batch((*made.before, made.edit, *wires))


def wired_to(document: Document, location: Location, made: Made, origin: PortKey, shape_of: ShapeOf) -> Edit:
    """Something new, joined with the loose end of a wire."""
    made, end = plugged(document, location, made, origin, shape_of)
    added = (*made.before, made.edit)
    if end is None:
        return Batch(added)
    target, source = (end, origin.endpoint) if origin.is_source else (origin.endpoint, end)
    return Batch((*added, Connect(location, target, source)))


def plugged(
    document: Document, location: Location, made: Made, origin: PortKey, shape_of: ShapeOf
) -> tuple[Made, Endpoint | None]:
    """Something new with the sizes that a wire from a port at `location` dictates, and its port that this goes to."""
    into, out = _plugs(document, location, made, shape_of(origin.endpoint) if origin.is_source else None)
    if made.node is not None and origin.is_source:
        said = {into: said_at(document, location, origin.endpoint)}
        made = fitted(document, made, {into: shape_of(origin.endpoint)}, said=said)
    elif made.node is not None:
        made = fitted(document, made, {}, needed_at(document, location, origin.endpoint, shape_of))
    if made.key.kind in ("input", "output"):
        return made, Endpoint(BOUNDARY, made.key.name)
    port = into if origin.is_source else out
    return made, Endpoint(made.key.name, port) if port else None


def inserted(document: Document, location: Location, made: Made, target: Endpoint, shape_of: ShapeOf) -> Edit:
    """Something new, put into the wire that feeds `target`."""
    source = document.graph(location).edges.get(target)
    into, out = _plugs(document, location, made, shape_of(source) if source else None)
    if not into or not out or source is None:
        raise EditError(mark("Only what has an input and an output can be put on a wire."), path=location.path())
    need, said = needed_at(document, location, target, shape_of), {into: said_at(document, location, source)}
    made = fitted(document, made, {into: shape_of(source)}, need, said)
    name = made.key.name
    return Batch(
        (
            *made.before,
            made.edit,
            Connect(location, target, None),
            Connect(location, Endpoint(name, into), source),
            Connect(location, target, Endpoint(name, out)),
        )
    )


def _plugs(document: Document, location: Location, made: Made, flowing: TensorShape | None) -> tuple[str, str]:
    """The input and the output of something new that a wire goes to: of a block, an input that takes what flows."""
    into, out = main_ports(ports_of(document, location, made))
    definition = (
        _with(document, made).definitions.get(made.node.definition) if isinstance(made.node, Instance) else None
    )
    if definition is not None and flowing is not None:
        into = input_for(_with(document, made), definition, flowing) or into
    return into, out


def _with(document: Document, made: Made) -> Document:
    """The document with the blocks that something new brings."""
    shadow = Document(document.root, dict(document.definitions))
    for edit in made.before:
        if isinstance(edit, AddDefinition):
            shadow.definitions[edit.definition.name] = edit.definition
    return shadow


def recursive(document: Document, location: Location) -> Collection[str]:
    """The definitions that cannot be placed here, for they hold this one."""
    found, pending = {location.definition}, [location.definition]
    while pending:
        users = set(topology.uses_of(document, pending.pop())) - found
        found |= users
        pending += users
    return found


def _is_reserved(name: str) -> bool:
    # Imported when it is needed: the compiler would keep the window from opening.
    from blockstudio.compiler.naming import LOCAL_RESERVED, MODULE_ATTRIBUTES

    return name in MODULE_ATTRIBUTES or name in LOCAL_RESERVED
