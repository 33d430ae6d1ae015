"""The engine in its own process is asked, and answers while it works."""

from __future__ import annotations

import gc
import os
import time
from typing import Any

import shiboken6
from PySide6.QtCore import QObject

from blockstudio.engine import protocol as p
from blockstudio.gui.jupyter import PRINTS_PER_SECOND
from blockstudio.gui.kernel import Kernel

from .conftest import Heard, ask, look, run, wait


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
    shared.request(run("wait"), done.append)
    wait(lambda: shared.state == "busy")
    look(shared)
    assert not done
    ask(shared, p.ShowTensor("go on"))
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
    wait(lambda: len(answers) == 300)


def test_what_the_model_prints_is_told_and_a_flood_is_dammed(shared: Kernel) -> None:
    heard = Heard(shared)
    ask(shared, run("print"))
    ask(shared, p.UpdateDocument({}, 1))
    ask(shared, run("print"))
    wait(lambda: "".join(heard.prints).count("printed by the model") == 2)
    assert "shapes" not in "".join(heard.prints)
    heard.prints.clear()
    start = time.monotonic()
    ask(shared, run("flood"))
    ask(shared, run("sleep"))
    ask(shared, run("print"))
    wait(lambda: "printed by the model" in heard.prints[-1])
    assert len(heard.prints) <= PRINTS_PER_SECOND * (time.monotonic() - start + 1)
    assert "[…]" in "".join(heard.prints)


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
