"""The menu of devices: the CPU and every accelerator, with their memory."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from blockstudio.engine.protocol import DeviceRow, Devices, Failure, ListDevices, MoveModel
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.asking import Question, report
from blockstudio.gui.panels.parts import engine_text
from blockstudio.gui.panels.quantities import bytes_text
from blockstudio.gui.session import Session


class DeviceMenu(QObject):
    """Fills a menu each time it is about to show; choosing a device moves the model there."""

    def __init__(self, session: Session, menu: QMenu) -> None:
        super().__init__(menu)
        self._session = session
        self._menu = menu
        self._rows: tuple[DeviceRow, ...] = ()
        self._list = Question(session, self._take, self._refused, self)
        self._move = Question(session, self._moved, self._not_moved, self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._about_to_show)
        self._fill()

    def _about_to_show(self) -> None:
        waiting = engine_text(self._session.engine_state)
        if waiting or not self._list.ask(ListDevices()):
            self._fill(waiting or engine_text("starting"))
        else:
            self._fill()

    def _take(self, devices: Devices) -> None:
        self._rows = devices.devices
        self._fill()
        if self._menu.isVisible():
            self._keep_on_screen()

    def _keep_on_screen(self) -> None:
        """It was placed when it was smaller."""
        menu, room = self._menu, self._menu.screen().availableGeometry()
        menu.resize(menu.sizeHint())
        x, y = room.right() + 1 - menu.width(), room.bottom() + 1 - menu.height()
        menu.move(max(room.left(), min(menu.x(), x)), max(room.top(), min(menu.y(), y)))

    def _refused(self, failure: Failure) -> None:
        report(self._session, failure)

    def _fill(self, waiting: str = "") -> None:
        # What is known already is shown at once, and replaced when the engine answers.
        self._menu.clear()
        if waiting or not self._rows:
            self._menu.addAction(waiting or tr("Asking the engine…")).setEnabled(False)
            return
        group = QActionGroup(self._menu)
        for row in self._rows:
            action = self._menu.addAction(device_text(row))
            action.setCheckable(True)
            action.setChecked(row.current)
            action.setToolTip(tr("Move parameters, buffers and inputs to {device}").format(device=row.name))
            action.triggered.connect(lambda _=False, row=row: self._choose(row))
            group.addAction(action)
        if all(row.name == "cpu" for row in self._rows):
            self._menu.addSeparator()
            self._menu.addAction(tr("No accelerator was found on this machine")).setEnabled(False)

    def _choose(self, row: DeviceRow) -> None:
        if not row.current:
            self._move.ask(MoveModel(row.name))

    def _moved(self, devices: Devices) -> None:
        self._take(devices)
        name = next((row.name for row in devices.devices if row.current), "")
        self._session.notify(tr("The model is on {device} now.").format(device=name), "success", key="device")
        self._session.parameters_changed.emit()

    def _not_moved(self, failure: Failure) -> None:
        report(self._session, failure)
        self._list.ask(ListDevices())


def device_text(row: DeviceRow) -> str:
    """A device with its memory, where it can tell: "cuda:0  NVIDIA A100 – 38 GB free of 40 GB"."""
    name = row.label if row.label.lower() == row.name else f"{row.name}  {row.label}"
    if row.total_bytes is None:
        return name
    total = bytes_text(row.total_bytes)
    if row.free_bytes is None:
        return tr("{device} – {total}").format(device=name, total=total)
    return tr("{device} – {free} free of {total}").format(device=name, free=bytes_text(row.free_bytes), total=total)
