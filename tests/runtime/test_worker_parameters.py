"""Parameters looked at and changed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from blockstudio.engine import protocol as p
from blockstudio.graph.model import Initializer
from tests.compiler.documents import graph, layer, linear, net
from tests.runtime.workers import Asked, mlp, with_example, words


def test_a_gradient_before_and_after_a_backward_pass() -> None:
    asked = Asked(mlp())
    assert asked(p.ShowTensor("out.bias", "gradient")).missing
    asked(p.RunModel({}, backward="sum"))
    assert asked.values("out.bias", "gradient") == ((3.0,), (3.0,))
    assert asked.row("out.bias").has_gradient


def test_activations() -> None:
    asked = Asked(mlp())
    assert asked(p.ShowTensor("Net/relu|output", "activation")).missing
    ran = asked(p.RunModel({}))
    assert {(row.path, row.port): row.value.shape for row in ran.activations} == {
        ("Net", "x"): (3, 4),
        ("Net/hidden", "output"): (3, 8),
        ("Net/relu", "output"): (3, 8),
        ("Net/out", "output"): (3, 2),
    }
    view = asked(p.ShowTensor("Net/relu|output", "activation"))
    assert view.statistics.min == 0 and view.shape == (3, 8)
    shown = asked(p.ShowTensor("Net/out|output", "activation"))
    assert shown.statistics == asked(p.ShowTensor("Net/out|output", "activation")).statistics
    assert ran.outputs[0].statistics == ran.activations[-1].statistics


def test_what_is_changed_in_place_further_on_is_kept_as_it_flowed() -> None:
    nodes = [linear("a", 4, 4), layer("relu", "ReLU", inplace=True)]
    asked = Asked(with_example(net(graph("x", "y", nodes, "x>a a>relu relu>y")), (8, 4)))
    asked(p.RunModel({}))
    assert asked(p.ShowTensor("Net/a|output", "activation")).statistics.min < 0


def test_tensors_that_are_not_there() -> None:
    asked = Asked(mlp())
    assert "no parameter" in words(asked.fails(p.ShowTensor("nowhere.weight")))
    assert asked.fails(p.ShowTensor("no-file|x", "file")).kind == "TensorFileError"
    assert asked.fails(p.ShowTensor("out.weight", index="9, 9")).kind == "ExpressionError"


# --- changing parameters ---


def test_apply_undo_and_redo() -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    rule = Initializer(target="out", parameter="weight", function="torch.nn.init.constant_", arguments={"val": 42.0})
    applied = asked(p.ApplyInitializers((rule,), "Net"))
    assert asked.values("out.weight") == ((42.0,) * 8,) * 2
    assert asked(p.ListParameters()).changed
    assert [change.path for change in applied.tensors] == ["out.weight"]
    assert applied.tensors[0].bounds == (42, 42)
    undone = asked(p.RestoreSnapshot(applied.token))
    assert not asked(p.ListParameters()).changed
    assert asked.values("out.weight") == before
    redone = asked(p.RestoreSnapshot(undone.token))
    assert asked.values("out.weight") == ((42.0,) * 8,) * 2
    asked(p.RestoreSnapshot(redone.token))
    assert asked.values("out.weight") == before


def test_one_element_recorded_in_the_document_and_undone() -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    rule = Initializer(target="out", parameter="weight", index="1, 7", expression="42")
    token = asked(p.ApplyInitializers((rule,), "Net")).token
    ruled = mlp()
    ruled.definition("Net").initializers.append(rule)
    asked.update(ruled)
    assert asked.values("out.weight")[1][7] == 42
    asked.update(mlp())
    asked(p.RestoreSnapshot(token))
    assert asked.values("out.weight") == before


def test_a_snapshot_of_another_model() -> None:
    asked = Asked(mlp())
    rule = Initializer(function="torch.nn.init.normal_")
    token = asked(p.ApplyInitializers((rule,), "Net")).token
    asked.update(mlp(hidden=3))
    assert "not in the model any more" in words(asked.fails(p.RestoreSnapshot(token)))
    assert "too far back" in words(asked.fails(p.RestoreSnapshot("nonsense")))


def test_a_rule_that_fails() -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    rules = (
        Initializer(function="torch.nn.init.ones_"),
        Initializer(target="out", parameter="bias", function="torch.nn.init.xavier_normal_"),
    )
    failure = asked.fails(p.ApplyInitializers(rules, "Net"))
    assert "out.bias" in words(failure) and failure.path == "Net/out"
    assert asked.values("out.weight") == before and not asked(p.ListParameters()).changed


def test_what_is_not_trained_is_a_rule_of_the_document() -> None:
    asked = Asked(mlp())
    asked(p.RunModel({}, backward="sum"))
    before = {key: asked.values(key) for key in asked.listed()}
    frozen = mlp()
    frozen.definition("Net").initializers.append(Initializer(target="out", trainable=False))
    asked.update(frozen)
    rows = asked(p.ListParameters()).rows
    assert {row.path for row in rows if not row.trainable} == {"out.weight", "out.bias"}
    assert {row.path for row in rows if row.has_gradient} == {"hidden.weight", "hidden.bias"}
    assert {key: asked.values(key) for key in asked.listed()} == before
    asked(p.RunModel({}, backward="sum"))
    asked.update(mlp())
    assert all(row.trainable for row in asked(p.ListParameters()).rows)
    assert {key: asked.values(key) for key in asked.listed()} == before


def test_built_afresh_undone_and_done_again() -> None:
    asked = Asked(mlp())
    assert asked(p.BuildModel()).token == "", "there was no model before"
    edited = asked(p.ApplyInitializers((Initializer(function="torch.nn.init.ones_"),), "Net")).token
    token = asked(p.BuildModel()).token
    fresh = asked.values("out.weight")
    undone = asked(p.RestoreSnapshot(token)).token
    assert asked.values("out.weight") == ((1.0,) * 8,) * 2
    redone = asked(p.RestoreSnapshot(undone)).token
    assert asked.values("out.weight") == fresh
    asked(p.RestoreSnapshot(redone))
    asked(p.RestoreSnapshot(edited))
    assert asked.values("out.weight") == fresh


def test_values_from_before_an_edit_are_not_lost_by_building_afresh() -> None:
    asked = Asked(mlp())
    asked(p.ApplyInitializers((Initializer(function="torch.nn.init.ones_"),), "Net"))
    frozen = mlp()
    frozen.definition("Net").initializers.append(Initializer(trainable=False))
    asked.update(frozen)
    asked(p.RestoreSnapshot(asked(p.BuildModel()).token))
    assert asked.values("out.weight") == ((1.0,) * 8,) * 2


RULES = st.sampled_from(
    [
        Initializer(function="torch.nn.init.normal_", arguments={"std": 0.1}),
        Initializer(target="hidden", parameter="weight", expression="x * 2 + 1"),
        Initializer(target="out", parameter="weight", index="0, 1:3", expression="42"),
        Initializer(layer_type="torch.nn.Linear", parameter="bias", function="torch.nn.init.zeros_"),
        Initializer(target="out", parameter="bias", function="torch.nn.init.xavier_uniform_"),  # fails
        Initializer(target="out", parameter="bias", index="7", expression="0"),  # fails
    ]
)


@given(st.lists(RULES, max_size=8))
@settings(max_examples=25)
def test_any_changes_undone_and_done_again(rules: list[Initializer]) -> None:
    asked = Asked(mlp())

    def values() -> dict[str, object]:
        return {key: asked.values(key) for key in asked.listed()}

    states, tokens = [values()], []
    for rule in rules:
        reply = asked.try_(p.ApplyInitializers((rule,), "Net"))
        if isinstance(reply, p.Failure):
            assert values() == states[-1]
        else:
            tokens.append(reply.token)
            states.append(values())
    redo = []
    for token, state in zip(reversed(tokens), reversed(states[:-1]), strict=True):
        redo.append(asked(p.RestoreSnapshot(token)).token)
        assert values() == state
    for token, state in zip(reversed(redo), states[1:], strict=True):
        asked(p.RestoreSnapshot(token))
        assert values() == state
