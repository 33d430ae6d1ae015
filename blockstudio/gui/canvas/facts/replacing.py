"""One node in the place of another: what can stand there, and the edit that keeps wires, options and name; no Qt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import evolve

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import definition_ports, node_options, node_ports
from blockstudio.catalog.spec import Entry, PortSpec
from blockstudio.errors import EditError, mark
from blockstudio.graph.commands import rename_node, replace_node
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit
from blockstudio.graph.grouping import snake
from blockstudio.graph.model import CodeDefinition, Definition, Function, Instance, Layer, Node, Options, OptionValue
from blockstudio.graph.scopes import calls_of
from blockstudio.gui.canvas.facts import dimensions
from blockstudio.gui.canvas.facts.likely import payload_of
from blockstudio.gui.canvas.facts.needs import ShapeOf, said_at
from blockstudio.gui.canvas.facts.offers import is_wireable
from blockstudio.gui.canvas.facts.placing import CHILD_KINDS, fitted, make, ports_of, wanted_name
from blockstudio.gui.library import LibraryBlock
from blockstudio.gui.matching import Choice


def replacements(
    document: Document,
    location: Location,
    name: str,
    available: Iterable[Choice],
    library: Iterable[LibraryBlock] = (),
) -> list[Choice]:
    """The offers that every wire of a node could be plugged into, those of its own kind first."""
    blocks = {f"definition:{name}": definition for name, definition in document.definitions.items()}
    blocks |= {block.payload: block.definition for block in library}
    node = document.node(location, name)
    graph = document.graph(location)
    ins = len({edge.target.port for edge in graph.edges_into(name)})
    outs = len({edge.source.port for edge in graph.edges_out_of(name)})
    own = payload_of(document, location, node)
    entry = catalog().get(own)
    category = entry.category if entry else ""
    found = [offer for offer in available if offer.payload != own and _has_room(blocks, offer, ins, outs)]
    return sorted(found, key=lambda offer: offer.category != category)


def _has_room(blocks: Mapping[str, Definition | CodeDefinition], offer: Choice, ins: int, outs: int) -> bool:
    prefix, _, name = offer.payload.partition(":")
    entry = catalog().get(offer.payload)
    if offer.payload in blocks:
        ports = definition_ports(blocks[offer.payload])
        return ports is None or (len(ports.inputs) >= ins and len(ports.outputs) >= outs)
    if prefix == "node":
        most_in = {"constant": 0, "parameter": 0}.get(name, 1)
        return name not in ("input", "output", "note") and ins <= most_in and outs <= 1
    assert entry is not None
    if ins and not is_wireable(entry):
        return False
    variadic = any(port.variadic for port in entry.inputs)
    return (variadic or len(entry.inputs) >= ins) and len(entry.outputs) >= outs


def replaced(document: Document, location: Location, name: str, payload: str, shape_of: ShapeOf) -> tuple[Edit, str]:
    """The edit that puts what a payload stands for in the place of a node, and the new node's name.

    Options of the same name keep their values, wires go to the port of the same name or else of the same rank,
    and a name that the user chose stays.
    """
    old = document.node(location, name)
    made = make(document, location, payload, old.position)
    if made.node is None:
        raise EditError(mark("There is nothing called “{name}” to place."), name=payload)
    if calls_of(document, location, name) and not isinstance(made.node, CHILD_KINDS):
        raise EditError(
            mark("“{name}” shares its weights with other nodes: make those independent first."),
            path=location.path(name),
            name=name,
        )
    graph = document.graph(location)
    before, after = node_ports(document, location, old), ports_of(document, location, made)
    inputs = _matched({edge.target.port for edge in graph.edges_into(name)}, before.inputs, after.inputs)
    outputs = _matched({edge.source.port for edge in graph.edges_out_of(name)}, before.outputs, after.outputs)
    flowing = {new: shape_of(source) for was, new in inputs.items() if (source := graph.source_of(name, was))}
    said = {new: said_at(document, location, graph.source_of(name, was)) for was, new in inputs.items()}
    made = fitted(document, made, flowing, said=said)
    assert made.node is not None
    node = evolve(made.node, name=name, comment=old.comment, color=old.color, device=old.device)
    if isinstance(node, Layer | Function | Instance):
        node = evolve(node, options={**node.options, **_shared_options(document, old, node)})
    edits: list[Edit] = [*made.before, replace_node(document, location, name, node, inputs, outputs)]
    if not _is_made_up(document, location, old) or _is_made_up(document, location, node):
        return Batch(tuple(edits)), name
    edits.append(rename_node(document, location, name, made.key.name))
    return Batch(tuple(edits)), made.key.name


def _matched(wired: Collection[str], before: Sequence[PortSpec], after: Sequence[PortSpec]) -> dict[str, str]:
    """The new port for each wired one: of the same name, or else the first that is left."""
    names = [port.name for port in after]
    found = {port: port for port in wired if port in names}
    rest = [port.name for port in before if port.name in wired and port.name not in found]
    for port in rest:
        free = next((name for name in names if name not in found.values()), "")
        if not free and names:
            stem, _, number = names[-1].rpartition(".")
            if stem:  # one more of a variadic port
                free = f"{stem}.{int(number) + 1}"
                names.append(free)
        if free:
            found[port] = free
    return found


def _shared_options(document: Document, old: Node, new: Node) -> Options:
    """The options both have, with the values they had, and how much it gives, whatever that is called."""
    values: Options = getattr(old, "options", {})
    known = {option.name: option for option in node_options(document, new)}
    types = {option.name: option.type for option in node_options(document, old)}
    before, after = catalog().get(getattr(old, "type", "")), catalog().get(getattr(new, "type", ""))
    found = {
        name: _of_sides(value, before, after)
        for name, value in values.items()
        if name in known and types.get(name) == known[name].type
    }
    if before is not None and after is not None:
        gave, gives = dimensions.width(before), dimensions.width(after)
        if gave in values and gives and gives not in found:
            found[gives] = values[gave]
    return found


def _of_sides(value: OptionValue, before: Entry | None, after: Entry | None) -> OptionValue:
    """A size for each side as one for all, where there are other sides: (3, 5) of a `Conv2d` in a `Conv1d`."""
    is_other = before is not None and after is not None and dimensions.sides(before) != dimensions.sides(after)
    return value[0] if isinstance(value, tuple) and value and is_other else value


def _is_made_up(document: Document, location: Location, node: Node) -> bool:
    """Whether a node has the name it was given when it was added."""
    payload = payload_of(document, location, node)
    entry = catalog().get(payload)
    prefix, _, name = payload.partition(":")
    wanted = wanted_name(entry) if entry else snake(name) if prefix == "definition" else name
    return re.fullmatch(rf"{re.escape(wanted)}(_\d+)?", node.name) is not None
