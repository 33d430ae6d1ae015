"""An engine in its own process, with a worker that does what a test asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from blockstudio.engine import protocol as p
from blockstudio.graph.model import Example
from blockstudio.gui.kernel import Kernel

WORKER = "tests.helpers.fake_worker:Worker"
PATIENCE = 60.0
"""Seconds that the engine gets on a busy machine."""


def run(*what: str) -> p.RunModel:
    return p.RunModel({name: Example() for name in what})


def wait(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        QApplication.processEvents()
        time.sleep(0.001)


def ask(kernel: Kernel, request: p.Request) -> Any:
    """The reply or the failure."""
    answers: list[Any] = []
    kernel.request(request, answers.append, answers.append)
    wait(lambda: answers)
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
    monkeypatch.setattr("blockstudio.gui.kernel.SNAPSHOT_AFTER", 20)
    kernel = Kernel(worker=WORKER)
    kernel.start()
    wait(lambda: kernel.state == "idle")
    yield kernel
    kernel.shutdown()
