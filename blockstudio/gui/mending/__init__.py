"""What mends a step that does not work on what it is given: at either side of a wire, between, or in the example."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from blockstudio.engine.protocol import Problem
from blockstudio.graph.document import Location
from blockstudio.graph.model import Node
from blockstudio.gui.mending import arguments, joins, ranks, sizes, types
from blockstudio.gui.mending.place import Mend, Place
from blockstudio.gui.session import Session

CODES = frozenset({"shape-mismatch", "dtype-mismatch", "layer-failed"})
"""The problems that shapes and types make."""
MENDERS: tuple[tuple[str, Callable[[Place], Iterator[Mend]]], ...] = (
    ("fits", sizes.mends),
    ("forms", ranks.mends),
    ("dtype", types.mends),
    ("dtypes", types.mends),
    ("wanted dtype", types.mends),
    ("shapes", joins.joined),
    ("b", joins.met),
    ("target", joins.counted),
    ("order", joins.attended),
    ("state", joins.started),
    ("left of window", arguments.windows),
    ("kernel", arguments.windows),
    ("divisor", arguments.divided),
    ("least", arguments.dimensions),
    ("given", arguments.permuted),
    ("into", arguments.reshaped),
    ("count", arguments.reshaped),
    ("factor", arguments.shuffled),
    ("index", arguments.indexed),
    ("parts", arguments.split),
)
"""Who mends what, by a fact that the problem has."""


def mends(session: Session, problem: Problem, location: Location, node: Node) -> Iterator[Mend]:
    """The edits that let a node work on what flows into it, each with the words for a button, the likeliest first."""
    if problem.code not in CODES:
        return
    facts = dict(problem.facts)
    if "size" in facts and "left" in facts:
        facts["left of window"] = facts["left"]
    if problem.code == "dtype-mismatch" and "wanted" in facts:
        facts["wanted dtype"] = facts["wanted"]
    place = Place(session, location, node, facts)
    told: set[str] = set()
    for fact, mender in MENDERS:
        if fact in facts:
            for text, edit in mender(place):
                if text not in told:
                    told.add(text)
                    yield text, edit
            return
