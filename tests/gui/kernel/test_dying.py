"""The engine is stopped, killed, lost and found again."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from blockstudio.engine import protocol as p
from blockstudio.gui.kernel import Kernel

from .conftest import WORKER, Heard, ask, look, run, wait


def test_an_endless_loop_is_stopped(shared: Kernel) -> None:
    failures: list[p.Failure] = []
    for _ in range(3):
        shared.request(run("loop"), None, failures.append)
        wait(lambda: shared.state == "busy")
        shared.interrupt()
        wait(lambda: shared.state == "idle")
    assert [failure.interrupted for failure in failures] == [True] * 3
    shared.interrupt()
    assert ask(shared, run("nothing")).training


def test_a_loop_that_swallows_interrupts_is_ended_by_a_restart(kernel: Kernel) -> None:
    heard = Heard(kernel)
    failures: list[p.Failure] = []
    kernel.request(run("stubborn"), None, failures.append)
    wait(lambda: kernel.state == "busy")
    kernel.interrupt()
    wait(lambda: heard.stuck)
    assert look(kernel)["pid"]
    kernel.restart()
    wait(lambda: kernel.state == "idle")
    assert failures[0].interrupted
    assert heard.deaths == [] and len(heard.recoveries) == 1
    assert heard.states[-2:] == ["restarting", "idle"]


@pytest.mark.parametrize(
    ("what", "words"),
    [("exit", "ended itself, with status 1"), ("kill", "killed"), ("segfault", "crashed (SIGSEGV)")],
)
def test_a_death_is_survived(kernel: Kernel, what: str, words: str) -> None:
    heard = Heard(kernel)
    ask(kernel, p.UpdateDocument({}, 5))
    ask(kernel, p.BuildModel(3))
    ask(kernel, p.ListParameters())
    ask(kernel, p.ApplyInitializers((), "Net", 42))
    wait(lambda: kernel._keeper is not None and kernel._keeper.snapshot and not kernel._keeper.changes)
    ask(kernel, p.SetMode(False))
    before = look(kernel)
    failure = ask(kernel, run(what))
    assert failure.kind == "EngineError" and not failure.interrupted
    after = look(kernel)
    assert after["pid"] != before["pid"]
    assert (after["value"], after["revision"]) == (42.0, 5.0)
    assert not ask(kernel, p.ListParameters()).training
    (death,), (recovery,) = heard.deaths, heard.recoveries
    assert words in death.template.format(**death.facts)
    assert death.during == ("RunModel",) and not death.final
    assert ("Segmentation fault" in death.detail) == (what == "segfault")
    assert recovery.snapshot and recovery.changes_lost == 0 and recovery.not_restored == ("b.weight",)
    assert heard.states[-4:] == ["busy", "dead", "restarting", "idle"]


def test_what_was_changed_since_the_snapshot_is_said_to_be_lost(kernel: Kernel) -> None:
    heard = Heard(kernel)
    ask(kernel, p.BuildModel(3))
    ask(kernel, p.ListParameters())
    wait(lambda: kernel._keeper is not None and kernel._keeper.snapshot)
    for value in (7, 8):
        kernel.request(p.ApplyInitializers((), "Net", value))
    assert ask(kernel, run("exit")).kind == "EngineError"
    wait(lambda: heard.recoveries)
    assert heard.recoveries[0].changes_lost == 2
    assert look(kernel)["value"] == 3.0


def test_what_waits_is_done_after_the_restart(kernel: Kernel) -> None:
    answers: list[Any] = []
    kernel.request(run("exit"), None, answers.append)
    kernel.request(p.ApplyInitializers((), "Net", 9), answers.append)
    kernel.request(p.UpdateDocument({}, 6), answers.append)
    wait(lambda: len(answers) == 3)
    assert {type(answer).__name__ for answer in answers} == {"Failure", "Changed", "Shapes"}
    assert look(kernel)["value"] == 9.0


def test_killed_from_outside_while_idle(kernel: Kernel) -> None:
    heard = Heard(kernel)
    os.kill(int(look(kernel)["pid"]), signal.SIGKILL)
    wait(lambda: heard.deaths)
    assert look(kernel)["revision"] == -1


def test_python_that_kills_the_engine_is_not_run_again(kernel: Kernel) -> None:
    heard = Heard(kernel)
    crash = {"crash": True, "definitions": [{"name": "A", "source": "os._exit(7)"}]}
    assert ask(kernel, p.UpdateDocument(crash, 1, trusted=True)).revision == 1
    assert len(heard.deaths) == 1 and heard.recoveries[0].code_held_back
    assert ask(kernel, p.UpdateDocument(crash, 2, trusted=True)).revision == 2
    assert len(heard.deaths) == 1
    kernel.restart()
    wait(lambda: kernel.state == "dead" or len(heard.recoveries) == 2)
    assert len(heard.deaths) == 2, "the user wanted it tried again"


def test_parameters_wait_until_the_model_can_be_built_again(kernel: Kernel) -> None:
    heard = Heard(kernel)
    ask(kernel, p.ApplyInitializers((), "Net", 42))
    ask(kernel, p.ListParameters())
    wait(lambda: kernel._keeper is not None and kernel._keeper.snapshot)
    crash = {"crash": True, "definitions": [{"name": "A", "source": "os._exit(7)"}]}
    ask(kernel, p.UpdateDocument(crash, 1, trusted=True))
    assert look(kernel)["value"] == 0.0
    ask(kernel, p.UpdateDocument({"definitions": [{"name": "A", "source": "pass"}]}, 2, trusted=True))
    assert look(kernel)["value"] == 42.0
    held, restored = heard.recoveries
    assert held.code_held_back and not restored.code_held_back
    assert held.snapshot == restored.snapshot and restored.snapshot is not None


def test_python_that_hangs_is_held_back_after_a_restart(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard(kernel)
    kernel._hangs.setInterval(100)
    hang = {"hang": True, "definitions": [{"name": "A", "source": "time.sleep(60)"}]}
    replies: list[Any] = []
    kernel.request(p.UpdateDocument(hang, 1, trusted=True), replies.append)
    wait(lambda: heard.stuck)
    kernel.restart()
    wait(lambda: heard.recoveries)
    assert heard.recoveries[0].code_held_back and heard.deaths == []
    assert [reply.revision for reply in replies] == [1]


def test_an_engine_that_keeps_dying_stays_dead_until_it_is_restarted(qapp: QApplication) -> None:
    kernel = Kernel(worker="tests.helpers.no_such_worker:Worker")
    heard = Heard(kernel)
    failures: list[p.Failure] = []
    kernel.start()
    kernel.request(p.ListParameters(), None, failures.append)
    wait(lambda: failures)
    assert kernel.state == "dead"
    assert heard.deaths[0].final and "no_such_worker" in str(heard.deaths[0].facts)
    assert ask(kernel, p.ListParameters()).kind == "EngineError"
    kernel.restart()
    wait(lambda: len(heard.deaths) == 2)
    kernel.shutdown()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps such a limit")
def test_a_model_that_eats_the_memory_is_refused_more(qapp: QApplication) -> None:
    kernel = Kernel(worker=WORKER, memory_limit=2**30)
    kernel.start()
    failure = ask(kernel, run("memory"))
    assert failure.kind == "MemoryError"
    assert ask(kernel, run("nothing")).training
    kernel.shutdown()
