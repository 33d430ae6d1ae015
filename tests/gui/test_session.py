"""The session: one way to change the document, undo of everything, and where the user is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import Changed, Failure, Problem, RestoreSnapshot, Shapes, UpdateDocument
from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    AddDefinition,
    AddNode,
    MoveNodes,
    RemoveNode,
    RenameDefinition,
    RenameNode,
    SetRoute,
)
from blockstudio.graph.model import CodeDefinition, Definition, Endpoint, Graph, Instance, Layer, Repeat, Sequential
from blockstudio.gui.session import Message, Session, new_document
from tests.gui.conftest import compose

NET = Location("Net")


class FakeKernel(QObject):
    """Keeps requests until the test answers them."""

    state_changed = Signal(str)
    printed = Signal(str)
    state = "ready"

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Any, Callable[[Any], None], Callable[[Any], None] | None]] = []

    def request(
        self, request: Any, on_reply: Callable[[Any], None], on_error: Callable[[Any], None] | None = None
    ) -> None:
        self.waiting.append((request, on_reply, on_error))

    def answer(self, reply: Any) -> Any:
        request, on_reply, on_error = self.waiting.pop(0)
        if isinstance(reply, Failure):
            assert on_error
            on_error(reply)
        else:
            on_reply(reply)
        return request


@pytest.fixture
def session(qapp: object) -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def linear(name: str) -> Layer:
    return Layer(name=name, type="torch.nn.Linear", options={"in_features": 20, "out_features": 5})


def test_a_push_is_undone_to_the_same_bytes(session: Session) -> None:
    before = dumps(session.document)
    session.push(AddNode(NET, linear("hidden")), "Add hidden")
    after = dumps(session.document)
    assert session.modified
    session.undo_stack.undo()
    assert dumps(session.document) == before
    assert not session.modified
    session.undo_stack.redo()
    assert dumps(session.document) == after


def test_a_macro_is_one_step(session: Session) -> None:
    with session.macro("Add two"):
        session.push(AddNode(NET, linear("a")), "")
        with session.macro("inner"):
            session.push(AddNode(NET, linear("b")), "")
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert not session.graph.nodes


def test_a_macro_that_fails_did_nothing(session: Session) -> None:
    before = dumps(session.document)
    with pytest.raises(EditError), session.macro("Add the same twice"):
        session.push(AddNode(NET, linear("a")), "")
        session.push(AddNode(NET, linear("a")), "")
    assert dumps(session.document) == before
    assert session.undo_stack.count() == 0
    session.push(AddNode(NET, linear("a")), "and the next change works")


def test_an_empty_macro_leaves_no_step(session: Session) -> None:
    with session.macro("Nothing"):
        pass
    assert session.undo_stack.count() == 0


def test_moves_of_one_drag_are_one_step(session: Session) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    for x in (1.0, 2.0, 3.0):
        session.push(MoveNodes(NET, {"a": (x, 0.0)}), "Move", merge="drag 1")
    session.push(MoveNodes(NET, {"a": (9.0, 0.0)}), "Move", merge="drag 2")
    assert session.undo_stack.count() == 3
    session.undo_stack.undo()
    assert session.graph.nodes["a"].position == (3.0, 0.0)
    session.undo_stack.undo()
    assert session.graph.nodes["a"].position == (0.0, 0.0)
    session.undo_stack.redo()
    assert session.graph.nodes["a"].position == (3.0, 0.0)


def test_undo_goes_where_the_change_was(session: Session) -> None:
    session.push(AddDefinition(Definition("Block")), "New block")
    session.push(AddNode(NET, Instance(name="block", definition="Block")), "Add")
    session.enter_node("block")
    assert [place.location.path() for place in session.trail] == ["Net", "Block"]
    session.push(AddNode(session.location, linear("inner")), "Add")
    session.select(("inner",))
    session.leave()
    assert session.location == NET and session.selection == ("block",)
    session.undo_stack.undo()
    assert session.location == Location("Block")
    assert session.selection == ()
    session.undo_stack.redo()
    assert session.location == Location("Block")
    session.undo_stack.undo()
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.location == NET and list(session.document.definitions) == ["Net"]


def test_the_view_follows_renames(session: Session) -> None:
    body = Graph()
    session.push(AddNode(NET, Repeat(name="loop", body=body)), "Add")
    session.enter_node("loop")
    assert session.location == NET.enter("loop", "body")
    session.push(RenameNode(NET, "loop", "rounds"), "Rename")
    assert session.location == NET.enter("rounds", "body")
    session.push(RenameDefinition("Net", "Main"), "Rename")
    assert session.location == Location("Main").enter("rounds", "body")
    session.leave()
    assert session.selection == ("rounds",)


def test_a_rename_made_again_does_not_lead_out_of_what_was_renamed(session: Session) -> None:
    session.push(AddNode(NET, Repeat(name="loop", body=Graph())), "Add")
    session.enter_node("loop")
    session.push(RenameNode(NET, "loop", "rounds"), "Rename")
    session.undo_stack.undo()
    assert session.location == NET.enter("loop", "body")
    session.undo_stack.redo()
    assert session.location == NET.enter("rounds", "body")


def test_a_removed_graph_is_left(session: Session) -> None:
    session.push(AddNode(NET, Repeat(name="loop", body=Graph())), "Add")
    session.enter_node("loop")
    session.push(RemoveNode(NET, "loop"), "Delete")
    assert session.location == NET


def test_paths_in_words_lead_to_nodes(session: Session) -> None:
    body = Graph(nodes={"layers.0": linear("layers.0")})
    session.push(AddNode(NET, Repeat(name="loop", body=body)), "Add")
    assert session.locate("Net/loop") == (NET, "loop")
    assert session.locate("Net/loop.body/layers.0") == (NET.enter("loop", "body"), "layers.0")
    assert session.locate("Net/gone") == (NET, "")
    assert session.locate("Gone/x") is None
    session.show_path("Net/loop.body/layers.0")
    assert session.selection == ("layers.0",)


def test_code_asks_for_its_editor(session: Session, qtbot: QtBot) -> None:
    session.push(AddDefinition(CodeDefinition("Centered", "class Centered: ...")), "New code")
    session.push(AddNode(NET, Instance(name="c", definition="Centered")), "Add")
    with qtbot.waitSignal(session.code_requested) as caught:
        assert session.enter_node("c")
    assert caught.args == ["Centered"]
    assert session.location == NET


def test_code_must_be_trusted_once(session: Session) -> None:
    source = "class Centered: 'of this test'"
    session.push(AddDefinition(CodeDefinition("Centered", source)), "New code")
    assert not session.trusted
    session.trust()
    assert session.trusted
    other = Session()
    other.push(AddDefinition(CodeDefinition("Other", source)), "New code")
    assert other.trusted
    other.close()


def test_errors_in_a_guard_are_told(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.message) as caught, session.guard():
        session.push(RemoveNode(NET, "gone"), "Delete")
    told = caught.args[0] if caught.args else None
    assert isinstance(told, Message)
    assert told.level == "error" and "gone" in told.text


def test_saving_makes_it_unmodified(session: Session, tmp_path: Path) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    session.saved_as(tmp_path / "net.blocks")
    assert not session.modified and session.name == "net.blocks"
    session.undo_stack.undo()
    assert session.modified


def test_values_do_not_modify_the_document(session: Session) -> None:
    kernel = FakeKernel()
    session.attach(kernel)
    kernel.waiting.clear()
    session.push_snapshot("t0", "Edit values")
    assert not session.modified
    session.undo_stack.undo()
    session.undo_stack.redo()
    session.undo_stack.undo()
    assert [request for request, _, _ in kernel.waiting] == [RestoreSnapshot("t0")]
    kernel.answer(Changed("t1"))
    assert not kernel.waiting  # the last wish, undone, is what holds
    session.undo_stack.redo()
    assert kernel.answer(Changed("t2")) == RestoreSnapshot("t1")


def test_a_lost_snapshot_is_told(session: Session, qtbot: QtBot) -> None:
    kernel = FakeKernel()
    session.attach(kernel)
    kernel.waiting.clear()
    session.push_snapshot("t0", "Edit values")
    session.undo_stack.undo()
    with qtbot.waitSignal(session.message):
        kernel.answer(Failure("EngineError", "gone"))


def test_the_engine_gets_the_last_state_only(session: Session, qtbot: QtBot) -> None:
    kernel = FakeKernel()
    session.attach(kernel)
    qtbot.waitUntil(lambda: bool(kernel.waiting))
    for name in "abc":
        session.push(AddNode(NET, linear(name)), "Add")
        with qtbot.waitSignal(session.source_changed):
            pass
    assert len(kernel.waiting) == 1
    kernel.answer(Shapes(1, (), ()))
    assert len(kernel.waiting) == 1
    problem = Problem("shape", "error", "Net/a", "No.", {})
    request = kernel.answer(Shapes(4, (), (problem,)))
    assert isinstance(request, UpdateDocument)
    assert len(request.project["definitions"][0]["graph"]["nodes"]) == 3
    assert problem in session.problems_of(NET, "a")
    assert session.liveness.settled


def test_what_is_asked_of_the_engine_waits_for_the_edit_before_it(session: Session, qtbot: QtBot) -> None:
    kernel, done = FakeKernel(), []
    session.attach(kernel)
    session.liveness.when_sent(lambda: done.append("before"))
    assert done == ["before"]
    qtbot.waitUntil(lambda: bool(kernel.waiting))
    kernel.answer(Shapes(1, (), ()))
    session.push(AddNode(NET, linear("a")), "Add")
    session.liveness.when_sent(lambda: done.append(len(kernel.waiting)))
    assert done == ["before"]
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done[1] and isinstance(kernel.waiting[-1][0], UpdateDocument)
    assert kernel.waiting[-1][0].project["definitions"][0]["graph"]["nodes"]


def test_the_engine_is_told_by_which_instances_the_shown_graph_was_entered(session: Session, qtbot: QtBot) -> None:
    inner = Definition("Inner", Graph())
    body = Sequential(name="layers", body=Graph(nodes={"two": Instance(name="two", definition="Inner")}))
    session.replace(Document("Net", {"Net": Definition("Net", Graph(nodes={"layers": body})), "Inner": inner}))
    kernel = FakeKernel()
    session.attach(kernel)
    qtbot.waitUntil(lambda: bool(kernel.waiting))
    session.enter_node("layers")
    session.enter_node("two")
    while kernel.waiting:
        request = kernel.answer(Shapes(1, (), ()))
    assert isinstance(request, UpdateDocument)
    assert request.within == ("Net/layers.body/two",)


def test_a_replaced_document_starts_afresh(session: Session) -> None:
    session.push(AddNode(NET, linear("a")), "Add")
    session.replace(new_document(), Path("/tmp/x.blocks"))
    assert not session.undo_stack.canUndo() and not session.modified
    session.replace(new_document(), modified=True)
    assert session.modified


def test_bending_a_wire_is_no_work_for_compiler_and_engine(session: Session, qtbot: QtBot) -> None:
    compose(session)
    qtbot.waitUntil(lambda: session.liveness.settled)
    session.push(SetRoute(NET, Endpoint("act", "input"), ((1.0, 2.0),)), "Bend")
    assert session.liveness.settled
    session.undo_stack.undo()
    assert session.liveness.settled


def test_what_is_asked_for_while_it_is_held_is_done_when_it_is_released(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: session.liveness.settled)
    session.liveness.hold()
    with qtbot.assertNotEmitted(session.source_changed, wait=50):
        session.push(AddNode(NET, linear("a")), "Add")
    assert not session.liveness.settled
    with qtbot.waitSignal(session.source_changed):
        session.liveness.release()
