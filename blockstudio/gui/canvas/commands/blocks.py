"""Blocks: options as their hyper-parameters, the names and the order of their ports."""

from __future__ import annotations

from blockstudio.catalog.ports import node_options
from blockstudio.errors import EditError, mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, If, Instance, Repeat, While
from blockstudio.graph.port_commands import Side, rename_port, reorder_ports
from blockstudio.gui.canvas.commands.carrying import Carrying
from blockstudio.gui.canvas.facts.keys import Key, PortKey, pill_side
from blockstudio.gui.exposing import expose
from blockstudio.gui.i18n import tr


class Blocks(Carrying):
    """Every command that changes what is inside a block and what it shows of that, each one undoable step."""

    def expose(self, name: str, option: str) -> None:
        """Make an option of a node a hyper-parameter of the block."""
        session = self.session
        node = session.graph.nodes[name]
        specs = {spec.name: spec for spec in node_options(session.document, node)}
        with session.guard():
            value = getattr(node, "options", {}).get(option, specs[option].when_unset)
            expose(session, session.location, name, option, value)

    def toggle_all_ports(self) -> None:
        """Show the inputs of the selected node that are seldom needed, or hide them again."""
        scene = self.canvas_scene
        for name in self.session.selection[:1]:
            scene.show_all_ports(name, name not in scene.all_ports)

    def order_port(self, step: int) -> None:
        """Move the selected input or output, or port of a block, up or down in the order of its side."""
        meant = self._border_port()
        if meant is not None:
            place, side, name = meant
            names = [port.name for port in getattr(self.session.document.graph(place), side)]
            self._order(place, side, name, max(0, min(len(names) - 1, names.index(name) + step)))

    def _border_port(self) -> tuple[Location, Side, str] | None:
        """The port of a graph that is selected: as a pill inside it, or at the node it is in."""
        session, scene = self.session, self.canvas_scene
        keys = [key for key in scene.selection if key.kind in ("input", "output")]
        port = session.selected_port
        if len(keys) == 1 and not scene.sequence:
            return session.location, pill_side(keys[0]), keys[0].name
        if port is None:
            return None
        if not port.node:
            return session.location, "inputs" if port.is_source else "outputs", port.port
        return border_of(session.document, session.location, port)

    def rename_selected(self) -> None:
        """Edit the name or text of what is selected in place; of a port of a block too."""
        port = self.session.selected_port
        if port is None:
            super().rename_selected()
            return
        meant = self._border_port()
        if meant is None:
            raise EditError(mark("Only the ports of your own blocks can be renamed."))
        place, side, name = meant
        self.edit_port(port, name, lambda new: self._rename_port(place, side, name, new))

    def _rename_port(self, place: Location, side: Side, name: str, new: str) -> None:
        session = self.session
        port = session.selected_port
        with session.guard():
            edit = rename_port(session.document, place, side, name, new)
            if self.push(edit, tr("Rename {old} to {new}").format(old=name, new=new)) and port is not None:
                self.select_port(port._replace(port=new))

    def port_up(self) -> None:
        self.order_port(-1)

    def port_down(self) -> None:
        self.order_port(1)

    def place_port(self, key: Key, index: int) -> bool:
        """Give an input or output a place in the order of its side; whether that changed it."""
        return self._order(self.session.location, pill_side(key), key.name, index)

    def _order(self, place: Location, side: Side, name: str, index: int) -> bool:
        document = self.session.document
        names = [port.name for port in getattr(document.graph(place), side)]
        wanted = [other for other in names if other != name]
        wanted.insert(index, name)
        if wanted == names:
            return False
        text = tr("Make {name} port {number}").format(name=name, number=index + 1)
        return self.push(reorder_ports(document, place, side, wanted), text)


def border_of(document: Document, location: Location, port: PortKey) -> tuple[Location, Side, str] | None:
    """The graph inside a node that a port of the node belongs to; None where that is no graph of the user's."""
    node = document.node(location, port.node)
    side: Side = "outputs" if port.is_source else "inputs"
    match node:
        case Instance() if isinstance(document.definitions.get(node.definition), Definition):
            return Location(node.definition), side, port.port
        case Repeat() | While():  # what goes round has one name
            return location.enter(node.name, "body"), "inputs", port.port
        case If():
            return location.enter(node.name, "then"), side, port.port
    return None
