"""What is known of the selected node: what flows through it, and what it owns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import node_ports, source_of
from blockstudio.engine.protocol import Activation, ParameterRow, Problem, TensorShape
from blockstudio.errors import BlockStudioError, mark
from blockstudio.graph.model import Call, Constant, Instance, Layer, Node, Parameter, Repeat, Sequential
from blockstudio.graph.scopes import owner_of
from blockstudio.gui.canvas.facts.summaries import others_text
from blockstudio.gui.fixes import fixes_of, mend
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.icons import IconLabel, icon
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels import places
from blockstudio.gui.panels.form import Elided, ElidedButton, Section
from blockstudio.gui.panels.parts import emptied
from blockstudio.gui.panels.quantities import bytes_text, count_text, shape_text, value_text
from blockstudio.gui.session import Session, TensorRef

MOST_ROWS = 12
"""Parameters listed one by one; the panel of parameters has all."""


DIRECTIONS = {
    "→": ("mdi6.arrow-right-thin", mark("Input {name}")),
    "←": ("mdi6.arrow-left-thin", mark("Output {name}")),
    "∂": ("mdi6.math-integral", mark("Gradient of {name}")),
}
"""Icon and words of what is told of a port."""


class FlowSection(Section):
    """The ports of a node: shapes, and after a run statistics and gradients."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("Inputs and outputs"), parent)
        self._session = session
        self._shown: object = None
        self._grid = Grid()
        self.add(self._grid)
        self.reading = plain_label()
        self.reading.setWordWrap(True)
        self.reading.setProperty("muted", True)
        self.add(self.reading)
        self.wrong = plain_label()
        self.wrong.setWordWrap(True)
        self.wrong.setProperty("state", "error")
        self.add(self.wrong)
        self.fixes = QVBoxLayout()
        self.fixes.setSpacing(4)
        self.rows.addLayout(self.fixes)

    def refresh(self) -> None:
        session = self._session
        node = session.selected_nodes[0]
        ports = node_ports(session.document, session.location, node)
        location = session.location
        rows: list[tuple[str, str, str, str, TensorRef | None]] = []
        for port in ports.inputs:
            source = source_of(session.document, location, node.name, port.name)
            if source is None and (port.optional or port.advanced):
                continue
            shape = session.shape(location, *source) if source else None
            text = flow_text(shape) if source else tr("not wired")
            run = session.activation(location, *source) if source else None
            rows.append(("→", port.name, text, activation_tip(run), tensor_of(run)))
            if run is not None and run.gradient is not None:
                about = tr("mean {mean}, std {std}").format(
                    mean=value_text(run.gradient.mean), std=value_text(run.gradient.std)
                )
                tip = tr("Gradient of the output by this input, in the last run")
                rows.append(("∂", port.name, about, tip, TensorRef(f"{run.path}|{run.port}", "gradient")))
        for port in ports.outputs:
            shape = session.shape(location, node.name, port.name)
            run = session.activation(location, node.name, port.name)
            rows.append(("←", port.name, flow_text(shape), activation_tip(run), tensor_of(run)))
        problems = session.problems_of(location, node.name)
        texts = [message(problem) for problem in problems if problem.severity != "info"]
        reading = self._reading(node)
        if (rows, texts, reading) == self._shown:
            return
        self._shown = (rows, texts, reading)
        self.reading.setText(reading)
        self.reading.setVisible(bool(reading))
        self._grid.clear()
        for direction, name, text, tip, tensor in rows:
            glyph, sign = DIRECTIONS[direction]
            title = tr(sign).format(name=name)
            self._grid.add_row(
                glyph,
                title if direction == "∂" else name,
                text,
                f"{title}: {text}" + (f"\n{tip}" if tip else ""),
                partial(session.show_tensor, tensor) if tensor else None,
            )
        self.wrong.setText("\n".join(texts))
        self.wrong.setVisible(bool(texts))
        self._show_fixes(problems)
        self.setVisible(bool(rows or texts))

    def _reading(self, node: Node) -> str:
        """How a layer that reads sequences takes what flows in: torch does not object to steps taken for examples."""
        session = self._session
        owner = owner_of(session.document, session.location, node) if isinstance(node, Call) else None
        layer = owner[1] if owner else node
        entry = catalog().get(layer.type) if isinstance(layer, Layer) else None
        option = entry.option("batch_first") if entry else None
        source = source_of(session.document, session.location, node.name, entry.inputs[0].name) if entry else None
        flowing = session.shape(session.location, *source) if source else None
        if not isinstance(layer, Layer) or option is None or flowing is None or len(flowing.shape or ()) != 3:
            return ""
        first = bool(layer.options.get("batch_first", option.default))
        sizes = flowing.shape[:2] if flowing.shape else (0, 0)
        batch, length = sizes if first else reversed(sizes)
        text = tr("It reads {batch} sequences of {length} steps (batch_first is {value}).")
        return text.format(batch=batch, length=length, value=first)

    def _show_fixes(self, problems: list[Problem]) -> None:
        emptied(self.fixes)
        for problem in problems:
            for fix in fixes_of(self._session, problem):
                button = ElidedButton(icon("mdi6.auto-fix"), fix.text)
                button.clicked.connect(partial(mend, self._session, problem, fix.text))
                self.fixes.addWidget(button)


class OwnedSection(Section):
    """The parameters and buffers of a node, each a click from its values."""

    initializers_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("Parameters"), parent)
        self._session = session
        self._shown: object = None
        self._grid = Grid()
        self.add(self._grid)
        self.initialize = QPushButton(icon("mdi6.dice-5-outline"), tr("Initialise…"))
        self.initialize.setToolTip(tr("Choose what these parameters start from"))
        self.initialize.clicked.connect(self.initializers_requested)
        self.add(self.initialize)

    def refresh(self) -> None:
        session = self._session
        node = session.selected_nodes[0]
        owns = isinstance(node, Layer | Instance | Call | Sequential | Constant | Parameter | Repeat)
        rows = self._rows(node) if owns else []
        if rows == self._shown:
            return
        self._shown = rows
        self.setVisible(bool(rows))
        self._grid.clear()
        if not rows:
            return
        prefix = _prefix([row.path for row in rows])
        for row in rows[:MOST_ROWS]:
            short = row.path.removeprefix(prefix)
            text = f"{shape_text(row.shape)}  {count_text(row.count)}"
            tip = tr("{path}: {dtype} on {device}, {bytes}").format(
                path=row.path, dtype=row.dtype, device=row.device, bytes=bytes_text(row.bytes)
            )
            tip += "\n" + (tr("It has a gradient.") if row.has_gradient else tr("No gradient yet."))
            self._grid.add_row(
                "mdi6.tune-variant" if row.kind == "parameter" else "mdi6.snowflake",
                short,
                text,
                tip,
                partial(session.show_tensor, TensorRef(row.path)),
            )
        own = [row for row in rows if not row.shared_with]
        total = sum(row.count for row in own)
        if len(rows) > 1:
            more = tr("{count} tensors").format(count=len(rows))
            self._grid.add_row("mdi6.sigma", more, count_text(total), bytes_text(sum(row.bytes for row in own)))
        self.initialize.setVisible(any(row.kind == "parameter" for row in rows))

    def _rows(self, node: Node) -> list[ParameterRow]:
        session = self._session
        if session.table is None:
            return []
        block = places.shown_module(session.document, session.trail)
        if block is None:
            return []
        try:
            module = places.join(block, places.module_of(session.document, session.location, node.name))
        except (BlockStudioError, ValueError, KeyError):
            return []
        return [row for row in session.table.rows if row.path == module or row.path.startswith(f"{module}.")]


class Grid(QWidget):
    """Rows of icon, name and value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._next = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 2)
        self._grid.setColumnStretch(2, 3)

    def clear(self) -> None:
        self._next = 0
        emptied(self._grid)

    def add_row(self, glyph: str, name: str, value: str, tip: str, act: Callable[[], None] | None = None) -> None:
        row = self._next
        self._next += 1
        sign = IconLabel(glyph, "muted", 14)
        label: QWidget
        if act is None:
            label = Elided(name)
        else:
            label = QPushButton(name)
            label.setProperty("link", True)
            label.clicked.connect(lambda: act())
            label.setAccessibleName(tr("Show the values of {name}").format(name=name))
        number = Elided(value)
        number.setProperty("muted", True)
        for column, widget in enumerate((sign, label, number)):
            widget.setToolTip(tip)
            self._grid.addWidget(widget, row, column)


def flow_text(value: TensorShape | None) -> str:
    """Shape and dtype of what flows somewhere; "?" when it is not known."""
    if value is None:
        return "?"
    if value.shape is None:
        return tr(value.text) or "?"
    return " ".join(part for part in (shape_text(value.shape), value.dtype, others_text(value)) if part)


def tensor_of(activation: Activation | None) -> TensorRef | None:
    """What the panel of tensors calls what flowed on a wire; None where it was no tensor."""
    if activation is None or activation.statistics is None:
        return None
    return TensorRef(f"{activation.path}|{activation.port}", "activation")


def activation_tip(activation: Activation | None) -> str:
    """What the last run found on a wire."""
    if activation is None or activation.statistics is None:
        return ""
    s = activation.statistics
    return tr("Last run: mean {mean}, std {std}, from {low} to {high}").format(
        mean=value_text(s.mean), std=value_text(s.std), low=value_text(s.min), high=value_text(s.max)
    )


def _prefix(paths: list[str]) -> str:
    """The module path, with its dot, that all share."""
    first = paths[0].split(".")[:-1]
    while first and not all(path.startswith(".".join(first) + ".") for path in paths):
        first.pop()
    return ".".join(first) + "." if first else ""
