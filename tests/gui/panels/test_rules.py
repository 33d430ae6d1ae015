from __future__ import annotations

import pytest
from attrs import evolve

from blockstudio.engine.protocol import ApplyInitializers, Changed, Failure, RestoreSnapshot
from blockstudio.formats.project import dumps
from blockstudio.graph.model import Expression, Initializer
from blockstudio.gui.panels.rules import action_text, apply_rule, scope_text, tensor_rule, with_rule, with_trainable
from blockstudio.gui.session import Message, Session
from tests.gui.panels.conftest import nested_document
from tests.helpers.engines import SilentKernel

NORMAL = Initializer(target="head", parameter="weight", function="torch.nn.init.normal_", arguments={"std": 0.01})
CELL = tensor_rule("head.weight", "0, 0", "42")


def test_a_rule_takes_the_place_of_what_it_overwrites() -> None:
    other_cell = tensor_rule("head.weight", "0, 1", "7")
    other = tensor_rule("head.bias", "", "0")
    rules = with_rule([NORMAL, CELL, other_cell, other], tensor_rule("head.weight", "0, 0", "43"))
    assert rules == [NORMAL, other_cell, other, tensor_rule("head.weight", "0, 0", "43")]
    assert with_rule(rules, NORMAL) == [other, NORMAL]
    assert with_rule([NORMAL], tensor_rule("head.weight", "", "1")) == [tensor_rule("head.weight", "", "1")]


def test_a_rule_that_builds_on_the_old_value_comes_after_it() -> None:
    more = tensor_rule("head.weight", "", "x + 1")
    assert with_rule([NORMAL, more], more) == [NORMAL, more, more]
    own = Initializer(target="head", parameter="weight", function="mine")
    assert with_rule([NORMAL], own) == [NORMAL, own]


FROZEN = Initializer(target="head", parameter="weight", trainable=False)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ([NORMAL], ("head", "weight", False), [NORMAL, FROZEN]),
        ([NORMAL, FROZEN], ("head", "weight", True), [NORMAL]),
        ([FROZEN], ("head", "", False), [Initializer(target="head", trainable=False)]),
        ([FROZEN], ("", "", True), []),
        ([], ("", "", True), [Initializer(trainable=True)]),
        (
            [Initializer(trainable=False)],
            ("head", "weight", True),
            [Initializer(trainable=False), evolve(FROZEN, trainable=True)],
        ),
        (
            [evolve(FROZEN, target="header")],
            ("head", "", True),
            [evolve(FROZEN, target="header"), Initializer(target="head", trainable=True)],
        ),
    ],
)
def test_what_is_trained(before: list[Initializer], change: tuple[str, str, bool], after: list[Initializer]) -> None:
    assert with_trainable(before, *change) == after
    assert with_rule(after, NORMAL) == [*(rule for rule in after if rule != NORMAL), NORMAL]


@pytest.mark.parametrize(
    ("rule", "scope", "action"),
    [
        (FROZEN, "head.weight", "is not trained"),
        (CELL, "head.weight[0, 0]", "= 42"),
        (NORMAL, "head.weight", "normal_(std=0.01)"),
        (Initializer(layer_type="torch.nn.Linear", parameter="weight"), "weight of every Linear", "= "),
        (Initializer(layer_type="A", parameter="w", target="net"), "w of every A in net", "= "),
        (Initializer(target="net", function="mine"), "every parameter in net", "mine()"),
        (Initializer(function="f", arguments={"a": Expression("n * 2")}), "every parameter", "f(a=n * 2)"),
        (tensor_rule("mask", "", "x * 0"), "mask", "= x * 0"),
    ],
)
def test_rules_in_words(rule: Initializer, scope: str, action: str) -> None:
    assert (scope_text(rule), action_text(rule)) == (scope, action)


def test_a_rule_and_its_values_are_one_step_of_undo(session: Session, kernel: SilentKernel) -> None:
    before = dumps(session.document)
    assert apply_rule(session, "Net", NORMAL, "Initialise")
    assert dumps(session.document) == before  # not before the engine has done it
    assert kernel.answer(ApplyInitializers, Changed("7")) == ApplyInitializers((NORMAL,), "Net")
    assert session.document.definition("Net").initializers == [NORMAL]
    assert session.undo_stack.count() == 1
    assert session.modified
    session.undo_stack.undo()
    assert dumps(session.document) == before
    assert kernel.answer(RestoreSnapshot, Changed("8")) == RestoreSnapshot("7")
    session.undo_stack.redo()
    assert session.document.definition("Net").initializers == [NORMAL]
    assert kernel.answer(RestoreSnapshot, Changed("9")) == RestoreSnapshot("8")


def test_a_rule_that_does_not_fit_leaves_no_trace(session: Session, kernel: SilentKernel) -> None:
    told: list[Message] = []
    session.message.connect(told.append)
    before = dumps(session.document)
    apply_rule(session, "Net", NORMAL, "Initialise")
    kernel.answer(ApplyInitializers, Failure("RunError", "It does not fit."))
    assert dumps(session.document) == before
    assert session.undo_stack.count() == 0
    assert told[0].text == "It does not fit."


def test_a_rule_for_a_document_that_was_replaced_is_dropped(session: Session, kernel: SilentKernel) -> None:
    apply_rule(session, "Net", NORMAL, "Initialise")
    session.replace(nested_document())
    kernel.answer(ApplyInitializers, Changed("7"))
    assert session.document.definition("Net").initializers == []
    assert session.undo_stack.count() == 0


def test_after_a_restart_undo_takes_back_the_rule_alone(session: Session, kernel: SilentKernel) -> None:
    apply_rule(session, "Net", NORMAL, "Initialise")
    kernel.answer(ApplyInitializers, Changed("7"))
    session.drop_snapshots()
    session.undo_stack.undo()
    assert session.document.definition("Net").initializers == []
    assert kernel.pending(RestoreSnapshot) == []
