"""The problems of one definition: its hyper-parameters, names, ports and wires."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from blockstudio.catalog.ports import passed_through
from blockstudio.compiler.check_nodes import NodeCheck
from blockstudio.compiler.diagnostics import Report
from blockstudio.compiler.naming import CONTAINER_ATTRIBUTES, LOCAL_RESERVED, MODULE_ATTRIBUTES, is_attribute, is_plain
from blockstudio.compiler.options import Names, hyper_names, specs_of
from blockstudio.compiler.scope import DEEPEST, OWNING, Owner, Place, Scope
from blockstudio.errors import ExpressionError
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.expressions import is_node_name, is_number, names_in
from blockstudio.graph.model import (
    BOUNDARY,
    Constant,
    Expression,
    Function,
    Layer,
    Node,
    OptionValue,
    Parameter,
    Port,
    Repeat,
    Sequential,
)

DEVICE = re.compile(r"[a-z][a-z0-9_]{1,20}(:\d{1,4})?")
"""What a node's device may be: a kind, which any backend of torch may name, and a number."""

KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
"""What the children of a named Sequential may be called that are no attributes then: "block1-0"."""


@frozen(eq=False)
class DefinitionCheck:
    """Checks one definition into a report."""

    document: Document
    scope: Scope
    report: Report

    def run(self) -> None:
        self._check_hyper_parameters()
        self._check_names()
        nodes = NodeCheck(self.scope, hyper_names(self.scope.definition), self.report)
        for place in self.scope.places:
            if place.is_children:
                if place.graph.edges:
                    self.report.add("edge.sequential", place.location)
            else:
                self._check_ports(place)
                self._check_edges(place)
            for node in place.graph.nodes.values():
                self._check_node_name(place, node)
                self._check_device(place, node)
                nodes.check(place, node)
                if not place.is_children:
                    self._check_wires(place, node)
        for owner in self.scope.too_deep:
            self.report.add("graph.deep", owner.place.location, owner.node.name, limit=DEEPEST)

    # --- hyper-parameters and names -----------------------------------------------------------

    def _check_hyper_parameters(self) -> None:
        place = Location(self.scope.name)
        seen = set()
        for parameter in self.scope.definition.hyper_parameters:
            name = parameter.name
            if not is_plain(name) or name in LOCAL_RESERVED or name in MODULE_ATTRIBUTES:
                self.report.add("hyper.name", place, name=name)
            if name in seen:
                self.report.add("hyper.duplicate", place, name=name)
            seen.add(name)
            if name in self.scope.owners and name in run_names_used(self.scope):
                self.report.add("hyper.clash", self.scope.owners[name][0].place.location, name, name=name)
            if parameter.default and not _is_default(parameter.default):
                self.report.add("hyper.default", place, name=name, text=parameter.default)

    def _check_names(self) -> None:
        for owner, first in self.scope.doubles:
            other = first.place.location.path(first.node.name)
            self.report.add("node.duplicate", owner.place.location, owner.node.name, name=owner.node.name, other=other)
        plain: dict[str, Owner] = {}
        members: dict[str, Owner] = {}
        for name, owner in [(name, owner) for name, owners in self.scope.owners.items() for owner in owners]:
            stem, dot, _ = name.partition(".")
            (members if dot else plain).setdefault(stem, owner)
            parts = name.split(".")
            for length in range(2, len(parts)):
                inner = ".".join(parts[:length])
                if inner in self.scope.owners:
                    self._add_list(owner, inner, self.scope.owners[inner][0])
            if dot and self.scope.branches(members[stem].place) != self.scope.branches(owner.place):
                self.report.add("node.guards", owner.place.location, name, name=stem)
            if dot and stem in plain:
                self._add_list(owner, stem, plain[stem])
            elif not dot and name in members:
                self._add_list(owner, name, members[name])
        self._check_numbers()

    def _check_numbers(self) -> None:
        """Layers named by numbers make the block itself a list, which has no gaps."""
        numbered = {name: owners[0] for name, owners in self.scope.owners.items() if is_number(name)}
        missing = next((str(number) for number in range(len(numbered)) if str(number) not in numbered), "")
        for name, owner in numbered.items():
            if owner.place.rounds and (name != "0" or len(numbered) > 1 or len(owner.place.rounds) > 1):
                self.report.add("node.rounds", owner.place.location, name, name=name)
            elif self.scope.branches(owner.place):
                self.report.add("node.guards", owner.place.location, name, name=self.scope.name)
            elif missing and int(name) > int(missing):
                self.report.add("node.number", owner.place.location, name, name=name, missing=missing)

    def _add_list(self, owner: Owner, name: str, other: Owner) -> None:
        shown = other.place.location.path(other.node.name)
        self.report.add("node.list", owner.place.location, owner.node.name, name=name, other=shown)

    def _check_node_name(self, place: Place, node: Node) -> None:
        name = node.name
        stem, *rest = name.split(".")
        plain = [part for part in (stem, *rest) if not part.isdigit()]
        is_key = isinstance(place.container, Sequential) and place.container.named
        if is_key and KEY.fullmatch(name) and "-" in name:
            return
        if not is_node_name(name) or not all(map(is_plain, plain)):
            self.report.add("node.name", place.location, name, name=name)
            return
        if not (isinstance(node, OWNING) and not place.sequential) and not is_key:
            return
        if is_number(name) and isinstance(node, Constant | Parameter):
            self.report.add("node.name", place.location, name, name=name)
            return
        is_member = is_key or rest or ("0" in self.scope.owners and not place.sequential)
        taken = CONTAINER_ATTRIBUTES if is_member else ()
        wrong = next((part for part in plain if not is_attribute(part) or part in taken), None)
        if wrong is not None:
            self.report.add("node.attribute", place.location, name, name=wrong)
        elif rest and (is_key or isinstance(node, Constant | Parameter)):
            self.report.add("node.dotted", place.location, name, name=name)

    def _check_device(self, place: Place, node: Node) -> None:
        if node.device and not DEVICE.fullmatch(node.device):
            self.report.add("node.device", place.location, node.name, device=node.device)
        elif node.device and place.sequential:
            self.report.add("sequential.device", place.location, node.name)

    # --- ports and wires ------------------------------------------------------------------------

    def _check_ports(self, place: Place) -> None:
        graph, location = place.graph, place.location
        self._check_port_names(place, graph.inputs)
        self._check_port_names(place, graph.outputs)
        if place.slot != "body":  # a loop's body carries on what nothing feeds
            for port in graph.outputs:
                if graph.source_of(BOUNDARY, port.name) is None:
                    self.report.add("output.missing", location, name=port.name)
        if place.parent is None:
            self._check_arguments(place)

    def _check_port_names(self, place: Place, ports: Iterable[Port]) -> None:
        seen = set()
        for port in ports:
            if not is_plain(port.name):
                self.report.add("port.name", place.location, name=port.name)
            if port.name in seen:
                self.report.add("port.duplicate", place.location, name=port.name)
            seen.add(port.name)

    def _check_arguments(self, place: Place) -> None:
        """The ports of the definition itself become the arguments of `forward`."""
        graph, location = place.graph, place.location
        used = {source.port for source in graph.edges.values() if source.node == BOUNDARY}
        defaulted = False
        for port in graph.inputs:
            if port.name in LOCAL_RESERVED:
                self.report.add("port.name", location, name=port.name)
            if port.default and not _is_default(port.default):
                self.report.add("port.default", location, name=port.name, text=port.default)
            if defaulted and not port.default:
                self.report.add("port.order", location, name=port.name)
            defaulted = defaulted or bool(port.default)
            if port.name not in used:
                self.report.add("input.unused", location, name=port.name)
        if not graph.outputs:
            self.report.add("output.none", location)

    def _check_edges(self, place: Place) -> None:
        graph, location = place.graph, place.location
        inputs = {port.name for port in graph.inputs}
        outputs = {port.name for port in graph.outputs}
        for target, source in graph.edges.items():
            for end, border in ((source, inputs), (target, outputs)):
                if end.node:
                    if end.node not in graph.nodes:
                        other = target.node if end is source else source.node
                        self.report.add("edge.node", location, other if other in graph.nodes else "", name=end.node)
                elif end.port not in border:
                    code = "edge.output" if end is source else "edge.input"
                    self.report.add(code, location, name=location.path(), port=end.port)
        # A circle costs a walk over the whole graph to find, and only a damaged file has one.
        for tangle in topology.tangles(graph):
            cycle = topology.find_cycle(graph)
            shown = " → ".join([*cycle, cycle[0]]) if cycle and cycle[0] in tangle else " → ".join(sorted(tangle))
            for name in sorted(tangle):
                self.report.add("graph.cycle", location, name, cycle=shown)

    def _check_wires(self, place: Place, node: Node) -> None:
        """The wires of one node: each to a port that exists, none missing, something used."""
        graph, location = place.graph, place.location
        ports = self.scope.ports(place, node)
        inputs = {port.name: port for port in ports.inputs}
        outputs = {port.name for port in ports.outputs}
        wired = set()
        for edge in graph.edges_into(node.name):
            wired.add(edge.target.port)
            if edge.target.port not in inputs:
                self.report.add("edge.input", location, node.name, name=node.name, port=edge.target.port)
        leaving = graph.edges_out_of(node.name)
        for name in sorted({edge.source.port for edge in leaving} - outputs):
            self.report.add("edge.output", location, node.name, name=node.name, port=name)
        for port in ports.inputs:
            if port.name not in wired and not port.optional:
                self.report.add("input.missing", location, node.name, port=port.name)
        if node.bypassed:
            passed = passed_through(ports, wired)
            for name in sorted({edge.source.port for edge in leaving} & outputs - set(passed)):
                self.report.add("node.bypassed", location, node.name, port=name)
        if ports.outputs and not leaving:
            self.report.add("node.unused", location, node.name)


def run_names_used(scope: Scope) -> set[str]:
    """The names in expressions that stand in methods other than `__init__`."""
    texts: list[OptionValue] = []
    for place in scope.places:
        for node in place.graph.nodes.values():
            match node:
                case Function():
                    texts += node.options.values()
                case Layer():
                    texts += [value for name, value in node.options.items() if _is_forward(node, name)]
                case Repeat():
                    texts.append(node.count)
    for rule in scope.definition.initializers:
        texts += [Expression(rule.expression), Expression(f"x[{rule.index}]"), *rule.arguments.values()]
    return {name for text in texts for name in _names_in(text)}


def _is_forward(node: Layer, option: str) -> bool:
    spec = specs_of(node.type).get(option)
    return spec is not None and spec.forward


def _names_in(value: OptionValue) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset().union(*map(_names_in, value))
    text = value.text if isinstance(value, Expression) else f"x[{value}]" if isinstance(value, str) else ""
    return names_in(text)


def _is_default(text: str) -> bool:
    """Whether a text may be the default of an argument: an expression without names."""
    try:
        Names().option(text)
    except ExpressionError:
        return False
    return True
