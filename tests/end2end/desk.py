"""A whole window off screen with its real engine, and what it says to its user."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication, QDialog
from zmq.utils.garbage import gc as zmq_collector

from blockstudio.engine.protocol import Request
from blockstudio.gui.kernel import Kernel
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Message, Session
from blockstudio.gui.settings import Settings

PATIENCE = 60.0
"""Seconds that the engine gets on a busy machine."""


class Desk:
    """One window, used by test after test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        zmq_collector.start()  # which it does by itself with the first large message, in whichever test that is sent
        self.session = Session(settings=Settings(file=folder / "settings.ini"))
        self.window = MainWindow(self.session)
        self.window.resize(1300, 850)
        self.window.show()
        self.kernel = Kernel()
        self.told: list[Message] = []
        self.session.message.connect(self.told.append)
        self.window.use_kernel(self.kernel)
        self.kernel.start()
        self.wait(lambda: self.window.late.complete and self.kernel.state == "idle")

    def close(self) -> None:
        self.kernel.shutdown()
        zmq_collector.stop()
        self.forget_changes()
        self.window.close()
        self.session.close()
        self.window.deleteLater()

    def forget_changes(self) -> None:
        """Nothing is asked about when the document goes."""
        self.session.undo_stack.setClean()
        self.session.set_table(None)

    def wait(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        while not condition():
            said = [message.text for message in self.told]
            assert time.monotonic() < end, f"it did not come; said was {said}, the engine is {self.kernel.state}"
            QApplication.processEvents()
            time.sleep(0.002)

    def open(self, data: bytes, *, trusted: bool = False) -> bool:
        """Open a project file of these bytes as File > Open does."""
        self.forget_changes()
        file = self.folder / "opened.blocks"
        file.write_bytes(data)
        self.told.clear()
        done = self.window.files.open_path(file)
        if done and trusted:
            self.session.trust()
        return done

    def settle(self) -> None:
        """Wait until the document is checked and its shapes and parameters are known, or known not to be."""
        keeper = self.window.late.parameters.keeper
        self.wait(lambda: self.session.liveness.settled and keeper.settled and self.kernel.state == "idle")

    def ask(self, request: Request) -> Any:
        """What the engine answers, be it a failure."""
        answers: list[Any] = []
        self.kernel.request(request, answers.append, answers.append)
        self.wait(lambda: answers)
        return answers[0]

    def hear(self, words: str) -> Message:
        """Wait for a message with these words."""

        def found() -> list[Message]:
            return [message for message in self.told if words in message.text]

        self.wait(found)
        return found()[-1]

    def dialog(self) -> QDialog:
        """The dialog that is open."""
        self.wait(lambda: any(box.isVisible() for box in self.window.findChildren(QDialog)))
        return next(box for box in self.window.findChildren(QDialog) if box.isVisible())

    @property
    def problems(self) -> str:
        """What the list of problems says."""
        model = self.window.problems_panel.model
        return "\n".join(model.index(row, 0).data() for row in range(model.rowCount()))
