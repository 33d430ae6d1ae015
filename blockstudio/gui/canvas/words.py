"""What the canvas says: tooltips, and descriptions for screen readers."""

from __future__ import annotations

from html import escape

from blockstudio.engine.protocol import Problem, TensorShape
from blockstudio.gui.canvas.faces import Face
from blockstudio.gui.canvas.hits import Hit
from blockstudio.gui.canvas.keys import PortKey
from blockstudio.gui.canvas.node_item import NodeItem
from blockstudio.gui.canvas.scene import CanvasScene
from blockstudio.gui.canvas.summaries import shape_text
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.session import Session

MOST_PROBLEMS = 4


def tool_tip(scene: CanvasScene, session: Session, found: Hit) -> str:
    """What is under the pointer, in a few lines of rich text; "" for nothing to say."""
    if found.port is not None:
        return _port(scene, session, found.port)
    if found.what == "wire" and found.key is not None:
        edge = scene.edge(found.key)
        if edge is None:
            return ""
        flow = _flow(session.shape(scene.location, *edge.source))
        ends = " → ".join(escape(end.node or end.port) for end in (edge.source, edge.target))
        return f"<b>{flow or tr('Shape not known')}</b><br>{ends}"
    item = scene.thing(found.key) if found.key is not None else None
    if isinstance(item, NodeItem):
        return _node(scene, item.face, item.key.name)
    return ""


def _port(scene: CanvasScene, session: Session, port: PortKey) -> str:
    doc = ""
    item = scene.nodes.get(port.node)
    if item is not None:
        faces = item.face.outputs if port.is_source else item.face.inputs
        doc = next((face.doc for face in faces if face.name == port.port), "")
    source = port.endpoint if port.is_source else scene.graph.edges.get(port.endpoint)
    flow = _flow(session.shape(scene.location, *source)) if source else ""
    lines = [f"<b>{escape(port.port)}</b> {flow}"]
    if doc:
        lines.append(escape(tr(doc)))
    if not port.is_source and source is None:
        lines.append(tr("Nothing is plugged in. Drag a wire here from an output."))
    return "<br>".join(lines)


def _node(scene: CanvasScene, face: Face, name: str) -> str:
    lines = [f"<b>{escape(face.title)}</b> {escape(name)}"]
    problems = scene.problems.get(name, [])
    lines += [f"• {escape(message(problem))}" for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(tr("… and {count} more").format(count=len(problems) - MOST_PROBLEMS))
    if face.doc and not problems:
        lines.append(escape(tr(face.doc).split("\n\n")[0]))
    if face.style == "instance":
        lines.append(f"<i>{tr('An instance: its weights are its own, its inside is that of every instance.')}</i>")
    elif face.style == "shared":
        lines.append(f"<i>{tr('Calls a layer again: the same weights, counted once.')}</i>")
    return "<br>".join(lines)


def _flow(value: TensorShape | None) -> str:
    return " ".join(part for part in (shape_text(value), value.dtype if value else "") if part)


def selection(scene: CanvasScene, session: Session) -> str:
    """What is selected, in a sentence."""
    items = [item for item in scene.selected_items() if item.key.kind != "note"]
    if not items:
        return tr("{count} nodes, nothing selected").format(count=len(scene.nodes))
    if len(items) > 1:
        return tr("{count} selected").format(count=len(items))
    item = items[0]
    if not isinstance(item, NodeItem):
        kind = tr("Input") if item.key.kind == "input" else tr("Output")
        return f"{kind} {item.key.name}"
    face = item.face
    parts = [face.title, item.key.name, face.detail, face.tag]
    sources = [edge.source for edge in scene.edges_of(item.key) if edge.target.node == item.key.name]
    if sources:
        parts.append(tr("fed by {names}").format(names=", ".join(end.node or end.port for end in sources)))
    parts += [_said(problem) for problem in scene.problems.get(item.key.name, [])]
    return ", ".join(part for part in parts if part)


def _said(problem: Problem) -> str:
    kind = tr("Error") if problem.severity == "error" else tr("Warning")
    return f"{kind}: {message(problem)}"
