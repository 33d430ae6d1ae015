"""The engine's end of the wire, without a kernel."""

from __future__ import annotations

import os
from typing import Any

import pytest

from blockstudio.engine import codec, service
from blockstudio.engine import protocol as p

WORKER = "tests.helpers.fake_worker:Worker"


@pytest.fixture
def served() -> service.Service:
    return service.Service(WORKER)


def ask(served: service.Service, request: Any, pid: int | None = None) -> Any:
    text = served.answer(codec.encode(request), os.getpid() if pid is None else pid)
    return codec.decode(text._repr_mimebundle_()[service.MIME])


def test_answers(served: service.Service) -> None:
    shown = ask(served, p.ShowTensor("a"))
    assert dict(shown.values)["pid"] == os.getpid()
    assert len(repr(served.answer("x" * 10_000, os.getpid()))) < 50


def test_a_known_error_keeps_its_words(served: service.Service) -> None:
    failure = ask(served, p.ShowTensor("fault"))
    assert failure == p.Failure("RunError", "It went {how}.", {"how": "wrong"}, "Net/a")


def test_an_unknown_error_brings_its_traceback(served: service.Service) -> None:
    failure = ask(served, p.ShowTensor("bug"))
    assert failure.kind == "Exception"
    assert failure.facts == {"error": "ZeroDivisionError: a bug"}
    assert "fake_worker.py" in failure.detail


def test_what_was_meant_for_a_dead_engine_is_not_done(served: service.Service) -> None:
    assert ask(served, p.BuildModel(5), pid=1).interrupted
    assert dict(ask(served, p.ShowTensor("a")).values)["value"] == 0.0


def test_nonsense_is_refused(served: service.Service) -> None:
    text = served.answer("{", os.getpid())
    assert codec.decode(text.text).kind == "EngineError"


def test_an_interrupt_and_a_lack_of_memory_are_told() -> None:
    assert service.failure(KeyboardInterrupt()).interrupted
    assert service.failure(MemoryError()).kind == "MemoryError"


def test_a_worker_that_cannot_be_imported_says_so() -> None:
    with pytest.raises(ModuleNotFoundError):
        service.Service("no.such.module:Worker").greet()
