"""Time to a window that can be used, against `python -c "import torch"`: each a fresh process, in turns."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from blockstudio import resources
from tests.benchmarks.rows import Row, ratio, seconds

ROUNDS = 5
TORCH = "import torch; print('there', flush=True); input()"
WINDOW = """
import gc, runpy, sys
gc.disable()  # as the program does before it imports its window
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from blockstudio.gui.main_window import MainWindow

shown = MainWindow.showEvent

def show(window, event):
    shown(window, event)
    window.painted.connect(lambda: print('there', flush=True))
    wait_for_panels(window)

def wait_for_panels(window):
    if window.late.complete:
        QTimer.singleShot(0, lambda: (print('complete', flush=True), QApplication.quit()))
    else:
        QTimer.singleShot(5, lambda: wait_for_panels(window))

MainWindow.showEvent = show
sys.argv[0] = 'blockstudio'
runpy.run_module('blockstudio', run_name='__main__', alter_sys=True)
"""
"""`python -m blockstudio FILE` that says when its window is painted, and when its last panel is there."""


def until(word: str, program: str, *arguments: str) -> None:
    """Start a process and wait until it says this word; the process is ended afterwards."""
    command = [sys.executable, "-c", program, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ENDING.append(process)
    assert process.stdout is not None
    for said in process.stdout:
        if said.strip() == word:
            return
    raise RuntimeError(f"{command} ended with {process.wait()} and never said {word!r}")


ENDING: list[subprocess.Popen[str]] = []


def end() -> None:
    """Wait for the processes that were measured: nothing of them may trouble the next."""
    for process in ENDING:
        process.communicate("\n")
    ENDING.clear()


def measure() -> list[Row]:
    file = str(resources.path("examples", "09-nested-mix.blocks"))
    window, torch, panels = [], [], []
    for number in range(ROUNDS + 1):
        for times, word, program in (
            (window, "there", WINDOW),
            (torch, "there", TORCH),
            (panels, "complete", WINDOW),
        ):
            taken = seconds(lambda: until(word, program, file))  # noqa: B023
            end()
            if number >= 1:
                times.append(taken)
    return [
        Row('open a project until its window is painted : python -c "import torch"', ratio(window, torch), 1.0, "x"),
        Row("the same in seconds", median(window), None, "s"),
        Row('until its last panel is there : python -c "import torch"', ratio(panels, torch), None, "x"),
    ]
