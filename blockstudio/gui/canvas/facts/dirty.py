"""What of a shown graph has to be looked at again after some edits: names only, no Qt.

The scene then brings each named thing in line with the document as it is now, so the order of
edits within one change does not matter, and undo needs nothing of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Factory, define

from blockstudio.graph.document import Location
from blockstudio.graph.edits import (
    AddDefinition,
    AddNode,
    ChangeDefinition,
    Connect,
    Edit,
    MoveNodes,
    RemoveDefinition,
    RemoveNode,
    RenameDefinition,
    RenameNode,
    ReorderNode,
    SetNode,
    SetNote,
    SetPorts,
    SetRoute,
)
from blockstudio.graph.looks import SetDirection
from blockstudio.graph.model import Endpoint


@define
class Dirty:
    nodes: set[str] = Factory(set)
    """Faces to make again; nodes that came or went are among them."""
    moved: set[str] = Factory(set)
    edges: set[Endpoint] = Factory(set)
    """By target."""
    ends_of: set[str] = Factory(set)
    """Nodes all of whose edges may have changed."""
    ports: bool = False
    notes: set[str] = Factory(set)
    order: bool = False
    turned: bool = False
    """The graph is drawn in another direction: everything looks different."""
    definitions: set[str] = Factory(set)
    """Instances of these look different."""
    layers: set[str] = Factory(set)
    """Calls of these layers look different."""

    @property
    def shape(self) -> bool:
        """Whether something came, went or changed size, so that an automatic arrangement is stale."""
        changed = self.nodes or self.edges or self.ends_of or self.ports or self.order or self.turned
        return bool(changed or self.definitions)


def dirty_by(edits: Iterable[Edit], here: Location) -> Dirty:
    """What the edits touch of the graph at `here`."""
    result = Dirty()
    for edit in edits:
        location = getattr(edit, "location", None)
        if location is None:
            _definition(result, edit)
        elif location == here:
            _local(result, edit)
        else:
            _elsewhere(result, edit, location, here)
    return result


def _local(result: Dirty, edit: Edit) -> None:
    match edit:
        case AddNode() | SetNode():
            result.nodes.add(edit.node.name)
            result.layers.add(edit.node.name)
        case RemoveNode():
            result.nodes.add(edit.name)
            result.layers.add(edit.name)
        case RenameNode():
            result.nodes |= {edit.old, edit.new}
            result.ends_of |= {edit.old, edit.new}
            result.layers |= {edit.old, edit.new}
            result.order = True
        case MoveNodes():
            result.moved |= set(edit.positions)
        case ReorderNode():
            result.order = True
        case SetRoute():
            result.edges.add(edit.target)
        case Connect():
            result.edges.add(edit.target)
            result.nodes |= {end.node for end in (edit.target, edit.source) if end is not None and end.node}
        case SetPorts():
            result.ports = True
            if not edit.location.steps:
                result.definitions.add(edit.location.definition)
        case SetNote():
            result.notes.add(edit.key)
        case SetDirection():
            result.turned = True


def _definition(result: Dirty, edit: Edit) -> None:
    match edit:
        case AddDefinition():
            result.definitions.add(edit.definition.name)
        case RemoveDefinition() | ChangeDefinition():
            result.definitions.add(edit.name)
        case RenameDefinition():
            result.definitions |= {edit.old, edit.new}


def _elsewhere(result: Dirty, edit: Edit, location: Location, here: Location) -> None:
    depth = len(here.steps)
    if location.definition == here.definition:
        if len(location.steps) > depth and location.steps[:depth] == here.steps:
            # Inside a node of this graph: its rows or ports may show it.
            result.nodes.add(location.steps[depth][0])
            result.layers.add(location.steps[depth][0])
        match edit:
            case AddNode() | SetNode():
                result.layers.add(edit.node.name)
            case RemoveNode():
                result.layers.add(edit.name)
            case RenameNode():
                result.layers |= {edit.old, edit.new}
    if isinstance(edit, SetPorts) and not location.steps:
        result.definitions.add(location.definition)
