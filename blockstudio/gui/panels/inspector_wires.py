"""The sheet of one wire, or of one port of a node: what flows there, from where to where, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from blockstudio.graph.edits import Batch, Connect
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.facts.summaries import others_text
from blockstudio.gui.canvas.words import MISFITS
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.form import Section
from blockstudio.gui.panels.inspector_facts import activation_tip, tensor_of
from blockstudio.gui.panels.inspector_head import head
from blockstudio.gui.panels.quantities import shape_text
from blockstudio.gui.session import Session

MOST_ENDS = 12


class FlowSheet(QWidget):
    """What flows from `source`, and where it goes; `port` is the port that is looked at, None for a wire."""

    def __init__(
        self,
        session: Session,
        source: Endpoint | None,
        targets: Sequence[Endpoint],
        port: PortKey | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._source = source
        self._targets = targets
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        if port is None:
            layout.addWidget(head("mdi6.vector-line", "accent", tr("Wire")))
        else:
            words = tr("Output port {name}") if port.is_source else tr("Input port {name}")
            glyph = "mdi6.ray-start-arrow" if port.is_source else "mdi6.ray-end-arrow"
            layout.addWidget(
                head(glyph, "accent", words.format(name=port.port), tr("of {name}").format(name=port.node))
            )
        flow = Section(tr("What flows"))
        self.shape, self.dtype, self.run = QLabel(), QLabel(), plain_label()
        flow.add_row(tr("Shape"), self.shape)
        flow.add_row(tr("Type"), self.dtype)
        self.run.setWordWrap(True)
        self.run.setProperty("muted", True)
        flow.add(self.run)
        self.values = QPushButton(icon("mdi6.table-eye"), tr("Show its values"))
        self.values.setToolTip(tr("What flowed here in the last run"))
        self.values.clicked.connect(self._show_values)
        flow.add(self.values)
        self.wrong = plain_label()
        self.wrong.setWordWrap(True)
        self.wrong.setProperty("state", "error")
        flow.add(self.wrong)
        layout.addWidget(flow)
        layout.addWidget(self._ends())
        if targets:
            self._add_removal(layout)
        layout.addStretch(1)
        self.refresh()

    def _ends(self) -> Section:
        section = Section(tr("Ends"))
        if self._source is None:
            none = plain_label(tr("Nothing is plugged in."))
            none.setProperty("muted", True)
            section.add(none)
        else:
            section.add_row(tr("From"), self._link(self._source, tr("From"), is_source=True))
        for target in self._targets[:MOST_ENDS]:
            section.add_row(tr("To"), self._link(target, tr("To"), is_source=False))
        rest = len(self._targets) - MOST_ENDS
        if rest > 0:
            section.add(plain_label(tr("… and {count} more").format(count=rest)))
        return section

    def _link(self, end: Endpoint, word: str, *, is_source: bool) -> QPushButton:
        """A node by its name, a click away."""
        text = f"{end.node}.{end.port}" if end.node else end.port
        button = QPushButton(text)
        button.setProperty("link", True)
        button.setAccessibleName(f"{word} {text}")
        button.setToolTip(tr("Go to {name}").format(name=text))
        button.clicked.connect(partial(self._go, end, is_source))
        return button

    def _go(self, end: Endpoint, is_source: bool) -> None:
        session = self._session
        if end.node:
            session.show_node(session.location, end.node)
        else:
            session.select((), (("inputs" if is_source else "outputs", end.port),))

    def _add_removal(self, layout: QVBoxLayout) -> None:
        text = tr("Remove the wire") if len(self._targets) == 1 else tr("Remove the wires")
        remove = QPushButton(icon("mdi6.trash-can-outline"), text)
        remove.setToolTip(tr("Nothing flows there any more"))
        remove.clicked.connect(partial(self._remove, text))
        last = Section(tr("More"))
        last.add(remove)
        layout.addWidget(last)

    def _remove(self, text: str) -> None:
        session = self._session
        edits = tuple(Connect(session.location, target, None) for target in self._targets)
        with session.guard():
            session.push(Batch(edits), text)

    def _show_values(self) -> None:
        if self._source is not None:
            self._session.show_tensor(tensor_of(self._session.activation(self._session.location, *self._source)))

    def refresh(self) -> None:
        """Show what is known of the flow now."""
        session, source = self._session, self._source
        known = session.shape(session.location, *source) if source is not None else None
        unknown = tr("not known") if source is not None else tr("not wired")
        text = known.text if known is not None and known.shape is None else ""
        sizes = shape_text(known.shape) if known is not None else unknown
        self.shape.setText(tr(text) if text else f"{sizes} {others_text(known)}".strip())
        self.dtype.setText(known.dtype if known is not None and known.dtype else unknown)
        run = session.activation(session.location, *source) if source is not None else None
        self.run.setText(activation_tip(run))
        self.run.setVisible(bool(self.run.text()))
        self.values.setVisible(tensor_of(run) is not None)
        nodes = dict.fromkeys(target.node for target in self._targets if target.node)
        problems = [p for node in nodes for p in session.problems_of(session.location, node) if p.code in MISFITS]
        self.wrong.setText("\n".join(f"✕ {message(problem)}" for problem in problems))
        self.wrong.setVisible(bool(problems))


def flow_sheet(session: Session) -> tuple[object, Callable[[], FlowSheet]] | None:
    """What tells the sheet of the selected wire or port from others, and what makes it; None where none is."""
    edges, port = session.graph.edges, session.selected_port
    if port is not None and port.node:
        if port.is_source:
            source: Endpoint | None = port.endpoint
            targets = [target for target, start in edges.items() if start == port.endpoint]
        else:
            source = edges.get(port.endpoint)
            targets = [port.endpoint] if source is not None else []
    elif len(session.selected_wires) == 1:
        targets = list(session.selected_wires)
        source = edges[targets[0]]
    else:
        return None
    return (source, tuple(targets), port), partial(FlowSheet, session, source, targets, port)
