from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import DeviceRow, Devices, Failure, ListDevices, MoveModel
from blockstudio.gui.panels.devices import DeviceMenu, device_text
from blockstudio.gui.session import Message, Session
from tests.helpers.engines import SilentKernel

CPU = DeviceRow("cpu", "CPU", 16 << 30, 9 << 30, True)
GPUS = (
    DeviceRow("cpu", "CPU", 16 << 30, 9 << 30, False),
    DeviceRow("cuda:0", "NVIDIA A100", 40 << 30, 38 << 30, True),
    DeviceRow("cuda:1", "NVIDIA A100", 40 << 30, None, False),
    DeviceRow("mps", "MPS", None, None, False),
)


@pytest.fixture
def menu(session: Session, qtbot: QtBot) -> QMenu:
    menu = QMenu()
    qtbot.addWidget(menu)
    DeviceMenu(session, menu)
    return menu


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_with_no_accelerator_the_menu_says_so(menu: QMenu, kernel: SilentKernel) -> None:
    menu.aboutToShow.emit()
    assert texts(menu) == ["Asking the engine…"]
    kernel.answer(ListDevices, Devices((CPU,)))
    assert texts(menu) == ["CPU – 9 GB free of 16 GB", "No accelerator was found on this machine"]
    cpu, _, none = menu.actions()
    assert cpu.isChecked()
    assert not none.isEnabled()


def test_what_comes_in_while_it_is_open_stays_on_the_screen(menu: QMenu, kernel: SilentKernel, qtbot: QtBot) -> None:
    room = menu.screen().availableGeometry()
    menu.popup(room.bottomRight())
    qtbot.waitUntil(menu.isVisible)
    kernel.answer(ListDevices, Devices(GPUS))
    qtbot.waitUntil(lambda: room.contains(menu.geometry()))
    assert menu.width() >= menu.sizeHint().width()


def test_every_accelerator_with_its_memory(menu: QMenu, kernel: SilentKernel) -> None:
    menu.aboutToShow.emit()
    kernel.answer(ListDevices, Devices(GPUS))
    assert texts(menu) == [
        "CPU – 9 GB free of 16 GB",
        "cuda:0  NVIDIA A100 – 38 GB free of 40 GB",
        "cuda:1  NVIDIA A100 – 40 GB",
        "MPS",
    ]
    assert [action.isChecked() for action in menu.actions()] == [False, True, False, False]


def test_choosing_one_moves_the_model(menu: QMenu, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    menu.aboutToShow.emit()
    kernel.answer(ListDevices, Devices(GPUS))
    menu.actions()[2].trigger()
    moved = tuple(DeviceRow(r.name, r.label, r.total_bytes, r.free_bytes, r.name == "cuda:1") for r in GPUS)
    with qtbot.waitSignal(session.parameters_changed):
        assert kernel.answer(MoveModel, Devices(moved)) == MoveModel("cuda:1")
    assert menu.actions()[2].isChecked()


def test_out_of_memory_says_so_and_nothing_has_moved(menu: QMenu, session: Session, kernel: SilentKernel) -> None:
    told: list[Message] = []
    session.message.connect(told.append)
    menu.aboutToShow.emit()
    kernel.answer(ListDevices, Devices(GPUS))
    menu.actions()[2].trigger()
    kernel.answer(MoveModel, Failure("DeviceError", "{device} has too little memory.", {"device": "cuda:1"}))
    assert told[0].text == "cuda:1 has too little memory."
    kernel.answer(ListDevices, Devices(GPUS))
    assert menu.actions()[1].isChecked()


@pytest.mark.parametrize("state", ["starting", "restarting", "dead", "stopped"])
def test_an_engine_that_is_not_there(menu: QMenu, kernel: SilentKernel, state: str) -> None:
    kernel.state_changed.emit(state)
    menu.aboutToShow.emit()
    assert len(texts(menu)) == 1
    assert not menu.actions()[0].isEnabled()
    assert kernel.pending(ListDevices) == []


def test_devices_in_words() -> None:
    assert device_text(DeviceRow("xpu:0", "xpu:0", 1024, 512, False)) == "xpu:0 – 512 B free of 1 KB"
