from __future__ import annotations

from blockstudio.engine.protocol import Failure, ListDevices, ShowTensor
from blockstudio.gui.panels.asking import Question, report
from blockstudio.gui.session import Message, Session
from tests.gui.panels.conftest import nested_document
from tests.helpers.engines import SilentKernel


def ask(session: Session) -> tuple[Question, list[object]]:
    heard: list[object] = []
    return Question(session, heard.append, heard.append, session), heard


def test_only_the_last_of_a_row_of_requests_is_answered(session: Session, kernel: SilentKernel) -> None:
    question, heard = ask(session)
    for path in ("a", "b", "c"):
        assert question.ask(ShowTensor(path))
    assert [request.path for request in kernel.pending(ShowTensor)] == ["a"]
    kernel.answer(ShowTensor, "view of a")
    assert [request.path for request in kernel.pending(ShowTensor)] == ["c"]
    assert heard == []
    kernel.answer(ShowTensor, "view of c")
    assert heard == ["view of c"]
    assert not question.busy


def test_nobody_hears_of_a_document_that_was_replaced(session: Session, kernel: SilentKernel) -> None:
    question, heard = ask(session)
    question.ask(ListDevices())
    question.ask(ListDevices())
    session.replace(nested_document())
    assert not question.busy
    kernel.answer(ListDevices, "stale")
    assert heard == []
    question.ask(ListDevices())
    kernel.answer(ListDevices, "fresh")
    assert heard == ["fresh"]


def test_an_answer_for_a_widget_that_is_gone_is_dropped(session: Session, kernel: SilentKernel) -> None:
    import shiboken6

    question, heard = ask(session)
    question.ask(ListDevices())
    shiboken6.delete(question)
    kernel.answer(ListDevices, "late")
    assert heard == []


def test_without_an_engine_nothing_is_asked(qapp: object) -> None:
    session = Session()
    question, _ = ask(session)
    assert not question.ask(ListDevices())
    session.close()


def test_a_failure_is_told_with_a_way_to_its_node(session: Session) -> None:
    told: list[Message] = []
    session.message.connect(told.append)
    report(session, Failure("RunError", "“{what}” went wrong.", {"what": "it"}, "Block/inner", "Traceback"))
    assert (told[0].text, told[0].level, told[0].details) == ("Block/inner: “it” went wrong.", "error", "Traceback")
    told[0].actions[0][1]()
    assert session.location.definition == "Block"
    assert session.selection == ("inner",)
    report(session, Failure("Interrupted", "Stopped.", interrupted=True))
    assert told[1].level == "info"
