"""Control flow put round nodes, one way of reuse turned into another, and where things are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from blockstudio.catalog.ports import node_ports
from blockstudio.graph.control_commands import wrap
from blockstudio.graph.model import Node
from blockstudio.graph.sharing import Use, instances_of, partners, share, uses_of
from blockstudio.gui import matching
from blockstudio.gui.canvas.facts.faces import describe
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.placing import main_ports
from blockstudio.gui.i18n import tr
from blockstudio.gui.matching import Choice

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Composing:
    """Each is one undoable step; those that ask do so in a list over the canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    # --- control flow -----------------------------------------------------------------------------

    def repeat(self) -> None:
        """Put the selected nodes into a Repeat, each round with weights of its own."""
        self._wrap("repeat", tr("Repeat"))

    def only_if(self) -> None:
        """Put the selected nodes into a branch of an If, whose condition is then to be written."""
        self._wrap("if", tr("Only if"))

    def only_in_training(self) -> None:
        """Put the selected nodes into the branch of an If that runs in training."""
        self._wrap("training", tr("Only in training"))

    def _wrap(self, kind: Literal["repeat", "if", "training"], text: str) -> None:
        canvas, session = self._canvas, self._canvas.session
        location = session.location

        def ports(node: Node) -> tuple[str, str]:
            return main_ports(node_ports(session.document, location, node))

        with session.guard():
            edit, name = wrap(session.document, location, session.selection, kind, ports)
            if canvas.push(edit, text):
                canvas.select_keys([node_key(name)])

    # --- reuse ------------------------------------------------------------------------------------

    def share(self) -> None:
        """Ask which layer the selected node is to share the weights of."""
        session = self._canvas.session
        location, (name,) = session.location, session.selection
        found = partners(session.document, location, name)
        if not found:
            session.notify(tr("There is no other layer of this kind here that “{name}” could be.").format(name=name))
            return

        def take(use: Use) -> None:
            partner = use.node.name
            edit = share(session.document, location, name, partner)
            self._canvas.push(edit, tr("Share the weights of {name}").format(name=partner))

        prompt = tr("Whose weights should “{name}” have?").format(name=name)
        self._ask(found, take, prompt, tr("Layers of the same kind"))

    def show_uses(self) -> None:
        """List where the selected block or layer is used, or the block that is shown; one click goes there."""
        session = self._canvas.session
        if len(session.selection) != 1:
            self.show_instances(session.location.definition)
            return
        node = session.selected_nodes[0]
        self._show(uses_of(session.document, session.location, node), getattr(node, "definition", node.name))

    def show_instances(self, definition: str) -> None:
        """List every instance of a block."""
        self._show(instances_of(self._canvas.session.document, definition), definition)

    def _show(self, uses: Sequence[Use], name: str) -> None:
        session = self._canvas.session
        if not uses:
            session.notify(tr("“{name}” is not used anywhere.").format(name=name), key="uses")
            return

        def go(use: Use) -> None:
            session.show_node(use.location, use.node.name)

        prompt = tr("“{name}” is used here: {count}").format(name=name, count=len(uses))
        self._ask(uses, go, prompt, tr("Uses"))

    def _ask(self, uses: Sequence[Use], then: Callable[[Use], None], prompt: str, title: str) -> None:
        session = self._canvas.session
        document = session.document
        choices = []
        for index, use in enumerate(uses):
            face = describe(document, use.location, document.graph(use.location), use.node)
            detail = "  ".join(
                part for part in (face.title if face.title != use.node.name else "", face.detail) if part
            )
            choices.append(
                Choice(
                    str(index),
                    use.node.name,
                    use.location.path(),
                    icon=face.icon,
                    category=face.category,
                    detail=detail,
                    doc=use.node.comment,
                )
            )

        def take(payload: str) -> None:
            with session.guard():
                then(uses[int(payload)])

        self._canvas.search_popup.open_large(
            lambda text: matching.ranked(choices, text), take, prompt=prompt, title=title
        )
