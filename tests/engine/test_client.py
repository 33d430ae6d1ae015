"""Order among requests, and what the content of messages means."""

from __future__ import annotations

from typing import Any

from blockstudio.engine import client
from blockstudio.engine import protocol as p
from blockstudio.engine.client import Desk, Ticket, lane_of
from blockstudio.engine.service import MIME

RUN = p.RunModel({})
LOOK = p.ShowTensor("a")


def put(desk: Desk, request: p.Request, answers: list[Any] | None = None) -> Ticket:
    keep = (lambda result: answers.append(result)) if answers is not None else None
    ticket = Ticket(request, lane_of(request), keep, keep)
    desk.put(ticket)
    return ticket


def document(revision: int) -> p.UpdateDocument:
    return p.UpdateDocument({}, revision)


def test_each_kind_has_its_lane() -> None:
    lanes = {kind.__name__: lane_of(object.__new__(kind)) for kind in p.REPLIES}
    assert {name for name, lane in lanes.items() if lane == "main"} == {kind.__name__ for kind in p.MODEL_REQUESTS}
    assert {name for name, lane in lanes.items() if lane == "look"} == {"ListParameters", "ShowTensor", "ListDevices"}


def test_one_under_way_on_each_lane() -> None:
    desk = Desk()
    first, second, look = put(desk, RUN), put(desk, RUN), put(desk, LOOK)
    assert list(desk.ready()) == [first, look]
    assert list(desk.ready()) == []
    assert desk.arrived(first)
    assert list(desk.ready()) == [second]
    assert desk.busy
    assert desk.arrived(second) and desk.arrived(look)
    assert not desk.arrived(look)
    assert not desk.busy


def test_of_waiting_documents_only_the_newest_is_sent() -> None:
    desk, answers = Desk(), []
    first = put(desk, document(0), answers)
    assert list(desk.ready()) == [first]
    later = [put(desk, document(i), answers) for i in range(1, 5000)]
    assert list(desk.ready()) == []
    assert desk.arrived(first)
    first.answer("shapes")
    assert list(desk.ready()) == [later[-1]]
    for ticket in later:
        ticket.answer("late")
    assert answers == ["shapes", "late"]


def test_what_follows_a_document_waits_for_it() -> None:
    desk = Desk()
    look, update, run, after = put(desk, LOOK), put(desk, document(1)), put(desk, RUN), put(desk, LOOK)
    assert set(map(id, desk.ready())) == {id(look), id(update)}
    newer = put(desk, document(2))
    assert desk.arrived(look)
    assert list(desk.ready()) == []
    assert desk.arrived(update)
    assert set(map(id, desk.ready())) == {id(run), id(after), id(newer)}


def test_a_cancelled_request_is_not_sent_but_a_document_is() -> None:
    desk = Desk()
    look, update, after = put(desk, LOOK), put(desk, document(1)), put(desk, RUN)
    look.cancel()
    update.cancel()
    assert list(desk.ready()) == [update]
    assert desk.arrived(update)
    assert list(desk.ready()) == [after]


def test_after_a_death_documents_wait_again_and_the_rest_is_lost() -> None:
    desk = Desk()
    update, look = put(desk, document(1)), put(desk, LOOK)
    sent = list(desk.ready())
    assert sent == [update]
    lost_look = put(desk, p.ShowTensor("b"))
    assert desk.lose() == []
    assert list(desk.ready()) == [update]
    newer = put(desk, document(2))
    assert desk.lose() == []
    assert list(desk.ready()) == [newer]
    assert desk.arrived(newer)
    assert list(desk.ready()) == [look]
    assert desk.lose() == [look]
    assert list(desk.ready()) == [lost_look]


def test_what_a_new_engine_was_told_is_known() -> None:
    desk = Desk()
    update, run = put(desk, document(1)), put(desk, RUN)
    assert desk.waiting[client.DOCUMENT].pop() is update
    desk.caught_up()
    assert list(desk.ready()) == [run]
    newer, look = put(desk, document(2)), put(desk, LOOK)
    desk.caught_up()
    assert list(desk.ready()) == [newer]
    assert look.after == newer.version


def test_a_ticket_answers_once() -> None:
    answers: list[Any] = []
    failure = p.Failure("RunError", "x")
    ticket = Ticket(RUN, "main", answers.append, lambda f: answers.append(("failed", f)))
    ticket.answer(failure)
    ticket.answer("again")
    assert answers == [("failed", failure)]


def ok(text: str) -> dict[str, Any]:
    return {"status": "ok", "user_expressions": {"reply": {"status": "ok", "data": {MIME: text}}}}


def error(name: str, value: str = "") -> dict[str, Any]:
    return {"status": "ok", "user_expressions": {"reply": {"status": "error", "ename": name, "evalue": value}}}


def test_readings() -> None:
    saved = p.Saved("f", 1, 2)
    assert client.reading(ok(client.codec.encode(saved))) == saved
    assert client.reading(ok("{")).kind == "EngineError"
    assert client.reading(error("KeyboardInterrupt")).interrupted
    assert client.reading({"status": "aborted"}).interrupted
    assert "torch" in client.reading(error("ModuleNotFoundError", "No module named 'torch'")).facts["reason"]
    assert not client.reading({"status": "error", "ename": "UnknownSubshellError", "evalue": "x"}).interrupted
    assert client.greeting(ok('{"version": "1", "pid": 5}')) == client.Greeting("1", 5)


def test_a_request_is_an_expression_that_python_reads() -> None:
    told = p.SaveParameters("C:\\a 'b' \"c\" 模型\n.params")
    expression = client.content(told, 12)["user_expressions"]["reply"]
    compile(expression, "expression", "eval")
    assert "12" in expression
