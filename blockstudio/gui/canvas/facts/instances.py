"""How many instances there are of each definition, counted again only where an edit may change that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from attrs import Factory, define

from blockstudio.graph.document import Document
from blockstudio.graph.edits import (
    AddDefinition,
    AddNode,
    Edit,
    RemoveDefinition,
    RemoveNode,
    RenameDefinition,
    SetNode,
)
from blockstudio.graph.model import Instance, Node, Sequential


@define
class Instances:
    """The instances of a document by their definition."""

    counts: Counter[str] = Factory(Counter)

    def of(self, node: Node) -> int:
        """How many instances there are of the same definition, the node itself among them."""
        return self.counts[node.definition] if isinstance(node, Instance) else 0

    def count(self, document: Document) -> set[str]:
        """Count them all; the definitions of which there are more or fewer than before."""
        before = self.counts
        nodes = (node for _, graph in document.graphs() for node in graph.nodes.values())
        self.counts = Counter(node.definition for node in nodes if isinstance(node, Instance))
        return {name for name in {*before, *self.counts} if before[name] != self.counts[name]}

    def follow(self, document: Document, edits: Iterable[Edit]) -> set[str]:
        """The definitions of which there are more or fewer after some edits."""
        return self.count(document) if any(map(_may_matter, edits)) else set()


def _may_matter(edit: Edit) -> bool:
    if isinstance(edit, AddNode | SetNode):
        return isinstance(edit.node, Instance) or any(True for _ in edit.node.graphs())
    return isinstance(edit, RemoveNode | AddDefinition | RemoveDefinition | RenameDefinition)


def uses(node: Instance | Sequential, definitions: Collection[str]) -> bool:
    """Whether a node is, or holds, an instance of one of these."""
    if isinstance(node, Instance):
        return node.definition in definitions
    return any(isinstance(n, Instance | Sequential) and uses(n, definitions) for n in node.body.nodes.values())
