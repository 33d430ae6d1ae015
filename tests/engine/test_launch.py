"""The command line of the kernel, its memory limit, and its end with its parent."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from blockstudio.engine import launch
from tests.helpers.processes import runs

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps such a limit")


def test_command_in_a_checkout_and_in_a_frozen_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = launch.command(tmp_path, memory_limit=5)
    assert command[:3] == [sys.executable, "-m", "blockstudio.engine.launch"]
    assert command[-2:] == ["--memory-limit", "5"]
    assert "{connection_file}" in command
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert launch.command(tmp_path)[:2] == [sys.executable, "--kernel"]


def test_memory_of_machine() -> None:
    assert (launch.memory_of_machine() or 0) > 2**28


@linux
def test_allocations_beyond_the_limit_raise() -> None:
    code = "\n".join([
        "from blockstudio.engine.launch import limit_memory",
        "assert limit_memory(2**28)",
        "try: bytearray(2**29)",
        "except MemoryError: print('refused')",
        "print(len(bytearray(2**26)))",
        "print(open('/proc/self/oom_score_adj').read().strip())",
    ])  # fmt: skip
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert printed == ["refused", str(2**26), "800"]


def started(directory: Path, monkeypatch: pytest.MonkeyPatch, *, frozen: bool = False) -> list[str]:
    """The command line of a kernel, connection file and all."""
    if frozen:
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    command = launch.command(directory, "tests.helpers.fake_worker:Worker")
    monkeypatch.undo()
    if frozen:
        command[1:1] = ["-m", "blockstudio"]  # what stands for the frozen app
    return [str(directory / "connection.json") if part == "{connection_file}" else part for part in command]


def test_the_frozen_app_is_the_kernel_if_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = started(tmp_path, monkeypatch, frozen=True)
    assert command[1:4] == ["-m", "blockstudio", launch.FROZEN_FLAG]
    kernel = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    assert kernel.stdin is not None
    while not (tmp_path / "connection.json").exists():
        assert kernel.poll() is None
        time.sleep(0.05)
    loaded = Path(f"/proc/{kernel.pid}/maps")
    assert not loaded.exists() or "PySide6" not in loaded.read_text()
    kernel.stdin.close()
    kernel.wait(60)


@pytest.mark.skipif(not launch.POSIX, reason="elsewhere Jupyter watches a handle of the parent")
def test_ends_with_its_parent_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = Path(tempfile.mkdtemp(prefix="blockstudio-"))  # short, as sockets need it
    command = started(directory, monkeypatch)
    parent = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys, time\n"
         "null, pipe = subprocess.DEVNULL, subprocess.PIPE\n"
         "child = subprocess.Popen(sys.argv[1:], stdin=pipe, stdout=null, start_new_session=True)\n"
         "print(child.pid, flush=True)\ntime.sleep(60)", *command],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    kernel = psutil.Process(int(parent.stdout.readline()))
    while not (directory / "connection.json").exists():
        assert kernel.is_running()
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    while runs(kernel):
        time.sleep(0.02)
    assert not directory.exists()
