"""Options made hyper-parameters, with the options behind them that go along."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from blockstudio.graph import topology
from blockstudio.graph.definition_commands import expose_option
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit, SetNode
from blockstudio.graph.model import Expression, Instance, Layer, OptionValue
from blockstudio.gui.canvas.facts.likely import payload_of
from blockstudio.gui.canvas.facts.needs import said_at, taken
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session


def expose(session: Session, location: Location, name: str, option: str, value: OptionValue) -> None:
    """Make an option of a node a hyper-parameter of its block; sizes that are this one, behind it, follow it."""
    edit, new = expose_option(session.document, location, name, option, value)
    text = tr("Make {name} a hyper-parameter").format(name=new)
    with session.macro(text):
        session.push(edit, text)
        following = tuple(_following(session.document, location, name, new, value))
        if following:
            session.push(Batch(following), text)


def _following(document: Document, location: Location, name: str, new: str, value: OptionValue) -> Iterator[Edit]:
    """Each option behind a node that is the size that a hyper-parameter says now, made that."""
    graph = document.graph(location)
    for behind in graph.chosen(topology.downstream(graph, {name})).values():
        if not isinstance(behind, Layer | Instance):
            continue
        payload = payload_of(document, location, behind)
        found = {
            option: Expression(new)
            for source, target in graph.edges_into(behind.name)
            for option, dimension in taken(document, payload, target.port)
            if said_at(document, location, source).free.get(dimension) == new and behind.options.get(option) == value
        }
        if found:
            yield SetNode(location, evolve(behind, options={**behind.options, **found}))
