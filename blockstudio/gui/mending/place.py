"""A node with a problem, what flows into it, and the small edits that mends are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import INPUT, definition_options, is_row, node_options, node_ports, source_of
from blockstudio.catalog.spec import Entry
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph import topology
from blockstudio.graph.commands import dissolve_nodes, remove_nodes
from blockstudio.graph.definition_commands import set_hyper_parameters
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Batch, Edit, SetNode, SetPorts
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Definition,
    Endpoint,
    Example,
    Expression,
    Function,
    Instance,
    Layer,
    Node,
    OptionValue,
    Position,
)
from blockstudio.graph.scopes import owner_of
from blockstudio.gui.canvas.facts.faces import describe
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.needs import Sizes, needed_at
from blockstudio.gui.canvas.facts.places import GRID, is_unplaced, placement, positions
from blockstudio.gui.canvas.facts.placing import fitted, inserted, main_ports, make
from blockstudio.gui.canvas.facts.replacing import replaced
from blockstudio.gui.canvas.painting.geometry import geometry
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.option_text import shown
from blockstudio.gui.session import Session

Mend = tuple[str, Edit]
Shape = tuple[int, ...]

GAP = 60.0
"""Between a node that was put into a wire and what is behind it."""
BELOW = 90.0
"""Between what stands in front of the first input of a node and in front of the next."""


@frozen
class Place:
    """A node that does not work on what it is given; the facts are those of the problem."""

    session: Session
    location: Location
    node: Node
    facts: Mapping[str, Any]

    @property
    def document(self) -> Document:
        return self.session.document

    @property
    def within(self) -> tuple[str, ...]:
        """The paths of the instances for which it fails, outermost first."""
        return tuple(self.facts.get("within", ()))

    @property
    def owner(self) -> tuple[Location, Node]:
        """The node that has the options, with its place: the layer that a call applies."""
        found = owner_of(self.document, self.location, self.node) if isinstance(self.node, Call) else None
        return found or (self.location, self.node)

    @property
    def entry(self) -> Entry | None:
        node = self.owner[1]
        return catalog().get(node.type) if isinstance(node, Layer | Function) else None

    @property
    def options(self) -> dict[str, OptionValue]:
        """The options of the node with their values, defaults too."""
        node = self.owner[1]
        given = node.options if isinstance(node, Layer | Function | Instance) else {}
        defaults = {o.name: o.default for o in node_options(self.document, node) if not o.required}
        return {**defaults, **given}  # type: ignore[dict-item]  # those without a default are left out

    # --- what flows in ------------------------------------------------------------------------------

    @property
    def ports(self) -> list[str]:
        """The inputs that are fed, in the order of the node's ports."""
        ports = [port.name for port in node_ports(self.document, self.location, self.node).inputs]
        return [port for port in ports if self.source(port) is not None]

    def source(self, port: str) -> Endpoint | None:
        return source_of(self.document, self.location, self.node.name, port)

    def flowing(self, port: str) -> TensorShape | None:
        source = self.source(port)
        return self.session.shape(self.location, *source) if source else None

    def shape(self, port: str) -> Shape | None:
        flowing = self.flowing(port)
        return flowing.shape if flowing else None

    @property
    def main(self) -> str:
        """The input that the problem is about."""
        named = str(self.facts.get("port", ""))
        return named if named in self.ports else next(iter(self.ports), INPUT)

    # --- edits ----------------------------------------------------------------------------------------

    def set_option(self, option: str, value: OptionValue) -> Mend | None:
        """The option of the node itself, or what says it: a hyper-parameter of the block around."""
        location, node = self.owner
        return set_option(self.session, location, node, option, value, self.within, own=True)

    def expressed(self, option: str, value: Expression) -> Mend:
        """An option of the node itself that follows hyper-parameters."""
        location, node = self.owner
        assert isinstance(node, Layer | Function)
        text = tr("Set {option} to {value}").format(option=option, value=value.text)
        return text, SetNode(location, evolve(node, options={**node.options, option: value}))

    def insert(self, payload: str, port: str, **options: OptionValue) -> Edit | None:
        """Something new on the wire into an input, what is behind it moved on; None where it cannot stand."""
        document, location = self.document, self.location
        made = make(document, location, payload, self._place_of(port))
        assert isinstance(made.node, Layer | Function)
        node = evolve(made.node, options={**made.node.options, **options})
        made = evolve(made, node=node, edit=AddNode(location, node))
        if is_row(document, location):
            if not isinstance(node, Layer):
                return None
            into = main_ports(node_ports(document, location, node))[0]
            fit = fitted(document, made, {into: self.flowing(port)}).node
            assert fit is not None
            index = list(document.graph(location).nodes).index(self.node.name)
            return AddNode(location, evolve(fit, position=(0.0, 0.0)), index)
        target = Endpoint(self.node.name, port)
        edit = inserted(document, location, made, target, lambda source: self.session.shape(location, *source))
        new = next(leaf.node for leaf in edit.leaves() if isinstance(leaf, AddNode))
        return Batch((edit, *self._room_for(new)))

    def _place_of(self, port: str) -> Position:
        """Where something in front of an input stands: in the place of the node, or below for a further input."""
        graph = self.document.graph(self.location)
        x, y = self.node.position
        if is_unplaced(graph):
            return x, y
        below = BELOW * self.ports.index(port)
        return (x + below, y) if graph.down else (x, y + below)

    def _room_for(self, new: Node) -> list[Edit]:
        """The node, what is behind it and the outputs moved along the flow; nothing where nobody gave them places."""
        graph, side = self.document.graph(self.location), 1 if self.document.graph(self.location).down else 0
        if is_unplaced(graph):
            return []
        size = geometry(describe(self.document, self.location, graph, new))
        room = math.ceil(((size.height if graph.down else size.width) + GAP) / GRID) * GRID
        behind = {node_key(name) for name in topology.downstream(graph, {self.node.name})} | {node_key(self.node.name)}
        moved = {}
        for key, place in positions(graph).items():
            if (key in behind or key.kind == "output") and place[side] >= self.node.position[side]:
                moved[key] = (place[0], place[1] + room) if graph.down else (place[0] + room, place[1])
        return placement(self.location, graph, moved)

    def inserting(self, payload: str, port: str, *shown_options: str, **options: OptionValue) -> Mend | None:
        """The same with its words: `Insert Linear(20, 8)`; those options are shown by their values."""
        edit = self.insert(payload, port, **options)
        entry = catalog().get(payload)
        if edit is None or entry is None:
            return None
        new = next(leaf.node for leaf in edit.leaves() if isinstance(leaf, AddNode))
        values = getattr(new, "options", {})
        call = f"{entry.label}({', '.join(_argument(entry, name, values[name]) for name in shown_options)})"
        if len(self.ports) > 1:
            return tr("Insert {call} in front of {port}").format(call=call, port=port), edit
        return tr("Insert {call}").format(call=call), edit

    def replaced_by(self, payload: str, **options: OptionValue) -> Mend | None:
        """Another node in its place, with the options both have."""
        entry = catalog().get(payload)
        if entry is None:
            return None
        edit, _ = replaced(
            self.document,
            self.location,
            self.node.name,
            payload,
            lambda source: self.session.shape(self.location, *source),
        )
        edit = Batch(tuple(_with_options(leaf, options) for leaf in edit.leaves()))
        return tr("Replace by {name}").format(name=entry.label), edit

    def removed(self, name: str) -> Mend:
        """A node of the graph taken out, what fed it feeding what it fed."""

        def through(node: Node) -> tuple[str, str]:
            return main_ports(node_ports(self.document, self.location, node))

        if is_row(self.document, self.location):
            edit = remove_nodes(self.document, self.location, [name])
        else:
            edit = dissolve_nodes(self.document, self.location, [name], through)
        return tr("Remove {name}").format(name=name), edit

    def example(self, port: str, shape: Shape | None = None, dtype: str = "") -> Mend | None:
        """Another example, where the input of the model itself feeds a port."""
        source = self.source(port)
        if source is None or source.node != BOUNDARY or self.location != Location(self.document.root):
            return None
        return set_example(self.document, source.port, shape, dtype)


def set_example(document: Document, name: str, shape: Shape | None, dtype: str = "") -> Mend | None:
    """Another example of an input of the model; None where that would disturb others that it feeds."""
    location = Location(document.root)
    graph = document.graph(location)
    inputs = graph.inputs
    targets = [edge.target for edge in graph.edges_out_of(BOUNDARY) if edge.source.port == name]
    new = Sizes((len(shape),), "", dict(zip(range(-len(shape), 0), shape, strict=True))) if shape is not None else None
    if len({target.node for target in targets}) > 1 and not all(
        new is not None and needed_at(document, location, target, lambda _: None).meets(new) for target in targets
    ):
        return None
    old = next((port.example for port in inputs if port.name == name), None)
    if old is None or old.generator == "file":
        return None
    wanted = shape if shape is not None else old.shape
    example = evolve(old, shape=wanted, dtype=dtype or old.dtype)
    if dtype:
        example = _of_dtype(example)
    ports = tuple(evolve(port, example=example) if port.name == name else port for port in inputs)
    text = "×".join(map(str, wanted)) if shape is not None else example.dtype
    return tr("Set the example of {name} to {value}").format(name=name, value=text), SetPorts(location, "inputs", ports)


def _argument(entry: Entry, name: str, value: OptionValue) -> str:
    """An option as an argument: by its name, where it need not be given."""
    option = entry.option(name)
    alone = sum(other.required for other in entry.options) == 1
    text = f"({shown(value)})" if isinstance(value, tuple) and not alone else shown(value)
    return text if option is None or option.required else f"{name}={text}"


def _of_dtype(example: Example) -> Example:
    """The same with a generator that makes its type."""
    if example.dtype.startswith("int"):
        return evolve(example, generator="integers")
    return evolve(example, generator="rand") if example.generator == "integers" else example


def set_option(
    session: Session,
    location: Location,
    node: Node,
    option: str,
    value: OptionValue,
    within: tuple[str, ...] = (),
    *,
    own: bool = False,
) -> Mend | None:
    """An option of a node, or the hyper-parameter that it is: of the instance for which it fails, or of the main
    block. `own`: it is the node of the problem, which need not be named."""
    if not isinstance(node, Layer | Function | Instance):
        return None
    current = node.options.get(option)
    definition = session.document.definitions.get(location.definition)
    if isinstance(current, Expression) and isinstance(definition, Definition):
        name = current.text.strip()
        if any(parameter.name == name for parameter in definition.hyper_parameters):
            return _set_hyper(session, definition, name, value, within)
    edit = SetNode(location, evolve(node, options={**node.options, option: value}))
    if own:
        return tr("Set {option} to {value}").format(option=option, value=shown(value)), edit
    return tr("Set {option} of {name} to {value}").format(option=option, name=node.name, value=shown(value)), edit


def _set_hyper(
    session: Session, definition: Definition, name: str, value: OptionValue, within: tuple[str, ...]
) -> Mend | None:
    found = session.locate(within[-1]) if within else None
    if found is not None:
        location, instance = found
        return set_option(session, location, session.document.node(location, instance), name, value, within[:-1])
    if within or not any(option.name == name for option in definition_options(definition)):
        return None
    changed = [evolve(h, default=repr(value)) if h.name == name else h for h in definition.hyper_parameters]
    text = tr("Set {option} to {value}").format(option=name, value=shown(value))
    return text, set_hyper_parameters(session.document, definition.name, changed)


def _with_options(edit: Edit, options: Mapping[str, OptionValue]) -> Edit:
    """The same edit, where it adds a node with these options."""
    if not isinstance(edit, AddNode) or not isinstance(edit.node, Layer | Function):
        return edit
    return evolve(edit, node=evolve(edit.node, options={**edit.node.options, **options}))


def divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def elements(shape: Shape) -> int:
    return math.prod(shape)
