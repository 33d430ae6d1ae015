"""Blocks: nodes into one and out of one, options as its hyper-parameters, the order of its ports."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu

from blockstudio.catalog.ports import node_options
from blockstudio.graph.definition_commands import expose_option
from blockstudio.graph.model import Definition, Instance
from blockstudio.graph.moving import move_into, move_out
from blockstudio.graph.port_commands import reorder_ports
from blockstudio.gui.canvas.keys import Key, node_key, pill_side
from blockstudio.gui.canvas.rewiring import Rewiring
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.panels.option_text import default_of


class Blocks(Rewiring):
    """Every command that changes what is inside a block and what it shows of that, each one undoable step."""

    def blocks_here(self) -> list[str]:
        """The nodes of this graph that others can be moved into."""
        definitions = self.session.document.definitions
        return [
            name
            for name, node in self.session.graph.nodes.items()
            if isinstance(node, Instance) and isinstance(definitions.get(node.definition), Definition)
        ]

    def fill_blocks(self, menu: QMenu, names: Sequence[str], blocks: Sequence[str]) -> None:
        """The blocks that nodes can be moved into, each an item of a menu."""
        for block in blocks:
            action = menu.addAction(icon("mdi6.cube-outline"), block)
            action.triggered.connect(lambda _=False, block=block: self.move_into(names, block))

    def move_into(self, names: Sequence[str], block: str) -> bool:
        """Move nodes into a block of this graph; whether that could be done."""
        session = self.session
        text = tr("Move {name} into {container}").format(name=", ".join(names[:3]), container=block)
        with session.guard():
            edit, _ = move_into(session.document, session.location, names, block)
            if self.push(edit, text):
                self.select_keys([node_key(block)])
                return True
        return False

    def move_out_of_block(self) -> None:
        """Move the selected nodes out to where the block is used, and go there."""
        session = self.session
        names = session.selection
        with session.guard():
            if not names or len(session.trail) < 2:
                return
            block, place = session.trail[-1].node, session.trail[-2].location
            edit, moved = move_out(session.document, session.location, names, place, block)
            text = tr("Move {name} out of {container}").format(name=", ".join(names[:3]), container=block)
            if self.push(edit, text):
                session.leave()
                self.select_keys(map(node_key, moved))
                self.reveal(self.canvas_scene.extent(self.canvas_scene.selection))

    # --- options and ports ------------------------------------------------------------------------

    def expose(self, name: str, option: str) -> None:
        """Make an option of a node a hyper-parameter of the block."""
        session = self.session
        node = session.graph.nodes[name]
        specs = {spec.name: spec for spec in node_options(session.document, node)}
        with session.guard():
            value = getattr(node, "options", {}).get(option, default_of(specs[option]))
            edit, new = expose_option(session.document, session.location, name, option, value)
            self.push(edit, tr("Make {name} a hyper-parameter").format(name=new))

    def order_port(self, step: int) -> None:
        """Move the selected input or output up or down in the order of its side."""
        keys = [key for key in self.canvas_scene.selection if key.kind in ("input", "output")]
        if len(keys) == 1 and not self.canvas_scene.sequence:
            names = [port.name for port in getattr(self.session.graph, pill_side(keys[0]))]
            index = names.index(keys[0].name)
            self.place_port(keys[0], max(0, min(len(names) - 1, index + step)))

    def port_up(self) -> None:
        self.order_port(-1)

    def port_down(self) -> None:
        self.order_port(1)

    def place_port(self, key: Key, index: int) -> bool:
        """Give an input or output a place in the order of its side; whether that changed it."""
        session, side = self.session, pill_side(key)
        names = [port.name for port in getattr(session.graph, side)]
        wanted = [name for name in names if name != key.name]
        wanted.insert(index, key.name)
        if wanted == names:
            return False
        return self.push(
            reorder_ports(session.document, session.location, side, wanted),
            tr("Make {name} port {number}").format(name=key.name, number=index + 1),
        )
