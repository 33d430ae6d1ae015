"""What modules become: layers, containers, graphs of their own, or blocks of Python."""

from __future__ import annotations

from typing import Any, Literal

from attrs import Factory, define, field
from torch import nn
from torch.utils import _pytree as pytree

from blockstudio.formats.import_report import Note
from blockstudio.graph.model import Graph, Node
from blockstudio.runtime.importing.proxies import Kind
from blockstudio.runtime.importing.tracing import Fixed, Signature
from blockstudio.runtime.importing.tree import Tie


@define(eq=False)
class Output:
    """One of the values that a block gives, at a port."""

    port: str
    kind: Kind = "tensor"
    rank: int | None = None


@define(eq=False)
class Returned:
    """The structure of what a block gives, None where that is not known, and what stands in it."""

    spec: pytree.TreeSpec | None
    outputs: tuple[Output | Fixed, ...]


@define(eq=False)
class Block:
    """A module called in one way. Equal modules called in the same way have one block.

    Of a `graph` there is a graph that becomes a definition, of a `sequence` the children of a Sequential,
    of `code` the source of a class. An Instance in a graph or sequence names its block by number:
    `definition` is "#3".
    """

    number: int
    kind: Literal["graph", "sequence", "code"]
    module: nn.Module
    """One of those that it stands for."""
    signature: Signature | None = None
    inputs: tuple[str, ...] = ()
    spec: pytree.TreeSpec | None = None
    """The structure of what it gives; None where that is not known, but only its ports are."""
    outputs: tuple[Output | Fixed, ...] = ()
    in_training: Returned | None = None
    """What it gives in training, if that is something else."""
    graph: Graph = Factory(Graph)
    named: bool = False
    """Of a sequence: whether children go by their names."""
    source: str = ""
    class_name: str = ""
    arguments: dict[str, Any] = field(factory=dict)
    """Of code: the arguments of its constructor."""
    notes: list[Note] = Factory(list)
    ties: tuple[Tie, ...] = ()
    shares_memory: bool = True
    """Whether something it gives may be, or lie in, something it was given."""
    changes_inputs: tuple[int, ...] = ()
    """The inputs that it changes in place, by number."""
    helper: bool = False
    """Whether it is one function only, which the catalog does not have."""

    def makes_the_same_as(self, other: Block) -> bool:
        """Whether a module that this block makes is one that the other could have made."""
        return self is other or (
            (self.kind, self.class_name, self.source) == (other.kind, other.class_name, other.source)
            and (self.inputs, self.ports, self.named) == (other.inputs, other.ports, other.named)
            and (self.arguments, self.ties, self.graph) == (other.arguments, other.ties, other.graph)
        )

    @property
    def reference(self) -> str:
        """What the definition of an Instance is called before it has a name."""
        return f"#{self.number}"

    @property
    def ports(self) -> tuple[str, ...]:
        outputs = [*self.outputs, *(self.in_training.outputs if self.in_training else ())]
        return tuple(dict.fromkeys(output.port for output in outputs if isinstance(output, Output)))

    def returned(self, *, training: bool) -> Returned:
        """What it gives in a mode."""
        return (self.in_training if training else None) or Returned(self.spec, self.outputs)


def instances(node: Node) -> list[Node]:
    """The Instances in a node, itself and in its graphs."""
    found = [node] if node.kind == "instance" else []
    for _, graph in node.graphs():
        for inner in graph.nodes.values():
            found += instances(inner)
    return found
