"""What the canvas says: tooltips, and descriptions for screen readers."""

from __future__ import annotations

from html import escape

from blockstudio.engine.protocol import Problem, TensorShape
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.faces import Face
from blockstudio.gui.canvas.facts.flowing import PLAIN, SIGNS, kind_of
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.facts.summaries import others_text, shape_text
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.hits import Hit
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.session import Session

MOST_PROBLEMS = 4
MISFITS = ("shape-mismatch", "dtype-mismatch")
"""Problems that are as much the wire's as the node's."""


def tool_tip(scene: CanvasScene, session: Session, found: Hit) -> str:
    """What is under the pointer, in a few lines of rich text; "" for nothing to say."""
    if found.port is not None:
        return _port(scene, session, found.port)
    if found.what == "wire" and found.key is not None:
        edge = scene.edge(found.key)
        if edge is None:
            return ""
        carried = session.shape(scene.location, *edge.source)
        flow = _flow(carried)
        ends = " → ".join(escape(end.node or end.port) for end in (edge.source, edge.target))
        problems = scene.problems.get(edge.target.node, [])
        wrong = "".join(f"<br>• {escape(message(p))}" for p in problems[:MOST_PROBLEMS] if p.code in MISFITS)
        return f"<b>{flow or tr('Shape not known')}</b><br>{ends}{_kind(carried)}{wrong}"
    item = scene.thing(found.key) if found.key is not None else None
    if isinstance(item, NodeItem):
        return _node(scene, item.face, item.key.name)
    return escape(item.note.text) if isinstance(item, NoteItem) and item.note.frame else ""


def _port(scene: CanvasScene, session: Session, port: PortKey) -> str:
    doc = ""
    item = scene.nodes.get(port.node)
    if item is not None:
        faces = item.face.outputs if port.is_source else item.face.inputs
        doc = next((face.doc for face in faces if face.name == port.port), "")
    source = port.endpoint if port.is_source else scene.graph.edges.get(port.endpoint)
    carried = session.shape(scene.location, *source) if source else None
    lines = [f"<b>{escape(port.port)}</b> {_flow(carried)}{_kind(carried)}"]
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
    kind = value.dtype or value.python_type if value else ""
    return " ".join(part for part in (shape_text(value), kind, others_text(value)) if part)


def _kind(value: TensorShape | None) -> str:
    """What the colour and the form of a port say, as a line of rich text; "" for what is usual."""
    kind = kind_of(value)
    return "" if kind == PLAIN else f"<br><i>{escape(tr(SIGNS[kind].text))}</i>"


def selection(scene: CanvasScene, session: Session, port: PortKey | None = None) -> str:
    """What is selected, in a sentence; or that a port is."""
    if port is not None:
        return spot(scene, session, port)
    if not scene.selection:
        return tr("{count} nodes, nothing selected").format(count=len(scene.nodes))
    if len(scene.selection) > 1:
        return tr("{count} selected").format(count=len(scene.selection))
    (key,) = scene.selection
    return spot(scene, session, key)


def spot(scene: CanvasScene, session: Session, where: Key | PortKey) -> str:
    """What the keyboard is on, in a sentence."""
    if isinstance(where, PortKey):
        told, around = port(scene, session, where), where.node
    else:
        told, around = thing(scene, session, where), wiring(scene, where)
    return ", ".join(part for part in (told, around) if part)


def thing(scene: CanvasScene, session: Session, key: Key) -> str:
    """What one thing is, in a sentence: name, options, problems; the two ends of a wire and what flows in it."""
    edge = scene.edge(key)
    if edge is not None:
        ends = [_end(end) for end in (edge.source, edge.target)]
        text = tr("Wire from {source} to {target}").format(source=ends[0], target=ends[1])
        parts = [text, _flow(session.shape(scene.location, *edge.source)), *_misfits(scene, edge.target.node)]
        return ", ".join(part for part in parts if part)
    item = scene.thing(key)
    if item is None:
        return ""
    if isinstance(item, NoteItem):
        return f"{tr('Frame') if item.note.frame else tr('Note')}: {item.note.text}"
    if not isinstance(item, NodeItem):
        return f"{tr('Input') if key.kind == 'input' else tr('Output')} {key.name}"
    parts = [item.face.title, key.name, item.face.detail, item.face.tag]
    parts += [_said(problem) for problem in scene.problems.get(key.name, [])]
    return ", ".join(part for part in parts if part)


def wiring(scene: CanvasScene, key: Key) -> str:
    """What feeds a node or pill, and what it feeds; "" for anything else."""
    if key.kind not in ("node", "input", "output"):
        return ""
    ends = [(owners(edge), edge) for edge in scene.edges_of(key)]
    sources = [_end(edge.source) for (_, end), edge in ends if end == key]
    targets = [_end(edge.target) for (start, _), edge in ends if start == key]
    parts = []
    if sources:
        parts.append(tr("fed by {names}").format(names=", ".join(sorted(sources))))
    if targets:
        parts.append(tr("feeds {names}").format(names=", ".join(sorted(targets))))
    return ", ".join(parts)


def port(scene: CanvasScene, session: Session, key: PortKey) -> str:
    """What one port is, in a sentence."""
    text = (tr("Output port {name}") if key.is_source else tr("Input port {name}")).format(name=key.port)
    source = key.endpoint if key.is_source else scene.graph.edges.get(key.endpoint)
    if source is None:
        return f"{text}, {tr('nothing is plugged in')}"
    parts = [text, _flow(session.shape(scene.location, *source))]
    if not key.is_source:
        parts.append(tr("fed by {names}").format(names=_end(source)))
        parts += _misfits(scene, key.node)
    else:
        fed = [_end(target) for target, start in scene.graph.edges.items() if start == source]
        parts.append(tr("feeds {names}").format(names=", ".join(sorted(fed))) if fed else tr("feeds nothing"))
    return ", ".join(part for part in parts if part)


def _misfits(scene: CanvasScene, node: str) -> list[str]:
    """What is wrong with what flows into a node, said."""
    return [_said(problem) for problem in scene.problems.get(node, []) if problem.code in MISFITS]


def _end(end: Endpoint) -> str:
    return end.node or end.port


def _said(problem: Problem) -> str:
    kind = tr("Error") if problem.severity == "error" else tr("Warning")
    return f"{kind}: {message(problem)}"
