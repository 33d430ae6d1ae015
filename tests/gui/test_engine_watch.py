"""What happens to the engine is told, with what was lost, and the session forgets what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Signal

from blockstudio.engine.protocol import BuildModel, Changed, Failure, RestoreSnapshot, SetMode
from blockstudio.engine.recovery import Death, Recovery
from blockstudio.gui.engine_watch import EngineWatch
from blockstudio.gui.session import Message, Session
from tests.helpers.engines import SilentKernel, row, table


class MortalKernel(SilentKernel):
    died = Signal(object)
    recovered = Signal(object)
    not_stopping = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.restarted = 0
        self.forgotten = 0

    def restart(self) -> None:
        self.restarted += 1

    def forget(self) -> None:
        self.forgotten += 1


@pytest.fixture
def kernel(qapp: object) -> MortalKernel:
    return MortalKernel()


@pytest.fixture
def told(session: Session) -> list[Message]:
    messages: list[Message] = []
    session.message.connect(messages.append)
    return messages


@pytest.fixture
def watch(session: Session, kernel: Any) -> EngineWatch:
    watch = EngineWatch(session, kernel, session)
    session.attach(kernel)
    return watch


def test_a_death_is_told_and_its_snapshots_are_gone(
    watch: EngineWatch, kernel: MortalKernel, session: Session, told: list[Message]
) -> None:
    session.push_snapshot("t0", "Edit values")
    kernel.died.emit(Death("The engine crashed ({signal}).", {"signal": "SIGSEGV"}, "last words"))
    assert "SIGSEGV" in told[-1].text and "safe" in told[-1].text and told[-1].details == "last words"
    session.undo_stack.undo()
    assert not session.undo_stack.canRedo(), "a step that cannot be undone is passed over"


def test_what_was_lost_is_said(watch: EngineWatch, kernel: MortalKernel, told: list[Message]) -> None:
    kernel.died.emit(Death("The engine crashed ({signal}).", {"signal": "SIGSEGV"}))
    kernel.recovered.emit(Recovery(None, 3, failure=Failure("TensorFileError", "The file is cut off.")))
    texts = " ".join(message.text for message in told)
    assert "running again" in texts and "last 3 changes" in texts and "cut off" in texts


def test_a_final_death_offers_a_restart(watch: EngineWatch, kernel: MortalKernel, told: list[Message]) -> None:
    kernel.died.emit(Death("It keeps ending.", final=True))
    dict(told[-1].actions)["Restart the engine"]()
    assert kernel.restarted == 1


def test_a_run_that_does_not_stop_offers_one_too(watch: EngineWatch, kernel: MortalKernel, told: list[Message]) -> None:
    watch.stop()
    assert kernel.interrupted == 1
    kernel.not_stopping.emit()
    dict(told[-1].actions)["Restart the engine"]()
    assert kernel.restarted == 1


def test_the_menu_builds_and_switches(watch: EngineWatch, kernel: MortalKernel, session: Session) -> None:
    watch.rebuild()
    kernel.answer(BuildModel, Changed("token"))
    assert session.undo_stack.undoText() == "Initialise again"
    session.undo_stack.undo()
    assert kernel.pending(RestoreSnapshot) == [RestoreSnapshot("token")]
    built = table(row("a", (2,)))
    watch.switch_mode()
    assert kernel.answer(SetMode, built) == SetMode(not built.training)


def test_another_document_needs_no_snapshots(watch: EngineWatch, kernel: MortalKernel, session: Session) -> None:
    session.replace(session.document)
    assert kernel.forgotten == 1
