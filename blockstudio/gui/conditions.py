"""When each action can be done: the one place that knows, whatever offers the action."""

from __future__ import annotations

from collections.abc import Mapping

from blockstudio.catalog.ports import is_row
from blockstudio.formats import import_report
from blockstudio.graph.model import Call, Instance, Node, Sequential
from blockstudio.gui.actions import Condition
from blockstudio.gui.canvas.facts.insides import place_of
from blockstudio.gui.session import Session


def conditions(session: Session) -> Mapping[Condition, bool]:
    """Which of the conditions of actions hold now."""
    stack = session.undo_stack
    one = session.selected_nodes[0] if len(session.selection) == 1 else None
    engine = session.engine_state
    things = len(session.selection) + len(session.selected_ports)
    return {
        "always": True,
        "selection": bool(session.selection),
        "things": things > 0,
        "several": things > 1,
        "one": one is not None,
        "named": session.selected_port is not None or things + len(session.selected_notes) == 1,
        "anything": bool(things or session.selected_wires or session.selected_notes or session.selected_port),
        "wires": bool(session.selected_wires),
        "undo": stack.canUndo(),
        "redo": stack.canRedo(),
        "inside": len(session.trail) > 1,
        "enterable": one is not None and _has_graphs(one),
        "expandable": any(
            place_of(session.document, session.location, node) is not None for node in session.selected_nodes
        )
        or (not session.selection and len(session.trail) > 1),
        "instance": isinstance(one, Instance),
        "apart": bool(session.selection) and all(isinstance(n, Instance | Sequential) for n in session.selected_nodes),
        "shared": isinstance(one, Call),
        "ready": engine in ("idle", "busy"),
        "coming": engine not in ("stopped", "dead"),
        "running": engine == "busy",
        "imported": import_report.KEY in session.document.extra,
        "unordered": not is_row(session.document, session.location),
    }


def _has_graphs(node: Node) -> bool:
    """Whether there may be something inside."""
    return isinstance(node, Instance) or any(True for _ in node.graphs())
