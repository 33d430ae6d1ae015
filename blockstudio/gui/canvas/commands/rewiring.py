"""Changing what stands in a flow and what is wired to what, without drawing every wire again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attrs import evolve
from PySide6.QtCore import QPoint

from blockstudio.catalog.ports import node_ports
from blockstudio.errors import EditError, mark
from blockstudio.graph.commands import dissolve_nodes, insert_on_edge, remove_nodes, take_out_nodes
from blockstudio.graph.edits import Batch, Connect, Edit, SetNode
from blockstudio.graph.model import Edge, Endpoint, Node
from blockstudio.gui.canvas.commands.editing import Editing
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.placing import check_bypass, main_ports
from blockstudio.gui.canvas.facts.replacing import replaced, replacements
from blockstudio.gui.canvas.interactions.wire import end_name
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.i18n import tr


def _output(item: NodeItem | PillItem) -> Endpoint | None:
    """The first output of a thing."""
    return next((port.endpoint for port, _ in item.ports() if port.is_source), None)


class Rewiring(Editing):
    """Every command on wires and on what they run through, each one undoable step."""

    def dissolve(self) -> None:
        """Remove the selected nodes; what fed them now feeds what they fed."""
        names = list(self.session.selection)
        if not names:
            return
        scene, document = self.canvas_scene, self.session.document
        with self.session.guard():
            edit: Edit
            if scene.sequence:
                edit = remove_nodes(document, scene.location, names)
            else:
                edit = dissolve_nodes(document, scene.location, names, self._through)
            text = tr("Dissolve {name}").format(name=names[0])
            self.push(edit, text if len(names) == 1 else tr("Dissolve {count} nodes").format(count=len(names)))

    def take_out(self) -> None:
        """Take the selected nodes out of their wires; what fed them now feeds what they fed."""
        names = list(self.session.selection)
        if names and not self.canvas_scene.sequence:
            edit, _ = self.out_of_wires(names)
            self.push(edit, tr("Take {name} out of its wires").format(name=names[0]))

    def out_of_wires(self, names: Sequence[str]) -> tuple[Edit, list[Edge]]:
        """The edit that takes nodes out of their wires, and the wires that close behind them."""
        return take_out_nodes(self.session.document, self.canvas_scene.location, names, self._through)

    def _through(self, node: Node) -> tuple[str, str]:
        """The input and the output that a wire through a node would join: wired ones before others."""
        document, location = self.session.document, self.session.location
        graph, ports = self.session.graph, node_ports(document, location, node)
        wired_in = {edge.target.port for edge in graph.edges_into(node.name)}
        wired_out = {edge.source.port for edge in graph.edges_out_of(node.name)}
        inputs = sorted(ports.inputs, key=lambda port: (port.name not in wired_in, port.optional))
        outputs = sorted(ports.outputs, key=lambda port: port.name not in wired_out)
        return (inputs[0].name if inputs else "", outputs[0].name if outputs else "")

    def wire_selected(self) -> None:
        """Wire what is selected, along the flow; several into the last, where that has as many free inputs."""
        scene = self.canvas_scene
        items = [item for item in scene.selected_items() if isinstance(item, NodeItem | PillItem)]
        wires = self.session.selected_wires
        if len(items) == len(wires) == 1 and isinstance(items[0], NodeItem):
            self.put_on_wire(items[0].key.name, wires[0])
            return
        if scene.sequence or len(items) < 2:
            return
        items.sort(key=lambda item: (item.y(), item.x()) if scene.down else (item.x(), item.y()))
        *firsts, last = items
        free = self._free_inputs(last)
        pairs: list[tuple[Endpoint | None, Endpoint | None]]
        if len(free) >= len(firsts) > 1:
            firsts.sort(key=lambda item: item.x() if scene.down else item.y())
            pairs = list(zip(map(_output, firsts), free, strict=False))
        else:
            pairs = [(_output(a), next(iter(self._free_inputs(b)), None)) for a, b in pairwise(items)]
        edits = [Connect(scene.location, target, source) for source, target in pairs if source and target]
        if edits:
            self.push(Batch(tuple(edits)), tr("Wire the selection"))

    def replug(self, targets: Sequence[Endpoint], source: Endpoint) -> bool:
        """Feed inputs from another output."""
        location, edges = self.canvas_scene.location, self.canvas_scene.graph.edges
        edits = tuple(Connect(location, target, source) for target in targets if edges.get(target) != source)
        names = ", ".join(dict.fromkeys(end_name(target) for target in targets[:3]))
        text = tr("Connect {source} to {target}").format(source=end_name(source), target=names)
        return bool(edits) and self.push(Batch(edits), text)

    def put_on_wire(self, name: str, wire: Endpoint, moved: Sequence[Edit] = ()) -> bool:
        """Put a loose node into a wire, where what is behind it makes room; whether that was done."""
        session, location = self.session, self.canvas_scene.location
        node = session.graph.nodes[name]
        into, out = main_ports(node_ports(session.document, location, node))
        edits = [insert_on_edge(session.document, location, wire, node, into, out)] if into and out else []
        if not edits and not moved:
            raise EditError(mark("“{name}” has no input and output that a wire could run through."), name=name)
        text = tr("Insert {name}").format(name=name)
        with session.macro(text):
            done = self.push(Batch((*moved, *edits)), text)
            if done and edits:
                self.make_room(node_key(name), wire)
        return done

    def _free_inputs(self, item: NodeItem | PillItem) -> list[Endpoint]:
        """The inputs of a thing that nothing feeds; all of them, if each is fed."""
        ends = [port.endpoint for port, _ in item.ports() if not port.is_source]
        return [end for end in ends if end not in self.canvas_scene.graph.edges] or ends

    def bypass(self) -> None:
        """Let what comes in go out as it is, past the selected nodes; or through them again, if all are bypassed."""
        session, scene = self.session, self.canvas_scene
        nodes = session.selected_nodes
        on = not all(node.bypassed for node in nodes)
        with session.guard():
            if on:
                for node in nodes:
                    check_bypass(session.document, scene.location, node)
            changed = (evolve(node, bypassed=on) for node in nodes if node.bypassed != on)
            edits = [SetNode(scene.location, node) for node in changed]
            if edits:
                text = tr("Bypass {name}") if on else tr("Run {name} again")
                self.push(Batch(tuple(edits)), text.format(name=", ".join(edit.node.name for edit in edits[:3])))

    def replace_selected(self) -> None:
        """Ask what to put in the place of the selected node."""
        session, scene = self.session, self.canvas_scene
        if len(session.selection) != 1:
            return
        name = session.selection[0]
        document, location = session.document, session.location

        def chosen(payload: str) -> None:
            with session.guard():
                edit, new = replaced(session.document, location, name, payload, self.shape_of)
                if self.push(edit, tr("Replace {old} by {new}").format(old=name, new=new)):
                    self.select_keys([node_key(new)])

        first = next((edge for edge in session.graph.edges_into(name)), None)
        flowing = self.shape_of(first.source) if first is not None else None
        available = [evolve(offer, detail="") for offer in self.offered(sequence=scene.sequence, flowing=flowing)]
        found = replacements(document, location, name, available, session.library.blocks())
        kin = [offer.payload for offer in found if offer.category == found[0].category]
        self.reveal(scene.nodes[name].body)
        self.stop_animation()
        place = self.mapFromScene(scene.nodes[name].body.bottomLeft()) + QPoint(0, 6)
        self.ask_for(place, found, chosen, kin, tr("Replace {name} by…").format(name=name))
