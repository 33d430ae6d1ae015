"""Every check of the project: `python -m tests`.

Lint and types, then the tests that drive real windows (on an X server of their own), then all other tests
on every core with windows off screen. Everything runs even where something before it failed; the exit
status is 0 when all passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINDOW_TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
"""What tests in real windows need: a command, and the Debian package that has it."""


def main() -> int:
    python = sys.executable
    failed: list[str] = []
    started = time.monotonic()

    def stage(name: str, *command: str, **environment: str) -> None:
        print(f"== {name} (after {time.monotonic() - started:.0f} s)", flush=True)
        if subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode:
            failed.append(name)

    stage("lint", python, "-m", "ruff", "check")
    stage("format", python, "-m", "ruff", "format", "--check")
    stage("types", python, "-m", "mypy")
    missing = [package for command, package in WINDOW_TOOLS.items() if shutil.which(command) is None]
    if missing:
        print(f"== real windows: left out; on Debian or Ubuntu, run: sudo apt install {' '.join(missing)}", flush=True)
    else:
        with x_server() as display:
            stage("real windows", python, "-m", "pytest", "-m", "window", DISPLAY=display, QT_QPA_PLATFORM="xcb")
    if failed:
        print(f"!! failed so far: {', '.join(failed)}", flush=True)
    workers = max(2, min(8, os.cpu_count() or 2))
    stage("tests", python, "-m", "pytest", "-n", str(workers), "--dist", "worksteal", QT_QPA_PLATFORM="offscreen")
    return 1 if failed else 0


@contextmanager
def x_server() -> Iterator[str]:
    """An X server that shows its screen to nobody, on the first free display."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
