"""When each action can be done: the one place that knows, whatever offers the action."""

from __future__ import annotations

from collections.abc import Mapping

from blockstudio.formats import import_report
from blockstudio.graph.model import Call, Instance
from blockstudio.gui.actions import Condition
from blockstudio.gui.session import Session


def conditions(session: Session) -> Mapping[Condition, bool]:
    """Which of the conditions of actions hold now."""
    stack = session.undo_stack
    one = session.selected_nodes[0] if len(session.selection) == 1 else None
    engine = session.engine_state
    return {
        "always": True,
        "selection": bool(session.selection),
        "things": bool(session.selection or session.selected_ports),
        "several": len(session.selection) + len(session.selected_ports) > 1,
        "one": one is not None,
        "undo": stack.canUndo(),
        "redo": stack.canRedo(),
        "inside": len(session.trail) > 1,
        "enterable": one is not None and (isinstance(one, Instance) or any(True for _ in one.graphs())),
        "instance": isinstance(one, Instance),
        "shared": isinstance(one, Call),
        "ready": engine in ("idle", "busy"),
        "running": engine == "busy",
        "imported": import_report.KEY in session.document.extra,
    }
