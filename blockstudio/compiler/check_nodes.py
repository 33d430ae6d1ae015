"""The problems of single nodes, by their kind: types, options, calls, control flow, containers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, ClassVar

from attrs import frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import definition_ports, node_options
from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.compiler.diagnostics import Report
from blockstudio.compiler.naming import LOCAL_RESERVED, is_plain
from blockstudio.compiler.options import Names, faults, made_names, run_names, specs_of
from blockstudio.compiler.scope import CALLABLE, Place, Scope
from blockstudio.errors import ExpressionError
from blockstudio.graph.expressions import names_in
from blockstudio.graph.model import (
    Call,
    Constant,
    Expression,
    Function,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    Options,
    Parameter,
    Repeat,
    Sequential,
    Unknown,
    While,
)


@frozen(eq=False)
class NodeCheck:
    """Checks single nodes of a definition into a report; `names` are those of its hyper-parameters."""

    scope: Scope
    names: Names
    report: Report

    def check(self, place: Place, node: Node) -> None:
        check = self._checks.get(type(node))
        if check is None:
            kind = node.data.get("kind", "") if isinstance(node, Unknown) else node.kind
            self._add("node.unknown", place, node, kind=kind)
            return
        check(self, place, node)
        if place.is_children:
            self._check_child(place, node)

    def _add(self, code: str, place: Place, node: Node, **facts: Any) -> None:
        self.report.add(code, place.location, node.name, **facts)

    # --- layers, functions, instances -----------------------------------------------------------

    def _check_layer(self, place: Place, node: Layer) -> None:
        entry = self._entry(place, node, node.type, "layer")
        if entry is not None:
            specs = specs_of(entry.type)
            made = {name: value for name, value in node.options.items() if name in specs and not specs[name].forward}
            run = {name: value for name, value in node.options.items() if name not in made}
            self._check_options(place, node, entry.type, specs, made, made_names(self.names, place))
            self._check_options(place, node, entry.type, specs, run, run_names(self.names, place))
            self._check_required(place, node, entry, node.options)

    def _check_function(self, place: Place, node: Function) -> None:
        entry = self._entry(place, node, node.type, "function")
        if entry is not None:
            names = run_names(self.names, place)
            self._check_options(place, node, entry.type, specs_of(entry.type), node.options, names)
            self._check_required(place, node, entry, node.options)

    def _check_instance(self, place: Place, node: Instance) -> None:
        definition = self.scope.document.definitions.get(node.definition)
        if definition is None:
            self._add("instance.missing", place, node, name=node.definition)
            return
        if definition_ports(definition) is None:
            self._add("instance.faulty", place, node, name=node.definition)
            return
        specs = {spec.name: spec for spec in node_options(self.scope.document, node)}
        self._check_options(place, node, node.definition, specs, node.options, made_names(self.names, place))
        for spec in specs.values():
            if spec.required and spec.name not in node.options:
                self._add("option.missing", place, node, option=spec.name)

    def _entry(self, place: Place, node: Node, type: str, kind: str) -> Entry | None:
        entry = catalog().get(type)
        if entry is None:
            reason = catalog().excluded.get(type)
            if reason:
                self._add("node.excluded", place, node, type=type, reason=reason)
            else:
                self._add("node.type", place, node, type=type)
        elif entry.kind != kind:
            self._add("node.kind", place, node, type=type, kind=kind)
            return None
        return entry

    def _check_options(
        self, place: Place, node: Node, type: str, specs: Mapping[str, OptionSpec], options: Options, names: Names
    ) -> None:
        for name, value in options.items():
            spec = specs.get(name)
            if spec is None:
                self._add("option.unknown", place, node, option=name, type=type)
                continue
            for error in faults(spec, value, names):
                code = "expression" if isinstance(error, ExpressionError) else "option.value"
                self.report.add_error(code, error, place.location, node.name)

    def _check_required(self, place: Place, node: Node, entry: Entry, options: Options) -> None:
        """Options without a default must be given, unless a wire gives them or an element of them."""
        wired = {edge.target.port for edge in place.graph.edges_into(node.name)}
        stems = {port.rpartition(".")[0] for port in wired}
        for spec in entry.options:
            # A port of the same name that nothing feeds is reported as a missing input.
            if spec.required and spec.name not in {*options, *wired, *stems} and not _needs_port(entry, spec.name):
                self._add("option.missing", place, node, option=spec.name)

    # --- what is called again, constants ----------------------------------------------------------

    def _check_call(self, place: Place, node: Call) -> None:
        owner = self.scope.owner_of(place, node)
        if owner is None:
            self._add("call.missing", place, node, layer=node.layer)
        elif not isinstance(owner.node, CALLABLE):
            self._add("call.kind", place, node, layer=node.layer)
        elif not _within(place, owner.place):
            self._add("call.rounds", place, node, layer=node.layer)
        elif not _within_branches(self.scope.branches(place), self.scope.branches(owner.place)):
            self._add("call.guarded", place, node, layer=node.layer)
        elif place.is_children and owner.place is place:
            children = list(place.graph.nodes)
            if children.index(node.layer) > children.index(node.name):
                self._add("call.order", place, node, layer=node.layer)
        elif isinstance(owner.node, Sequential) and self._holds(owner.place, owner.node, node):
            # A container that holds itself, by way of others perhaps, would never end.
            self._add("call.order", place, node, layer=node.layer)

    def _holds(self, place: Place, container: Sequential, call: Call) -> bool:
        """Whether a Sequential contains a call, itself or by way of the containers it calls."""
        seen: set[int] = set()
        pending = [(place, container)]
        while pending:
            outer, sequential = pending.pop()
            if id(sequential) in seen:
                continue
            seen.add(id(sequential))
            inside = self.scope.inside(outer, sequential, "body")
            for child in inside.graph.nodes.values() if inside else ():
                if child is call:
                    return True
                if isinstance(child, Sequential) and inside:
                    pending.append((inside, child))
                owner = self.scope.owner_of(inside, child) if isinstance(child, Call) and inside else None
                if owner is not None and isinstance(owner.node, Sequential):
                    pending.append((owner.place, owner.node))
        return False

    def _check_constant(self, place: Place, node: Constant) -> None:
        for repeat in place.rounds:
            if repeat.index in names_in(node.value) and repeat.index not in self.names.sources:
                self._add("constant.rounds", place, node, name=repeat.index)
                return
        self._check_value(place, node, node.value, self.names)

    def _check_parameter(self, place: Place, node: Parameter) -> None:
        self._check_value(place, node, node.value, made_names(self.names, place))

    def _check_value(self, place: Place, node: Node, text: str, names: Names) -> None:
        try:
            names.tensor(text)
        except ExpressionError as error:
            self.report.add_error("expression", error, place.location, node.name)

    # --- control flow -----------------------------------------------------------------------------

    def _check_while(self, place: Place, node: While) -> None:
        self._check_condition(place, node, node.condition)
        if _inputs(node.condition) != _inputs(node.body):
            self._add("loop.inputs", place, node)
        self._check_carried(place, node, node.body)

    def _check_repeat(self, place: Place, node: Repeat) -> None:
        self._check_carried(place, node, node.body)
        count = node.count
        if isinstance(count, Expression):
            try:
                made_names(self.names, place).option(count.text)
            except ExpressionError as error:
                self.report.add_error("expression", error, place.location, node.name)
        elif not isinstance(count, int) or isinstance(count, bool) or count < 0:
            self._add("repeat.count", place, node, value=count)
        taken = {*self.names.sources, *place.indices, *_inputs(self.scope.definition.graph)}
        if not is_plain(node.index) or node.index in LOCAL_RESERVED or node.index in taken:
            self._add("repeat.index", place, node, name=node.index)

    def _check_carried(self, place: Place, node: Node, body: Graph) -> None:
        # By position: an output of the body becomes the input at its place.
        if len(body.outputs) != len(body.inputs):
            self._add("loop.outputs", place, node, names=", ".join(_inputs(body)))

    def _check_if(self, place: Place, node: If) -> None:
        self._check_condition(place, node, node.condition)
        if not _inputs(node.condition) == _inputs(node.then) == _inputs(node.otherwise):
            self._add("if.inputs", place, node)
        if [port.name for port in node.then.outputs] != [port.name for port in node.otherwise.outputs]:
            self._add("if.outputs", place, node)

    def _check_condition(self, place: Place, node: Node, condition: Graph) -> None:
        if len(condition.outputs) != 1:
            self._add("condition.outputs", place, node)

    # --- children of a Sequential -----------------------------------------------------------------

    def _check_sequential(self, place: Place, node: Sequential) -> None:
        if not node.body.nodes:
            self._add("sequential.empty", place, node)

    def _check_child(self, place: Place, node: Node) -> None:
        if isinstance(node, Repeat):
            nodes = chain(node.body)
            if nodes is None or any(isinstance(child, Call) and child.layer in node.body.nodes for child in nodes):
                self._add("sequential.repeat", place, node)
        elif not isinstance(node, Layer | Instance | Sequential | Call):
            self._add("sequential.child", place, node, kind=node.kind)
        else:
            ports = self.scope.ports(place, node)
            needed = [port for port in ports.inputs if not port.optional]
            if not ports.inputs or len(needed) > 1 or len(ports.outputs) != 1 or needed[:1] != list(ports.inputs[:1]):
                self._add("sequential.ports", place, node)

    _checks: ClassVar[Mapping[type[Node], Callable[[NodeCheck, Place, Any], None]]] = {
        Layer: _check_layer,
        Function: _check_function,
        Instance: _check_instance,
        Call: _check_call,
        Constant: _check_constant,
        Parameter: _check_parameter,
        Sequential: _check_sequential,
        While: _check_while,
        If: _check_if,
        Repeat: _check_repeat,
    }


def chain(body: Graph) -> list[Node] | None:
    """The nodes of a graph that is a plain chain of modules from its only input to its only output, in order."""
    if len(body.inputs) != 1 or len(body.outputs) != 1 or not body.nodes:
        return None
    found: list[Node] = []
    name = ""
    while len(found) <= len(body.nodes):
        leaving = body.edges_out_of(name)
        if len(leaving) != 1:
            return None
        name = leaving[0].target.node
        if not name:
            return found if len(found) == len(body.nodes) else None
        node = body.nodes.get(name)
        if not isinstance(node, Layer | Instance | Sequential | Call) or len(body.edges_into(name)) != 1:
            return None
        found.append(node)
    return None


def _within(place: Place, owner: Place) -> bool:
    """Whether a place is in all the unshared Repeats that the owner is in."""
    return len(place.rounds) >= len(owner.rounds) and all(map(is_, place.rounds, owner.rounds))


def _within_branches(inner: tuple[object, ...], outer: tuple[object, ...]) -> bool:
    return inner[: len(outer)] == outer


def _needs_port(entry: Entry, name: str) -> bool:
    return any(port.name == name and not port.optional for port in entry.inputs)


def _inputs(graph: Graph) -> list[str]:
    return [port.name for port in graph.inputs]
