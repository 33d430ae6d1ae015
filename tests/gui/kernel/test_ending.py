"""The engine ends with its window and leaves nothing; a kernel from elsewhere is used, and left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from blockstudio.engine import launch
from blockstudio.engine import protocol as p
from blockstudio.gui.kernel import Kernel
from tests.helpers.processes import runs

from .conftest import WORKER, Heard, ask, look, run, wait


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
        kernel.shutdown()
        assert kernel.state == "stopped" and answers == []
    wait(lambda: set(threading.enumerate()) <= threads and process.num_fds() <= files)
    wait(lambda: set(process.children(recursive=True)) <= children)
    assert list(tmp_path.iterdir()) == []
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
    wait(lambda: not runs(engine))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """An ordinary Jupyter kernel, started by somebody else."""
    file = tmp_path / "foreign.json"
    code = f"from blockstudio.engine import service; service.use_worker({WORKER!r})"
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", str(file), f"--IPKernelApp.exec_lines={code}"]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    wait(lambda: process.poll() is not None or (file.exists() and file.read_text().strip().endswith("}")))
    assert process.poll() is None
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
    wait(lambda: kernel.state == "dead")
    assert heard.deaths[0].final
    kernel.shutdown()


def test_attaching_to_nothing(qapp: QApplication, tmp_path: Path) -> None:
    kernel = Kernel()
    heard = Heard(kernel)
    kernel.attach(tmp_path / "no.json")
    wait(lambda: kernel.state == "dead")
    assert "does not describe" in heard.deaths[0].template
    kernel.shutdown()
