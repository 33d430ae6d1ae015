"""Problems that one click can mend: the edits for it, and the words on the buttons."""

from __future__ import annotations

from attrs import evolve, frozen

from blockstudio.engine.protocol import Problem
from blockstudio.errors import BlockStudioError, EditError, mark
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Connect, Edit, SetNode
from blockstudio.graph.model import Endpoint, Function, Instance, Layer
from blockstudio.graph.port_commands import remove_port
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session


@frozen
class Fix:
    """An edit that takes a problem away."""

    text: str
    edit: Edit


def fixes_of(session: Session, problem: Problem) -> list[Fix]:
    """The ways to mend a problem, the likeliest first; none where only a person can tell."""
    found = session.locate(problem.path)
    if found is None:
        return []
    location, name = found
    # Imported when something is to be mended: the window opens sooner.
    from blockstudio.gui.mending import mends

    try:
        node = session.document.graph(location).nodes.get(name)
        first = _fix(session, problem, location, name)
        others = [Fix(*mend) for mend in mends(session, problem, location, node)] if node is not None else []
    except BlockStudioError:
        return []
    return [*([first] if first else []), *others]


def mend(session: Session, problem: Problem, text: str) -> None:
    """Make the fix with these words, as it is for the document of now: more may have changed since it was offered."""
    with session.guard():
        fix = next((fix for fix in fixes_of(session, problem) if fix.text == text), None)
        if fix is None:
            raise EditError(mark("That does not mend it any more: something else has changed."))
        session.push(fix.edit, fix.text)


def _fix(session: Session, problem: Problem, location: Location, name: str) -> Fix | None:
    facts = problem.facts
    graph = session.document.graph(location)
    node = graph.nodes.get(name)
    match problem.code:
        case "edge.input" | "edge.output" | "edge.node":
            ends = [target for target, source in graph.edges.items() if _broken(problem, name, target, source)]
            if ends:
                return Fix(tr("Remove the wire"), Connect(location, ends[0], None))
        case "option.unknown" if isinstance(node, Layer | Function | Instance):
            options = {key: value for key, value in node.options.items() if key != facts["option"]}
            return Fix(
                tr("Remove {option}").format(option=facts["option"]), SetNode(location, evolve(node, options=options))
            )
        case "node.device" if node is not None:
            return Fix(tr("Use the model's device"), SetNode(location, evolve(node, device="")))
        case "input.unused" if len(graph.inputs) > 1:
            edit = remove_port(session.document, location, "inputs", facts["name"])
            return Fix(tr("Remove {name}").format(name=facts["name"]), edit)
    return None


def _broken(problem: Problem, name: str, target: Endpoint, source: Endpoint) -> bool:
    facts = problem.facts
    match problem.code:
        case "edge.input":
            return target == Endpoint(name, facts["port"])
        case "edge.output":
            return source == Endpoint(name, facts["port"]) or source == Endpoint(str(facts["name"]), facts["port"])
    return facts["name"] in (target.node, source.node)
