"""From a document to the intermediate form: what each class owns, and what its forward does, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import code_signature, passed_through
from blockstudio.collecting import uncollected
from blockstudio.compiler import ir
from blockstudio.compiler.check import Analysis, analyse
from blockstudio.compiler.declare import Declarer, callee, count_source
from blockstudio.compiler.options import Names, hyper_names, run_names, settled, specs_of
from blockstudio.compiler.rules import lowered_rules
from blockstudio.compiler.scope import CALLABLE, OWNING, Owner, Place, Scope
from blockstudio.compiler.signatures import arguments_of, default_source, signature_arguments
from blockstudio.compiler.snippets import quoted
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    CodeDefinition,
    Constant,
    Endpoint,
    Example,
    Function,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    Parameter,
    Repeat,
    Sequential,
    While,
)

_ATTRIBUTE = re.compile(r"\bself\.(\w+)")


@uncollected
def lower(document: Document, root: str = "", analysis: Analysis | None = None) -> ir.Program:
    """The program of a block (the document's root) and of all it uses.

    Of a document with errors, the nodes that have one are left out, and so is what cannot be without
    them; what is left still has its order and its wires.
    """
    analysis = analysis or analyse(document)
    root = root or document.root
    modules: dict[str, ir.Module | ir.CodeModule] = {}
    functions: dict[str, str] = {}
    for name in analysis.reached(root):
        scope = analysis.scopes.get(name)
        if scope is not None:
            modules[name] = _Lowering(scope, analysis).module()
            used = {rule.function for rule in scope.definition.initializers}
            functions |= {name: source for name, source in document.functions.items() if name in used}
        else:
            definition = document.definitions[name]
            signature = code_signature(definition)
            if isinstance(definition, CodeDefinition) and signature is not None:
                modules[name] = ir.CodeModule(
                    name,
                    definition.source,
                    signature_arguments(signature.hyper_parameters),
                    tuple(ir.Argument(port.name, "None" if port.optional else "") for port in signature.inputs),
                    tuple(port.name for port in signature.outputs),
                )
    return ir.Program(root, modules, functions)


def _shape(example: Example | None) -> str:
    """The shape of an example in words: "(2, 20)", and its type if that is not the usual one."""
    if example is None or example.generator == "file":
        return ""  # what is in a file is not known here
    return f"{example.shape}" + ("" if example.dtype == "float32" else f" {example.dtype}")


class _Lowering:
    """Lowers one definition."""

    def __init__(self, scope: Scope, analysis: Analysis) -> None:
        self.scope = scope
        self.analysis = analysis
        self.made = hyper_names(scope.definition)
        self.run = hyper_names(scope.definition, "self.")
        self.declarer = Declarer(scope, self.made)
        self.declarations: dict[tuple[Location, str], ir.Declaration] = {}
        self.broken_containers: dict[int, bool] = {}

    def module(self) -> ir.Module:
        definition = self.scope.definition
        forward = self.block(self.scope.root)
        rules = lowered_rules(self.scope, self.analysis.scopes, self.run)
        module = ir.Module(
            name=self.scope.name,
            doc=definition.doc,
            hyper_parameters=arguments_of(self.scope),
            declarations=tuple(self.declarations.values()),
            forward=forward,
            initializers=rules,
        )
        used = set(_attributes_used(module))
        stored = tuple(p.name for p in module.hyper_parameters if p.name in used)
        return evolve(module, attributes=stored)

    # --- what is left of a broken document ----------------------------------------------------------

    def is_broken(self, place: Place, node: Node) -> bool:
        """Whether a node cannot be lowered: it has an error, or is a container of one that has."""
        if (place.location, node.name) in self.analysis.broken:
            return True
        if not isinstance(node, Sequential | Repeat) or (isinstance(node, Repeat) and not place.sequential):
            return False
        known = self.broken_containers.get(id(node))
        if known is None:
            inside = self.scope.inside(place, node, "body")
            known = inside is None or any(self.is_broken(inside, child) for child in inside.graph.nodes.values())
            self.broken_containers[id(node)] = known
        return known

    def ordered(self, place: Place) -> Iterator[Node]:
        """The nodes that can be lowered, each after those that feed it."""
        graph = place.graph
        kept = {name: node for name, node in graph.nodes.items() if not self.is_broken(place, node)}
        if len(kept) < len(graph.nodes):
            edges = {
                target: source for target, source in graph.edges.items() if target.node in kept and source.node in kept
            }
            graph = Graph(graph.inputs, graph.outputs, kept, edges)
        yield from topology.ordered(graph)

    # --- declarations ---------------------------------------------------------------------------------

    def declare(self, owner: Owner) -> bool:
        """Declare a node of the class, once, after what it needs; False where that cannot be."""
        key = (owner.place.location, owner.node.name)
        if key not in self.declarations:
            if self.is_broken(owner.place, owner.node):
                return False
            if isinstance(owner.node, Sequential):
                for needed in self.declarer.dependencies(owner.place, owner.node):
                    if not self.declare(needed):
                        return False
            self.declarations[key] = self.declarer.attribute(owner)
        return True

    # --- blocks and statements -------------------------------------------------------------------------

    def block(self, place: Place, names: Names | None = None) -> ir.Block:
        """A graph as a block; `names` are what stands for the hyper-parameters in it."""
        names = run_names(names or self.run, place)
        statements = []
        for node in self.ordered(place):
            if isinstance(node, OWNING) and not self.declare(Owner(place, node)):
                continue
            statement = self.statement(place, node, names)
            if statement is not None:
                statements.append(statement)
        outputs = []
        for port in place.graph.outputs:
            source = self.scope.feeds(place, BOUNDARY, port.name)
            away = source is not None and self.device_of(place, source) and self.scope.root.graph.inputs
            outputs.append(ir.Output(port.name, source, move=bool(away)))
        inputs = tuple(
            ir.Argument(port.name, default_source(port.default), example=_shape(port.example))
            for port in place.graph.inputs
        )
        return ir.Block(place.location, inputs, tuple(statements), tuple(outputs))

    def statement(self, place: Place, node: Node, names: Names) -> ir.Statement | None:
        ports = self.scope.ports(place, node)
        arguments = {}
        moves = {}
        device = "" if isinstance(node, While | If | Repeat) else node.device
        for port in ports.inputs:
            source = self.scope.feeds(place, node.name, port.name)
            if source is None:
                continue
            arguments[port.name] = source
            if self.device_of(place, source) != device and (device or self.scope.root.graph.inputs):
                moves[port.name] = device
        fields: dict[str, Any] = {
            "location": place.location,
            "node": node.name,
            "comment": node.comment,
            "device": device,
            "arguments": arguments,
            "moves": moves,
            "outputs": tuple(port.name for port in ports.outputs),
        }
        if node.bypassed and not isinstance(node, Constant | Parameter):
            return self.bypass(place, node, names, fields)
        match node:
            case Layer() | Instance() | Sequential() | Call():
                return self.apply(place, node, names, tuple(port.name for port in ports.inputs), fields)
            case Constant() | Parameter():
                return ir.Read(declared=node.name, source=callee(self.scope, Owner(place, node)), **fields)
            case Function():
                return self.compute(node, names, fields)
            case While() | If() | Repeat():
                return self.control(place, node, names, fields)
        return None

    def bypass(self, place: Place, node: Node, names: Names, fields: Mapping[str, Any]) -> ir.Statement:
        if isinstance(node, While | If | Repeat):
            self.control(place, node, names, fields)  # declares what is in it, which the model keeps
        arguments = fields["arguments"]
        through = passed_through(self.scope.ports(place, node), arguments)
        used = {edge.source.port for edge in place.graph.edges_out_of(node.name)}
        passed = {output: arguments[port] for output, port in through.items() if output in used}
        return ir.Bypass(**{**fields, "device": "", "moves": {}, "arguments": passed, "outputs": tuple(passed)})

    def apply(
        self, place: Place, node: Node, names: Names, ports: tuple[str, ...], fields: Mapping[str, Any]
    ) -> ir.Statement | None:
        owner: Owner | None = Owner(place, node)
        if isinstance(node, Call):
            owner = self.scope.owner_of(place, node)
        if owner is None or not isinstance(owner.node, CALLABLE) or not self.declare(owner):
            return None
        owned = owner.node
        entry = catalog().get(owned.type) if isinstance(owned, Layer) else None
        options: dict[str, Any] = {}
        if isinstance(owned, Layer):
            run = {name: spec for name, spec in specs_of(owned.type).items() if spec.forward}
            options = settled(run, owned.options, names)
        return ir.Apply(
            layer=owned.name,
            owner=owner.place.location,
            callee=callee(self.scope, owner),
            ports=ports,
            entry=entry,
            options=options,
            call_only=isinstance(node, Call),
            **fields,
        )

    def compute(self, node: Function, names: Names, fields: Mapping[str, Any]) -> ir.Statement | None:
        entry = catalog().get(node.type)
        if entry is None:
            return None
        return ir.Compute(entry=entry, options=settled(specs_of(node.type), node.options, names), **fields)

    def control(
        self, place: Place, node: While | If | Repeat, names: Names, fields: Mapping[str, Any]
    ) -> ir.Statement | None:
        blocks: dict[str, Any] = {}
        for slot, _ in node.graphs():
            inside = self.scope.inside(place, node, slot)
            if inside is None:
                return None
            blocks[slot] = self.block(inside)
        match node:
            case While():
                return ir.WhileLoop(**blocks, **fields)
            case Repeat():
                count = count_source(node.count, names)
                return ir.ForRange(count=count, index=node.index, shared=node.shared, **blocks, **fields)
        static = self.scope.static_condition(place, node)
        return ir.IfElse(static=quoted(self.run.option(static)) if static else "", **blocks, **fields)

    def device_of(self, place: Place, value: Endpoint) -> str:
        """Where a value is: on its node's device, or "" on that of the model."""
        node = place.graph.nodes.get(value.node)
        while node is not None and node.bypassed:
            wired = [edge.target.port for edge in place.graph.edges_into(node.name)]
            through = passed_through(self.scope.ports(place, node), wired).get(value.port)
            source = place.graph.source_of(node.name, through) if through else None
            if source is None:
                return ""
            value, node = source, place.graph.nodes.get(source.node)
        return "" if node is None or isinstance(node, While | If | Repeat) else node.device


def _attributes_used(module: ir.Module) -> Iterator[str]:
    """The names read from `self` in run text."""
    texts: list[str] = []
    for _, statement in module.forward.walk():
        match statement:
            case ir.Compute() | ir.Apply():
                texts += map(str, statement.options.values())
            case ir.ForRange():
                texts.append(statement.count)
            case ir.IfElse():
                texts.append(statement.static)
    for rule in module.initializers:
        texts += [rule.expression, rule.index, *rule.arguments]
    for text in texts:
        yield from _ATTRIBUTE.findall(text)
