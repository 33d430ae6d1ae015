"""The inputs and outputs of a graph: the list of them, and the sheet of a selected one."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import evolve
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from blockstudio.catalog.ports import INPUT, OUTPUT, is_row, source_of
from blockstudio.graph.model import Example, Port
from blockstudio.graph.port_commands import add_port, remove_port, rename_port, reorder_ports, set_port
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.navigation import Side
from blockstudio.gui.panels.form import Field, Section, small_button
from blockstudio.gui.panels.inspector_facts import flow_text
from blockstudio.gui.panels.inspector_head import head
from blockstudio.gui.panels.parts import emptied
from blockstudio.gui.panels.run_inputs import InputRow
from blockstudio.gui.session import Session


class PortList(Section):
    """The inputs or outputs of the shown graph: rename, add, remove, put in another order."""

    def __init__(self, session: Session, side: Side, parent: QWidget | None = None) -> None:
        super().__init__(tr("Inputs") if side == "inputs" else tr("Outputs"), parent)
        self._session = session
        self._side: Side = side
        self._names: list[str] | None = None
        self._fixed = is_row(session.document, session.location)
        """A Sequential has one input and one output."""
        self._rows: list[tuple[Field, QLabel]] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        tip = tr("Add an input") if side == "inputs" else tr("Add an output")
        if not self._fixed:
            self.extra.addWidget(small_button("mdi6.plus", tip, self.add_one))

    def refresh(self) -> None:
        session = self._session
        ports = self._ports()
        names = [port.name for port in ports]
        if names != self._names:
            self._names = names
            self._make_rows(names)
        for name, (field, shape) in zip(names, self._rows, strict=True):
            field.show_text(name)
            if self._side == "inputs":
                shape.setText(flow_text(session.shape(session.location, "", name)))
            else:
                source = source_of(session.document, session.location, "", name)
                shape.setText(flow_text(session.shape(session.location, *source)) if source else tr("not wired"))

    def add_one(self) -> None:
        """Add a port with a free name."""
        session, ports = self._session, self._ports()
        wanted = "x" if self._side == "inputs" else "y"
        taken = {port.name for port in ports}
        name = next(n for n in [wanted, *(f"{wanted}{i}" for i in range(2, len(ports) + 3))] if n not in taken)
        x = ports[-1].position[0] if ports else (0.0 if self._side == "inputs" else 560.0)
        y = ports[-1].position[1] + 90.0 if ports else 0.0
        with session.guard():
            edit = add_port(session.document, session.location, self._side, name, (x, y))
            session.push(edit, tr("Add {name}").format(name=name))

    def _ports(self) -> list[Port]:
        ports: list[Port] = getattr(self._session.graph, self._side)
        if self._fixed and not ports:
            return [Port(INPUT if self._side == "inputs" else OUTPUT)]
        return ports

    def _make_rows(self, names: list[str]) -> None:
        emptied(self.rows)
        self._rows = []
        for i, name in enumerate(names):
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(2)
            field = Field()
            field.setAccessibleName(tr("Name of {name}").format(name=name))
            field.setToolTip(tr("An argument of forward") if self._side == "inputs" else tr("What the block returns"))
            field.committed.connect(lambda new, old=name, field=field: self._rename(old, new, field))
            shape = QLabel()
            shape.setProperty("muted", True)
            row.addWidget(field, 1)
            row.addSpacing(4)
            row.addWidget(shape, 1)
            self.rows.addWidget(line)
            self._rows.append((field, shape))
            field.setReadOnly(self._fixed)
            if self._fixed:
                continue
            up = small_button("mdi6.arrow-up", tr("Move up"), partial(self._move, i, -1))
            up.setEnabled(i > 0)
            row.addWidget(up)
            row.addWidget(
                small_button("mdi6.close", tr("Remove {name}").format(name=name), partial(self._remove, name))
            )
        if not names:
            none = QLabel(tr("None: the block takes nothing.") if self._side == "inputs" else tr("None yet."))
            none.setProperty("muted", True)
            self.rows.addWidget(none)

    def _rename(self, old: str, new: str, field: Field) -> None:
        session = self._session
        with session.guard():
            edit = rename_port(session.document, session.location, self._side, old, new.strip())
            session.push(edit, tr("Rename {name}").format(name=old))
            return
        field.revert()

    def _remove(self, name: str) -> None:
        session = self._session
        with session.guard():
            edit = remove_port(session.document, session.location, self._side, name)
            session.push(edit, tr("Remove {name}").format(name=name))

    def _move(self, index: int, step: int) -> None:
        session = self._session
        names = [port.name for port in self._ports()]
        names[index], names[index + step] = names[index + step], names[index]
        with session.guard():
            edit = reorder_ports(session.document, session.location, self._side, names)
            session.push(edit, tr("Reorder the ports"))


class PortSheet(QWidget):
    """One input or output of the block: its name, what it is given to work out shapes, its default."""

    def __init__(self, session: Session, side: Side, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._side: Side = side
        self._name = name
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        is_input = side == "inputs"
        layout.addWidget(
            head(
                "mdi6.login-variant" if is_input else "mdi6.logout-variant",
                "accent",
                tr("Input {name}").format(name=name) if is_input else tr("Output {name}").format(name=name),
                tr("An argument of forward") if is_input else tr("What the block returns"),
            )
        )
        section = Section(tr("Name"))
        self.name = Field()
        section.add_row(tr("Name"), self.name, tr("The name in the Python code"))
        self.name.committed.connect(self._rename)
        self.shape = QLabel()
        self.shape.setProperty("muted", True)
        section.add_row(tr("Shape"), self.shape, tr("What flows here"))
        layout.addWidget(section)
        self.example: InputRow | None = None
        if is_input and not session.location.steps:
            self._add_example(layout)
        remove = QPushButton(icon("mdi6.trash-can-outline"), tr("Remove {name}").format(name=name))
        remove.setToolTip(tr("Remove it here and wherever the block is used"))
        remove.clicked.connect(self._remove)
        last = Section(tr("More"))
        last.add(remove)
        layout.addWidget(last)
        layout.addStretch(1)
        self.refresh()

    def _add_example(self, layout: QVBoxLayout) -> None:
        session = self._session
        example = Section(tr("Example"))
        port = self._port()
        assert port is not None
        self.example = InputRow(session, port)
        self.example.changed.connect(self._set_example)
        self.example.name.setText(tr("Values"))
        example.add(self.example)
        note = QLabel(
            tr("What the model is run on, and its shapes are worked out for.")
            if session.location.definition == session.document.root
            else tr("Shapes are worked out for this as long as nothing uses the block.")
        )
        note.setWordWrap(True)
        note.setProperty("muted", True)
        example.add(note)
        layout.addWidget(example)
        self.default = Field()
        self.default.setPlaceholderText(tr("none: it must be given"))
        example.add_row(
            tr("Default"), self.default, tr("An expression that is used where nothing is wired to this input")
        )
        self.default.committed.connect(lambda text: self._set(default=text.strip()))

    def _port(self) -> Port | None:
        ports: list[Port] = getattr(self._session.graph, self._side)
        return next((port for port in ports if port.name == self._name), None)

    def refresh(self) -> None:
        port = self._port()
        if port is None:
            return
        session = self._session
        self.name.show_text(port.name)
        document, location = session.document, session.location
        source = ("", port.name) if self._side == "inputs" else source_of(document, location, "", port.name)
        self.shape.setText(flow_text(session.shape(session.location, *source)) if source else tr("not wired"))
        if self.example is not None:
            self.example.show_example(port.example or Example())
            self.default.show_text(port.default)

    def _set_example(self, example: Example) -> None:
        self._set(example=example)

    def _set(self, **changes: Any) -> None:
        session, port = self._session, self._port()
        if port is not None:
            with session.guard():
                edit = set_port(session.document, session.location, self._side, evolve(port, **changes))
                session.push(edit, tr("Change {name}").format(name=port.name))

    def _rename(self, new: str) -> None:
        session = self._session
        with session.guard():
            new = new.strip()
            session.push(
                rename_port(session.document, session.location, self._side, self._name, new),
                tr("Rename {name}").format(name=self._name),
            )
            session.select((), ((self._side, new),))
            return
        self.name.revert()

    def _remove(self) -> None:
        session = self._session
        with session.guard():
            session.push(
                remove_port(session.document, session.location, self._side, self._name),
                tr("Remove {name}").format(name=self._name),
            )
