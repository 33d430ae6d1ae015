"""The engine in its own process: asked, stopped, killed, lost and found again."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from blockstudio.engine import launch
from blockstudio.engine import protocol as p
from blockstudio.graph.model import Example
from blockstudio.gui import kernel as module
from blockstudio.gui.kernel import Kernel

WORKER = "tests.helpers.fake_worker:Worker"


def run(*what: str) -> p.RunModel:
    return p.RunModel({name: Example() for name in what})


def wait(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        QApplication.processEvents()
        time.sleep(0.001)


def ask(kernel: Kernel, request: p.Request, seconds: float = 60.0) -> Any:
    """The reply or the failure."""
    answers: list[Any] = []
    kernel.request(request, answers.append, answers.append)
    wait(lambda: answers, seconds)
    return answers[0]


def look(kernel: Kernel) -> dict[str, float]:
    """What the worker knows: value, revision, documents, pid."""
    return dict(ask(kernel, p.ShowTensor("a")).values)


class Heard:
    """Everything a kernel emitted."""

    def __init__(self, kernel: Kernel) -> None:
        self.states: list[str] = []
        self.deaths: list[Any] = []
        self.recoveries: list[Any] = []
        self.prints: list[str] = []
        self.stuck: list[bool] = []
        kernel.state_changed.connect(self.states.append)
        kernel.died.connect(self.deaths.append)
        kernel.recovered.connect(self.recoveries.append)
        kernel.printed.connect(self.prints.append)
        kernel.not_stopping.connect(lambda: self.stuck.append(True))


@pytest.fixture(scope="module")
def shared(qapp: QApplication) -> Iterator[Kernel]:
    """A kernel for tests that leave it alive."""
    kernel = Kernel(worker=WORKER)
    kernel.start()
    wait(lambda: kernel.state == "idle")
    yield kernel
    kernel.shutdown()


@pytest.fixture
def kernel(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel to be ill-treated."""
    monkeypatch.setattr(module, "SNAPSHOT_AFTER", 20)
    kernel = Kernel(worker=WORKER)
    kernel.start()
    wait(lambda: kernel.state == "idle")
    yield kernel
    kernel.shutdown()


# --- asking -----------------------------------------------------------------------------------------


def test_round_trip(shared: Kernel) -> None:
    shapes = ask(shared, p.UpdateDocument({}, 7))
    assert shapes.revision == 7 and shapes.ports[0].value.shape == (2, 10)
    assert look(shared)["pid"] != os.getpid()


def test_errors_come_back_as_failures(shared: Kernel) -> None:
    fault = ask(shared, p.ShowTensor("fault"))
    assert (fault.kind, fault.template, fault.path) == ("RunError", "It went {how}.", "Net/a")
    assert "ZeroDivisionError" in ask(shared, p.ShowTensor("bug")).detail


def test_looking_while_the_model_runs(shared: Kernel) -> None:
    done: list[Any] = []
    shared.request(run("sleep"), done.append)
    wait(lambda: shared.state == "busy")
    look(shared)
    assert not done
    wait(lambda: done)
    assert shared.state == "idle"


def test_looking_while_the_model_loops_in_python(shared: Kernel) -> None:
    failures: list[p.Failure] = []
    shared.request(run("loop"), None, failures.append)
    wait(lambda: shared.state == "busy")
    for _ in range(5):
        look(shared)
    assert shared.state == "busy"
    shared.interrupt()
    wait(lambda: failures)
    assert failures[0].interrupted


def test_thousands_of_documents_are_coalesced(shared: Kernel) -> None:
    before = look(shared)["documents"]
    replies: list[p.Shapes] = []
    for revision in range(1, 3001):
        shared.request(p.UpdateDocument({}, revision), replies.append)
    after = look(shared)
    assert after["revision"] == 3000
    assert after["documents"] - before <= 3
    wait(lambda: replies and replies[-1].revision == 3000)
    assert len(replies) <= 3


def test_a_run_waits_for_the_document_before_it(shared: Kernel) -> None:
    order: list[str] = []
    shared.request(p.UpdateDocument({"sleep": 0.2}, 1), lambda _: order.append("document"))
    shared.request(run("nothing"), lambda _: order.append("run"))
    shared.request(p.ShowTensor("a"), lambda view: order.append(f"look {dict(view.values)['revision']:.0f}"))
    wait(lambda: len(order) == 3)
    assert order[0] == "document" and set(order[1:]) == {"run", "look 1"}


def test_hundreds_of_quick_requests_are_all_answered(shared: Kernel) -> None:
    answers: list[Any] = []
    for _ in range(300):
        shared.request(p.ShowTensor("a"), answers.append)
    wait(lambda: len(answers) == 300, 60)


def test_what_the_model_prints_is_told_and_a_flood_is_dammed(shared: Kernel) -> None:
    heard = Heard(shared)
    ask(shared, run("print"))
    ask(shared, p.UpdateDocument({}, 1))
    ask(shared, run("print"))
    wait(lambda: "".join(heard.prints).count("printed by the model") == 2)
    assert "shapes" not in "".join(heard.prints)
    done: list[Any] = []
    shared.request(run("flood"), done.append)
    longest, last = 0.0, time.perf_counter()
    while not done:
        QApplication.processEvents()
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        time.sleep(0.001)
    assert longest < 0.3
    assert len(heard.prints) < 100
    ask(shared, run("sleep"))
    ask(shared, run("print"))
    wait(lambda: "printed by the model" in heard.prints[-1])
    assert "[…]" in "".join(heard.prints)


# --- callbacks ------------------------------------------------------------------------------------------


class Owner(QObject):
    """Something of the window's that asks."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Any] = []

    def take(self, reply: Any) -> None:
        self.objectName()
        self.got.append(reply)

    def ask(self, kernel: Kernel) -> None:
        kernel.request(p.ShowTensor("a"), lambda reply: self.take(reply))


def test_answers_to_the_deleted_are_dropped(shared: Kernel) -> None:
    import shiboken6

    kept, deleted, closing, forgotten = Owner(), Owner(), Owner(), Owner()
    for owner in (kept, deleted, forgotten):
        shared.request(p.ShowTensor("a"), owner.take)
    closing.ask(shared)
    shiboken6.delete(deleted)
    shiboken6.delete(closing)
    got = forgotten.got
    del forgotten, owner
    gc.collect()
    look(shared)
    assert len(kept.got) == 1
    assert not deleted.got and not closing.got and not got


def test_answers_to_the_cancelled_are_dropped(shared: Kernel) -> None:
    answers: list[Any] = []
    tickets = [shared.request(p.ShowTensor("a"), answers.append) for _ in range(3)]
    for ticket in tickets:
        ticket.cancel()
    look(shared)
    assert answers == []


# --- stopping, dying --------------------------------------------------------------------------------------


def test_an_endless_loop_is_stopped(shared: Kernel) -> None:
    failures: list[p.Failure] = []
    for _ in range(3):
        shared.request(run("loop"), None, failures.append)
        wait(lambda: shared.state == "busy")
        time.sleep(0.05)
        start = time.perf_counter()
        shared.interrupt()
        wait(lambda: shared.state == "idle")
        assert time.perf_counter() - start < 1.0
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
    start = time.perf_counter()
    failure = ask(kernel, run(what))
    assert failure.kind == "EngineError" and not failure.interrupted
    assert time.perf_counter() - start < 2.0
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
    wait(lambda: len(answers) == 3, 15)
    assert {type(answer).__name__ for answer in answers} == {"Failure", "Changed", "Shapes"}
    assert look(kernel)["value"] == 9.0


def test_killed_from_outside_while_idle(kernel: Kernel) -> None:
    heard = Heard(kernel)
    os.kill(int(look(kernel)["pid"]), signal.SIGKILL)
    start = time.perf_counter()
    wait(lambda: heard.deaths)
    assert time.perf_counter() - start < 2.0
    assert look(kernel)["revision"] == -1


def test_python_that_kills_the_engine_is_not_run_again(kernel: Kernel) -> None:
    heard = Heard(kernel)
    crash = {"crash": True, "definitions": [{"name": "A", "source": "os._exit(7)"}]}
    assert ask(kernel, p.UpdateDocument(crash, 1, trusted=True)).revision == 1
    assert len(heard.deaths) == 1 and heard.recoveries[0].code_held_back
    assert ask(kernel, p.UpdateDocument(crash, 2, trusted=True)).revision == 2
    assert len(heard.deaths) == 1
    kernel.restart()
    wait(lambda: kernel.state == "dead" or len(heard.recoveries) == 2, 20)
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
    wait(lambda: len(heard.deaths) == 2, 15)
    kernel.shutdown()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps such a limit")
def test_a_model_that_eats_the_memory_is_refused_more(qapp: QApplication) -> None:
    kernel = Kernel(worker=WORKER, memory_limit=2**30)
    kernel.start()
    failure = ask(kernel, run("memory"))
    assert failure.kind == "MemoryError"
    assert ask(kernel, run("nothing")).training
    kernel.shutdown()


# --- the end ------------------------------------------------------------------------------------------------


def test_shutdown_leaves_nothing(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    process = psutil.Process()
    kernel = Kernel(worker=WORKER)
    kernel.start()
    wait(lambda: kernel.state == "idle")
    kernel.shutdown()
    # What asyncio and zmq make once for the process is there now.
    threads, files, children = set(threading.enumerate()), process.num_fds(), set(process.children(recursive=True))
    for busy in (False, True):
        kernel.start()
        wait(lambda: kernel.state == "idle")
        answers: list[Any] = []
        if busy:
            kernel.request(run("loop"), answers.append, answers.append)
            wait(lambda: kernel.state == "busy")
        start = time.perf_counter()
        kernel.shutdown()
        assert time.perf_counter() - start < 3.5
        assert kernel.state == "stopped" and answers == []
    wait(lambda: set(threading.enumerate()) <= threads)
    assert list(tmp_path.iterdir()) == []
    assert process.num_fds() <= files
    assert set(process.children(recursive=True)) <= children
    assert ask(kernel, p.ListParameters()).kind == "EngineError"


def test_a_file_that_is_being_written_is_finished(kernel: Kernel, tmp_path: Path) -> None:
    kernel.request(p.SaveParameters(str(tmp_path / "net.params")))
    kernel.shutdown()
    assert (tmp_path / "net.params").read_text() == "saved"


def test_shutdown_while_it_starts(qapp: QApplication) -> None:
    kernel = Kernel(worker=WORKER)
    kernel.start()
    kernel.shutdown()
    kernel.start()
    wait(lambda: kernel.state == "idle")
    kernel.shutdown()


@pytest.mark.skipif(not launch.POSIX, reason="elsewhere Jupyter watches a handle of the parent")
def test_a_killed_window_takes_the_engine_with_it(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom PySide6.QtCore import QCoreApplication\nfrom blockstudio.gui.kernel import Kernel\n"
        "app = QCoreApplication([])\nkernel = Kernel(worker=sys.argv[1])\n"
        "kernel.state_changed.connect(lambda s: print(kernel._pid, flush=True) if s == 'idle' else None)\n"
        "kernel.start()\napp.exec()\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    window = subprocess.Popen([sys.executable, "-c", code, WORKER], stdout=subprocess.PIPE, text=True, env=environment)
    assert window.stdout is not None
    engine = psutil.Process(int(window.stdout.readline()))
    assert list(tmp_path.iterdir())
    window.kill()
    window.wait()
    window.stdout.close()
    wait(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, 2)
    assert list(tmp_path.iterdir()) == []


# --- a kernel from elsewhere ----------------------------------------------------------------------------------


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """An ordinary Jupyter kernel, started by somebody else."""
    file = tmp_path / "foreign.json"
    code = f"from blockstudio.engine import service; service.use_worker({WORKER!r})"
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", str(file), f"--IPKernelApp.exec_lines={code}"]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    end = time.monotonic() + 20
    while not file.exists() or not file.read_text().strip().endswith("}"):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    yield file, process
    process.kill()
    process.wait()


def test_attaching(qapp: QApplication, foreign: tuple[Path, subprocess.Popen[bytes]]) -> None:
    file, process = foreign
    kernel = Kernel()
    heard = Heard(kernel)
    kernel.attach(file)
    assert look(kernel)["pid"] == process.pid
    failures: list[p.Failure] = []
    kernel.request(run("loop"), None, failures.append)
    wait(lambda: kernel.state == "busy")
    look(kernel)
    kernel.interrupt()
    wait(lambda: failures)
    assert failures[0].interrupted
    kernel.shutdown()
    assert process.poll() is None, "it is not ours to end"
    kernel.attach(file)
    assert look(kernel)["pid"] == process.pid
    process.kill()
    start = time.perf_counter()
    wait(lambda: kernel.state == "dead")
    assert time.perf_counter() - start < 2.0
    assert heard.deaths[0].final
    kernel.shutdown()


def test_attaching_to_nothing(qapp: QApplication, tmp_path: Path) -> None:
    kernel = Kernel()
    heard = Heard(kernel)
    kernel.attach(tmp_path / "no.json")
    wait(lambda: kernel.state == "dead")
    assert "does not describe" in heard.deaths[0].template
    kernel.shutdown()
