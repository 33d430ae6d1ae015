"""What can be wrong with a document: one table of codes with their severities and wordings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, frozen

from blockstudio.errors import BlockStudioError, mark, shortened, worded
from blockstudio.graph.document import Location

Severity = Literal["error", "warning", "info"]

WORDINGS: Mapping[str, tuple[Severity, str]] = {
    # the document
    "root.missing": ("error", mark("The main block “{name}” does not exist.")),
    "root.code": ("warning", mark("The main block is written in Python, so there is no graph to check.")),
    "root.arguments": ("warning", mark("The main block cannot be built as it stands: “{name}” has no default.")),
    "function.name": ("error", mark("“{name}” cannot be the name of a function.")),
    "function.code": ("error", mark("The code of the initialiser “{name}” does not define that function.")),
    "function.syntax": ("error", mark("The initialiser “{name}” is not Python: line {line}: {reason}")),
    # definitions
    "definition.name": ("error", mark("“{name}” cannot be the name of a class.")),
    "definition.reserved": ("error", mark("“{name}” means something else in Python already; rename the block.")),
    "definition.torch": ("warning", mark("torch.nn has a {name} too; another name would tell them apart.")),
    "definition.recursive": ("error", mark("A block cannot contain itself: {cycle}.")),
    "definition.deep": ("error", mark("Blocks are nested more than {limit} deep.")),
    "code.invalid": ("error", "{reason}"),
    "code.clash": ("error", mark("“{name}” is defined by the Python code of “{other}” as well.")),
    "hyper.name": ("error", mark("“{name}” cannot be the name of a hyper-parameter.")),
    "hyper.duplicate": ("error", mark("There are two hyper-parameters named “{name}”.")),
    "hyper.clash": ("error", mark("The hyper-parameter “{name}” has the name of a node that owns parameters.")),
    "hyper.default": ("error", mark("The default of “{name}” cannot be “{text}”; it takes plain values only.")),
    # graphs
    "port.name": ("error", mark("“{name}” cannot be the name of a port.")),
    "port.duplicate": ("error", mark("There are two ports named “{name}”.")),
    "port.default": ("error", mark("The default of the input “{name}” cannot be “{text}”.")),
    "port.order": ("error", mark("The input “{name}” has no default, but one before it has.")),
    "input.unused": ("warning", mark("Nothing uses the input “{name}”.")),
    "output.missing": ("error", mark("Nothing feeds the output “{name}”.")),
    "output.none": ("warning", mark("The block has no output.")),
    "edge.node": ("error", mark("A wire leads to or from “{name}”, which does not exist.")),
    "edge.output": ("error", mark("“{name}” has no output “{port}”, but a wire comes from it.")),
    "edge.input": ("error", mark("“{name}” has no input “{port}”, but a wire leads to it.")),
    "edge.sequential": ("warning", mark("Wires inside a Sequential mean nothing: its children run in their order.")),
    "graph.cycle": ("error", mark("The wires close a circle: {cycle}.")),
    "graph.deep": ("error", mark("Graphs are nested more than {limit} deep; make the inner part a block.")),
    # nodes
    "node.name": ("error", mark("“{name}” cannot be the name of a node: it is not a Python name.")),
    "node.attribute": ("error", mark("“{name}” cannot name something that is owned: every nn.Module has a “{name}”.")),
    "node.dotted": ("error", mark("“{name}” cannot be dotted: only layers and blocks can be members of a list.")),
    "node.duplicate": ("error", mark("“{other}” has the same name “{name}”; their parameters would collide.")),
    "node.list": ("error", mark("“{name}” cannot be both a node and a list of nodes; “{other}” makes it one.")),
    "node.number": ("error", mark("“{name}” is the number of a layer, but there is no layer “{missing}”.")),
    "node.rounds": ("error", mark("The rounds are members of the block: “{name}” must be its only number, and 0.")),
    "node.guards": ("error", mark("The members of the list “{name}” must stand in the same branch.")),
    "node.unknown": ("error", mark("This version of BlockStudio does not know nodes of the kind “{kind}”.")),
    "node.type": ("error", mark("There is no “{type}” in the catalog.")),
    "node.excluded": ("error", mark("“{type}” cannot be placed. {reason}")),
    "node.kind": ("error", mark("“{type}” is no {kind}.")),
    "node.device": ("error", mark("“{device}” is not the name of a device.")),
    "node.unused": ("info", mark("Nothing uses what this node gives.")),
    "node.bypassed": ("error", mark("It is bypassed, and nothing that comes in can stand for its output “{port}”.")),
    "input.missing": ("error", mark("Nothing feeds the input “{port}”.")),
    "option.unknown": ("warning", mark("“{option}” is not an option of {type}; it has no effect.")),
    "option.missing": ("error", mark("“{option}” needs a value.")),
    "option.value": ("error", "{reason}"),
    "expression": ("error", "{reason}"),
    "instance.missing": ("error", mark("There is no block named “{name}”.")),
    "instance.faulty": ("error", mark("The block “{name}” cannot be used: its code has a fault.")),
    "call.missing": ("error", mark("There is no layer named “{layer}” to call again.")),
    "call.kind": ("error", mark("“{layer}” is not a layer or block that can be called again.")),
    "call.rounds": ("error", mark("“{layer}” has one set of weights for each round; it can be called only in there.")),
    "call.order": ("error", mark("“{layer}” must come before the place that uses it again.")),
    "call.guarded": ("error", mark("“{layer}” is made in a branch only; it can be called only in there.")),
    # control flow and containers
    "loop.inputs": ("error", mark("The condition and the body must have the same inputs.")),
    "loop.outputs": ("error", mark("The body must have an output for each input: {names}.")),
    "if.inputs": ("error", mark("The condition and both branches must have the same inputs.")),
    "if.outputs": ("error", mark("Both branches must have the same outputs.")),
    "condition.outputs": ("error", mark("The condition must have just one output.")),
    "repeat.count": ("error", mark("The number of rounds must be a whole number, at least 0, not {value}.")),
    "repeat.index": ("error", mark("“{name}” cannot name the number of the round.")),
    "sequential.child": ("error", mark("A {kind} cannot stand in a Sequential: only layers and blocks can.")),
    "sequential.ports": ("error", mark("It cannot stand in a Sequential: it needs one input and one output.")),
    "sequential.device": ("error", mark("Nothing moves between devices in a Sequential: set the device on that.")),
    "sequential.repeat": ("error", mark("A Repeat in a Sequential must be a plain chain of layers and blocks.")),
    "sequential.empty": ("info", mark("The Sequential is empty: it gives what it is given.")),
    "constant.rounds": ("error", mark("A constant is the same in every round; it cannot depend on “{name}”.")),
    # initialisers
    "initializer.target": ("error", mark("An initialiser is for “{target}”, which is not in this block.")),
    "initializer.type": ("error", mark("An initialiser is for layers of the type “{type}”, which do not exist.")),
    "initializer.parameter": ("error", mark("“{name}” cannot be the name of a parameter.")),
    "initializer.argument": ("error", mark("“{name}” cannot be the name of an argument.")),
    "initializer.function": ("error", mark("There is no initialiser named “{function}”.")),
    "initializer.rule": ("error", mark("An initialiser needs a function or an expression, and does one thing only.")),
    "initializer.tie": ("error", mark("“{target}” cannot be the same as “{source}”.")),
}
"""The severity and the wording of each code. A wording "{reason}" stands for one that the fact's error brings."""


@frozen(hash=False)
class Diagnostic:
    """A problem of a document. `node` is "" where it concerns the graph or the definition as a whole."""

    code: str
    severity: Severity
    location: Location
    node: str
    facts: Mapping[str, Any] = Factory(dict)
    template: str = ""
    """The English wording, to be translated and filled with the facts."""

    @property
    def message(self) -> str:
        return worded(self.template, self.facts)

    @property
    def path(self) -> str:
        """Where it is, such as "MLP/hidden"."""
        return self.location.path(self.node)

    def __str__(self) -> str:
        return f"{shortened(self.path)}: {self.severity}: {self.message}".replace("\n", " ")


class Report:
    """Collects diagnostics."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def add(self, code: str, location: Location, node: str = "", **facts: Any) -> None:
        severity, template = WORDINGS[code]
        self.diagnostics.append(Diagnostic(code, severity, location, node, facts, template))

    def add_error(self, code: str, error: BlockStudioError, location: Location, node: str = "") -> None:
        """A problem that has an error's own wording."""
        severity, _ = WORDINGS[code]
        self.diagnostics.append(Diagnostic(code, severity, location, node, dict(error.facts), error.template))
