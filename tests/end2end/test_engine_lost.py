"""The engine dies in the middle of things: what the window says was lost is what was lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtWidgets import QApplication

from blockstudio.engine import protocol as p
from blockstudio.engine.recovery import Keeper
from blockstudio.gui.panels.rules import apply_rule, tensor_rule
from tests.end2end.desk import Desk
from tests.end2end.test_bad_input import LINEAR, net, with_code

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")


@pytest.fixture
def desk(qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()
    qapp.sendPostedEvents(None, 52)


def values(desk: Desk) -> Any:
    return desk.ask(p.ShowTensor("lin.weight")).values


def kill_while(desk: Desk, begin: Callable[[], object], kind: type) -> None:
    """Begin something, and kill the engine while that is asked of it."""
    os.kill(desk.kernel._pid, signal.SIGSTOP)  # what is begun does not end
    begin()
    desk.wait(lambda: any(isinstance(t.request, kind) for t in desk.kernel._desk.under_way.values()))
    os.kill(desk.kernel._pid, signal.SIGKILL)
    desk.hear("running again")
    desk.settle()


def saved(desk: Desk) -> None:
    """Wait until the engine's parameters are in a snapshot."""
    keeper = desk.kernel._keeper
    assert keeper is not None
    desk.wait(lambda: keeper.snapshot is not None and not keeper.changes and not keeper._stale)
    desk.settle()


def edit(desk: Desk, number: int) -> None:
    """Edit the table of a tensor."""
    assert apply_rule(desk.session, "Net", tensor_rule("lin.weight", "0, 0", str(number)), "edit")


@pytest.fixture
def opened(desk: Desk) -> Desk:
    """A project whose parameters are changed, and safe in a snapshot."""
    assert desk.open(net(LINEAR))
    desk.settle()
    edit(desk, 7)
    desk.wait(lambda: desk.session.undo_stack.count() == 1)
    desk.settle()
    saved(desk)
    assert values(desk)[0][0] == 7
    desk.told.clear()
    return desk


def said(desk: Desk) -> str:
    return desk.hear("running again").text


def test_during_an_edit_of_a_table(opened: Desk) -> None:
    kill_while(opened, lambda: edit(opened, 8), p.ApplyInitializers)
    assert "killed" in said(opened) and "Parameters restored from" in said(opened)
    assert "lost" not in said(opened), "the edit had not happened, and is in no history"
    assert values(opened)[0][0] == 7
    assert len(opened.session.document.definition("Net").initializers) == 1
    assert any("ended while it was at work" in message.text for message in opened.told)


def test_after_edits_that_are_in_no_snapshot(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keeper, "next_snapshot", lambda keeper: None)
    for number in (8, 9):
        steps = opened.session.undo_stack.count()
        opened.ask(p.ApplyInitializers((tensor_rule("lin.bias", "0", str(number)),), "Net"))
        assert opened.session.undo_stack.count() == steps
    kill_while(opened, opened.window.late.run.run, p.RunModel)
    assert "The last 2 changes of parameters are lost" in said(opened)


def test_during_a_run(opened: Desk) -> None:
    kill_while(opened, opened.window.late.run.run, p.RunModel)
    assert "Parameters restored from" in said(opened) and "changes of parameters" not in said(opened)
    assert "Gradients and the values of the last run are gone" in said(opened)
    assert "ended while it was at work" in opened.window.late.run.problem.text()
    assert values(opened)[0][0] == 7
    opened.window.late.run.run()
    opened.wait(lambda: opened.session.run_result is not None)
    opened.session.undo_stack.undo()
    assert not opened.session.document.definition("Net").initializers, "the document's part of the step is undone"
    opened.settle()


def test_during_a_build(opened: Desk) -> None:
    engine = opened.window.engine
    assert engine is not None
    steps = opened.session.undo_stack.count()
    kill_while(opened, engine.rebuild, p.BuildModel)
    assert "Parameters restored from" in said(opened) and "lost" not in said(opened)
    assert any("ended while it was at work" in message.text for message in opened.told)
    assert not any("new starting value" in message.text for message in opened.told)
    assert opened.session.undo_stack.count() == steps
    assert values(opened)[0][0] == 7
    engine.rebuild()
    opened.hear("new starting value")
    opened.session.undo_stack.undo()
    opened.settle()
    assert values(opened)[0][0] == 7


def test_run_is_asked_for_while_the_engine_starts_again(opened: Desk) -> None:
    os.kill(opened.kernel._pid, signal.SIGKILL)
    opened.wait(lambda: opened.kernel.state == "restarting")
    opened.window.actions_by_id["run"].trigger()
    opened.wait(lambda: opened.session.run_result is not None)
    assert values(opened)[0][0] == 7, "it ran with what was restored"


def test_during_a_load_of_parameters(opened: Desk, tmp_path: Path) -> None:
    file = tmp_path / "new.params"
    torch.save({"lin.weight": torch.zeros(4, 4), "lin.bias": torch.zeros(4)}, file)
    load = p.LoadParameters(str(file))
    kill_while(opened, lambda: opened.window.late.files._start_loading(load.file, False), p.LoadParameters)
    assert "Parameters restored from" in said(opened) and "lost" not in said(opened)
    assert values(opened)[0][0] == 7
    assert not any("was loaded" in message.text for message in opened.told)
    opened.window.late.files.load_parameters(str(file))
    opened.hear("was loaded into the model")
    assert values(opened)[0][0] == 0


def test_python_that_kills_the_engine_is_held_back(desk: Desk) -> None:
    body = """
    def __init__(self):
        super().__init__()
        import os, signal; os.kill(os.getpid(), signal.SIGKILL)
    def forward(self, x): return x
"""
    assert desk.open(with_code(body), trusted=True)
    text = desk.hear("not run again until it is changed").text
    assert "killed" in text
    desk.wait(lambda: desk.kernel.state == "idle")
    desk.told.clear()
