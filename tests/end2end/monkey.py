"""A monkey at a real window: clicks, drags, keys and letters at random, by the X server, from outside the program."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
from attrs import frozen

WIDTH, HEIGHT = 1500, 950
TOP = 90
"""Menus and tools above this are left alone: they open other projects, other languages and other windows."""
KEYS = (
    "Delete", "Escape", "Tab", "Left", "Right", "Up", "Down", "shift+Right", "Next", "Prior", "F2", "Return", "f", "l",
    "e", "w", "m", "k", "b", "ctrl+z", "ctrl+z", "ctrl+y", "ctrl+c", "ctrl+v", "ctrl+x", "ctrl+d", "ctrl+g",
    "ctrl+shift+g", "ctrl+a", "ctrl+j", "ctrl+l", "ctrl+0", "ctrl+1", "F8", "F6", "ctrl+r", "ctrl+b",
)  # fmt: skip
WORDS = ("linear", "relu", "x1", "conv", "64", "n * 2", "a + b", "note", "0.1")
SETTLING = 0.4
"""Share of the time after which everything that is made once is there, and memory has to stay as it is."""


@frozen
class Report:
    """How it went."""

    steps: int
    alive: bool
    said: str
    """What the program wrote where it writes what went wrong."""
    growth: float
    """Megabytes of memory between the settled program and the end."""


class Monkey:
    """`folder` is the home of the program, and where it may save what it likes."""

    def __init__(self, folder: Path, project: Path, environment: dict[str, str], seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._said = folder / "said.txt"
        names = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR")
        self._environment = environment | {name: str(folder) for name in names}
        with self._said.open("w") as said:
            command = [sys.executable, "-m", "blockstudio", str(project)]
            self._program = subprocess.Popen(
                command, cwd=folder, env=self._environment, stdout=said, stderr=subprocess.STDOUT
            )

    def play(self, seconds: float) -> Report:
        """Play for so long; the program is ended in any case."""
        try:
            self._find_window()
            start, steps, settled = time.monotonic(), 0, 0.0
            while (passed := time.monotonic() - start) < seconds and self._program.poll() is None:
                if not settled and passed > SETTLING * seconds:
                    settled = self._memory()
                self._step()
                steps += 1
            self._send("key", "Escape", "key", "Escape")
            time.sleep(1.0)
            alive = self._program.poll() is None
            growth = self._memory() - settled if alive else 0.0
        finally:
            self._end()
        return Report(steps, alive, self._said.read_text(), growth)

    def _find_window(self) -> None:
        pid = str(self._program.pid)
        for _ in range(300):
            found = self._send("search", "--onlyvisible", "--pid", pid, "--name", "BlockStudio")
            if found:
                window = found.split()[-1]
                self._send("windowmove", window, "0", "0", "windowsize", window, str(WIDTH), str(HEIGHT))
                self._send("windowfocus", window)
                time.sleep(3.0)
                return
            time.sleep(0.2)
        raise AssertionError(f"no window has opened: {self._said.read_text()}")

    def _end(self) -> None:
        processes = [self._program.pid]
        if self._program.poll() is None:
            processes += [child.pid for child in psutil.Process(self._program.pid).children(recursive=True)]
        for pid in processes:
            if psutil.pid_exists(pid):
                psutil.Process(pid).kill()
        self._program.wait()

    def _memory(self) -> float:
        return float(psutil.Process(self._program.pid).memory_info().rss) / 1e6

    def _place(self) -> tuple[str, str]:
        draw = self._random
        if draw.random() < 0.7:  # rather on the canvas, in the middle
            return str(draw.randrange(320, 1100)), str(draw.randrange(TOP + 40, 700))
        return str(draw.randrange(5, WIDTH - 5)), str(draw.randrange(TOP, HEIGHT - 5))

    def _step(self) -> None:
        draw = self._random
        match draw.randrange(10):
            case 0 | 1:
                self._send("mousemove", *self._place(), "click", "1")
            case 2:
                self._send("mousemove", *self._place(), "click", "--repeat", "2", "--delay", "40", "1")
            case 3 | 4 | 5:
                button = draw.choice(("1", "1", "1", "2"))
                stops = [self._place() for _ in range(draw.randrange(1, 4))]
                moves = [word for stop in stops for word in ("mousemove", *stop, "sleep", "0.02")]
                self._send("mousemove", *self._place(), "mousedown", button, *moves, "mouseup", button)
            case 6 | 7:
                self._send("key", draw.choice(KEYS))
            case 8:
                self._send("type", "--delay", "5", draw.choice(WORDS))
            case 9:
                self._send("mousemove", *self._place(), "click", draw.choice(("3", "4", "5", "4", "5")))
        if draw.random() < 0.15:
            self._send("key", "Escape")

    def _send(self, *command: str) -> str:
        done = subprocess.run(["xdotool", *command], env=self._environment, capture_output=True, text=True, check=False)
        return done.stdout


def complaints(said: str) -> list[str]:
    """The lines that a program in good health does not write."""
    return [line for line in said.splitlines() if line.strip()]
