from __future__ import annotations

import _thread
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from blockstudio.engine import protocol as p
from blockstudio.errors import RunError
from blockstudio.formats.project import load, to_json
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition, Example, Expression, Initializer, While
from blockstudio.runtime import live
from blockstudio.runtime.worker import ANSWERS, Worker
from tests.compiler import models
from tests.compiler.documents import constant, document, function, graph, instance, layer, linear, net, parameter
from tests.runtime.workers import Asked, with_example, words

EXAMPLES = sorted(Path("resources/examples").resolve().glob("*.blocks"))


def mlp(hidden: int = 8) -> Document:
    nodes = [linear("hidden", 4, hidden), layer("relu", "ReLU"), linear("out", hidden, 2)]
    return with_example(net(graph("x", "y", nodes, "x>hidden hidden>relu relu>out out>y")), (3, 4))


def endless() -> Document:
    """A loop whose condition always holds."""
    body = graph("x", "x", [function("half", "operator.truediv", other=1)], "x>half half>x")
    condition = graph("x", "go", [function("all", "torch.sum"), function("gt", "operator.gt", other=-1.0)],
                      "x>all all>gt gt>go")  # fmt: skip
    return with_example(
        net(graph("x", "y", [While(name="loop", condition=condition, body=body)], "x>loop.x loop.x>y")), (3,)
    )


def code(source: str, name: str = "Block") -> Document:
    own = CodeDefinition(name, source)
    return with_example(
        document(own, Definition("Net", graph("x", "y", [instance("block", name)], "x>block.x block>y"))), (2, 3)
    )


BLOCK = """
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}
"""


def test_every_request_has_an_answer() -> None:
    assert set(ANSWERS) == set(p.REPLIES)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_listed_and_runs(file: Path) -> None:
    asked = Asked()
    shapes = asked.update(load(file), folder=str(file.parent))
    assert not [problem for problem in shapes.problems if problem.severity == "error"]
    asked(p.ListParameters())
    ran = asked(p.RunModel({}))
    assert ran.outputs and ran.activations and ran.forward_seconds > 0


@pytest.mark.parametrize("name", sorted(set(models.MODELS) - {"attention"}))
def test_every_tensor_of_every_model_can_be_looked_at(name: str) -> None:
    asked = Asked(models.MODELS[name]())
    for row in asked(p.ListParameters()).rows:
        view = asked(p.ShowTensor(row.path))
        assert (view.shape, view.dtype) == (row.shape, row.dtype)
        assert row.node and row.layer_type


def test_without_a_document() -> None:
    assert "No document" in words(Asked().fails(p.ListParameters()))


# --- the document changes -------------------------------------------------------------------


def test_values_stay_over_edits_and_their_undo() -> None:
    asked = Asked(mlp())
    asked(p.RunModel({}, backward="sum"))
    before = {key: asked.values(key) for key in asked.listed()}
    gradient = asked.values("out.weight", "gradient")
    asked.update(mlp(hidden=9))
    assert {row.path: row.carried for row in asked(p.ListParameters()).rows} == {
        "hidden.weight": False,
        "hidden.bias": False,
        "out.weight": False,
        "out.bias": True,
    }
    asked.update(mlp())
    assert {key: asked.values(key) for key in asked.listed()} == before
    assert all(row.carried for row in asked(p.ListParameters()).rows)
    assert asked.values("out.weight", "gradient") == gradient


def test_a_change_without_code_keeps_the_model() -> None:
    asked = Asked(mlp())
    asked(p.RunModel({}, backward="sum"))
    moved = mlp()
    moved.definition("Net").graph.notes.clear()
    asked.update(moved)
    rows = asked(p.ListParameters()).rows
    assert all(row.has_gradient and not row.carried for row in rows)


def test_while_the_document_has_errors_there_is_no_model_and_then_it_is_back() -> None:
    asked = Asked(mlp())
    before = asked.values("hidden.weight")
    broken = mlp()
    del broken.definition("Net").graph.nodes["out"]
    asked.update(broken)
    failure = asked.fails(p.ListParameters())
    assert (failure.kind, failure.path) == ("CompileError", "Net")
    asked.update(mlp())
    assert asked.values("hidden.weight") == before


def test_a_constant_with_another_value_is_not_carried() -> None:
    def there(value: str) -> Document:
        nodes = [
            constant("c", value),
            parameter("scale", "torch.ones(3)"),
            function("add", "operator.add"),
            function("mul", "operator.mul"),
        ]
        return net(graph("x", "y", nodes, "x>add c>add.other add>mul scale>mul.other mul>y"))

    asked = Asked(there("torch.zeros(3)"))
    asked.values("c")
    asked.update(there("torch.ones(3)"))
    assert asked.values("c") == ((1.0,), (1.0,), (1.0,))
    assert [row.carried for row in asked(p.ListParameters()).rows] == [True, False]
    assert [row.node for row in asked(p.ListParameters()).rows] == ["Net/scale", "Net/c"]


def test_built_afresh_by_the_seed() -> None:
    asked = Asked(mlp())
    first = asked.values("hidden.weight")
    asked(p.BuildModel(5))
    second = asked.values("hidden.weight")
    asked(p.BuildModel(5))
    assert asked.values("hidden.weight") == second != first
    asked(p.BuildModel())
    assert asked.values("hidden.weight") == first
    torch.manual_seed(5)
    assert second == tuple(map(tuple, nn.Linear(4, 8).weight.tolist()))


def test_an_older_revision_that_comes_late_is_not_taken() -> None:
    asked = Asked(mlp(hidden=8))
    asked.update(mlp(hidden=9))
    asked(p.UpdateDocument(to_json(mlp(hidden=7)), 1))
    assert asked.row("hidden.bias").shape == (9,)


def test_lazy_layers_take_their_shape_from_the_example() -> None:
    nodes = [layer("lazy", "LazyLinear", out_features=3)]
    there = with_example(net(graph("x", "y", nodes, "x>lazy lazy>y")), (2, 5))
    asked = Asked(there)
    assert asked.row("lazy.weight").shape == (3, 5)
    before = asked.values("lazy.weight")
    there.definition("Net").doc = "Other source."
    asked.update(there)
    assert asked.values("lazy.weight") == before


# --- Python of the user's own ---------------------------------------------------------------


def test_code_that_is_not_trusted_does_not_run(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    source = f"open({str(sprung)!r}, 'w').close()\n" + BLOCK.format(init="pass", forward="return x")
    asked = Asked(code(source), trusted=False)
    failure = asked.fails(p.ListParameters())
    assert "only when you allow it" in words(failure)
    assert "allow" in words(asked.fails(p.RunModel({})))
    assert not sprung.exists()
    asked.update(code(source))
    assert asked.listed() == [] and sprung.exists()


@pytest.mark.parametrize(
    ("init", "forward", "message"),
    [
        ("self.a = 1 / 0", "return x", "ZeroDivisionError"),
        ("pass", "return x + missing", "NameError"),
        ("pass", "return x.view(7)", "RuntimeError"),
        ("pass", "return self.forward(x)", "RecursionError"),
    ],
)
def test_exceptions_in_code_name_the_node(init: str, forward: str, message: str) -> None:
    asked = Asked(code(BLOCK.format(init=init, forward=forward)))
    failure = asked.fails(p.RunModel({}))
    assert (failure.kind, failure.path) == ("RunError", "Net/block") and message in words(failure)
    assert message in failure.detail


def test_numbers_past_64_bits_are_told_in_plain_words() -> None:
    """Where no check of the document sees them: worked out by expressions, or in an input."""
    layers = [layer("big", "Linear", in_features=20, out_features=Expression("10 ** 20"))]
    asked = Asked(with_example(net(graph("x", "y", layers, "x>big big>y")), (2, 20)))
    huge = Asked()
    shapes = huge.update(with_example(mlp(), (10**20, 2)))
    assert all("too large" in problem.template for problem in shapes.problems) and shapes.problems
    for failure in (asked.fails(p.RunModel({})), huge.fails(p.RunModel({}))):
        assert "too large" in failure.template
    assert "too large for a seed" in asked.fails(p.BuildModel(2**64)).template


@pytest.mark.parametrize("forward", ["raise SystemExit", "exit(3)", "quit()"])
def test_code_that_exits_does_not_end_the_engine(forward: str) -> None:
    asked = Asked(code(BLOCK.format(init="pass", forward=f"{forward}\n        return x")))
    asked.fails(p.RunModel({}))
    assert asked(p.ListParameters()).rows == ()


def test_code_that_never_ends_is_stopped_where_nobody_can_interrupt_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS", 0.2)
    models = live.LiveModel()
    models.open(code(BLOCK.format(init="while True: pass", forward="return x")), trusted=True)
    raised: list[BaseException | None] = []

    def ask() -> None:
        with pytest.raises(RunError, match="not built within") as caught:
            models.current()
        raised.append(caught.value)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(20)
    assert raised
    with ThreadPoolExecutor() as pool, pytest.raises(RunError, match="was stopped"):
        pool.submit(models.current).result()  # not again


def test_an_edit_ends_a_build_that_never_ends() -> None:
    models = live.LiveModel()
    models.open(code(BLOCK.format(init="while True: pass", forward="return x")), trusted=True)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(models.current)
        while models._limit is None:
            time.sleep(0.01)
        models.open(code(BLOCK.format(init="pass", forward="return x")), trusted=True)
        assert "while True" not in asked.result().compiled.source


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows sends no signal to a thread")
def test_who_is_stopped_while_waiting_for_a_build_stops_that() -> None:
    models = live.LiveModel()
    models.open(code(BLOCK.format(init="while True: pass", forward="return x")), trusted=True)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(models.current)
        while models._limit is None:
            time.sleep(0.01)
        timer = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            models.current()
        timer.join()
        with pytest.raises(RunError, match="was stopped"):
            asked.result()


def test_code_that_was_stopped_while_it_built_is_not_run_again_where_nobody_can_stop_it() -> None:
    asked = Asked(
        code(
            BLOCK.format(init="if not torch.empty(1).is_meta:\n            raise KeyboardInterrupt", forward="return x")
        )
    )
    assert asked.fails(p.BuildModel()).interrupted
    with ThreadPoolExecutor() as pool:
        assert "was stopped" in words(pool.submit(asked.fails, p.ListParameters()).result())
    assert asked.fails(p.BuildModel()).interrupted


def test_what_a_run_prints_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked(code(BLOCK.format(init="pass", forward="print('seen', x.device)\n        return x")))
    capsys.readouterr()
    asked(p.RunModel({}))
    assert capsys.readouterr().out == "seen cpu\n"


@pytest.mark.parametrize("forward", ["return 3", "return 'text'", "return [x, {'a': x}]", "return [][:0] or None"])
def test_code_that_returns_no_tensor_is_shown_as_it_is(forward: str) -> None:
    ran = Asked(code(BLOCK.format(init="pass", forward=forward)))(p.RunModel({}))
    assert ran.outputs[0].preview


# --- looking --------------------------------------------------------------------------------


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


# --- changing parameters ----------------------------------------------------------------------


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


# --- running ------------------------------------------------------------------------------------


def test_a_run_gives_what_torch_itself_gives() -> None:
    asked = Asked(mlp())
    ran = asked(p.RunModel({"x": Example((5, 4), generator="randn")}, seed=3, backward="sum", training=False))
    torch.manual_seed(0)
    first, second = nn.Linear(4, 8), nn.Linear(8, 2)
    torch.manual_seed(3)
    x = torch.randn(5, 4, requires_grad=True)
    y = second(first(x).relu())
    y.sum().backward()
    assert ran.outputs[0].preview == str(y.detach())
    assert ran.input_gradients[0].preview == str(x.grad)
    assert (ran.outputs[0].name, ran.input_gradients[0].name) == ("y", "x")
    assert not ran.training and asked(p.ListParameters()).training
    assert ran.backward_seconds is not None


def test_wrong_inputs_name_the_node() -> None:
    asked = Asked(mlp())
    failure = asked.fails(p.RunModel({"x": Example((5, 3))}))
    assert (failure.kind, failure.path) == ("RunError", "Net/hidden")
    assert "cannot be multiplied" in words(failure)
    without = mlp()
    ports = without.definition("Net").graph.inputs
    ports[:] = graph("x", "y", [], "").inputs
    asked.update(without)
    assert "no example" in words(asked.fails(p.RunModel({})))


def test_dropout_is_the_same_in_outputs_and_activations() -> None:
    nodes = [layer("dropout", "Dropout")]
    asked = Asked(with_example(net(graph("x", "y", nodes, "x>dropout dropout>y")), (100,)))
    ran = asked(p.RunModel({}, repeat=3))
    assert ran.training and ran.outputs[0].statistics is not None
    assert ran.outputs[0].statistics == ran.activations[-1].statistics
    assert 20 < ran.outputs[0].statistics.zeros < 80


def test_running_statistics_change_once() -> None:
    nodes = [layer("norm", "BatchNorm1d", num_features=4)]
    asked = Asked(with_example(net(graph("x", "y", nodes, "x>norm norm>y")), (6, 4)))
    asked(p.RunModel({}, training=False))
    assert asked.values("norm.num_batches_tracked") == ((0,),)
    asked(p.RunModel({}, repeat=3))
    assert asked.values("norm.num_batches_tracked") == ((1,),)
    assert not asked(p.ListParameters()).changed  # the next run makes them again


def test_a_run_that_changes_parameters_leaves_them_unsaved() -> None:
    source = BLOCK.format(
        init="self.scale = nn.Parameter(torch.ones(3))",
        forward="with torch.no_grad():\n            self.scale += 1\n        return x * self.scale",
    )
    asked = Asked(code(source))
    assert not asked(p.ListParameters()).changed
    asked(p.RunModel({}))
    assert asked(p.ListParameters()).changed


def test_another_project_starts_afresh() -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    token = asked(p.ApplyInitializers((Initializer(function="torch.nn.init.ones_"),), "Net")).token
    asked(p.SetMode(False))
    asked.update(mlp(hidden=3))
    asked.update(mlp(), opening=1)
    table = asked(p.ListParameters())
    assert table.training and not table.changed
    assert asked.values("out.weight") == before
    assert "too far back" in words(asked.fails(p.RestoreSnapshot(token)))


def test_mode() -> None:
    asked = Asked(mlp())
    assert not asked(p.SetMode(False)).training
    assert not asked(p.RunModel({})).training
    asked.update(mlp(hidden=3))
    assert not asked(p.ListParameters()).training
    assert asked(p.SetMode(True)).training


def test_a_loop_that_never_ends_can_be_stopped() -> None:
    asked = Asked(endless())
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    failure = asked.fails(p.RunModel({}))
    timer.join()
    assert failure.interrupted
    asked(p.ListParameters())


def test_a_stopped_run_leaves_no_trace() -> None:
    source = BLOCK.format(
        init="self.norm = nn.BatchNorm1d(3)",
        forward="y = self.norm(x)\n        if not x.is_meta:\n            raise KeyboardInterrupt\n        return y",
    )
    asked = Asked(code(source))
    assert asked.fails(p.RunModel({}, backward="sum")).interrupted
    assert asked.values("block.norm.num_batches_tracked") == ((0,),)
    assert not asked(p.ListParameters()).changed


def test_others_are_answered_while_the_model_runs() -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    asked.update(endless())
    failures: list[p.Failure] = []

    def look() -> None:
        try:
            time.sleep(0.3)
            asked(p.ListParameters())
            asked.update(mlp())
            assert asked.values("out.weight") == before
            asked(p.ListDevices())
        finally:
            _thread.interrupt_main()

    thread = threading.Thread(target=look)
    thread.start()
    failures.append(asked.fails(p.RunModel({})))
    thread.join()
    assert failures[0].interrupted
    assert asked(p.RunModel({})).outputs[0].value.shape == (3, 2)


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".params", ".safetensors"])
def test_parameters_saved_and_loaded(suffix: str, tmp_path: Path) -> None:
    file = str(tmp_path / f"net{suffix}")
    asked = Asked(mlp())
    asked(p.BuildModel(9))
    asked(p.ApplyInitializers((Initializer(target="out", function="torch.nn.init.normal_"),), "Net", seed=1))
    output = asked(p.RunModel({})).outputs[0].preview
    assert asked(p.SaveParameters(file)).tensors == 4
    assert not asked(p.ListParameters()).changed
    fresh = Asked(mlp())
    assert fresh(p.RunModel({})).outputs[0].preview != output
    assert fresh(p.CompareParameters(file)) == p.LoadReport(file, 4, ())
    loaded = fresh(p.LoadParameters(file))
    assert fresh(p.RunModel({})).outputs[0].preview == output
    assert not fresh(p.ListParameters()).changed
    fresh(p.RestoreSnapshot(loaded.token))
    assert fresh(p.RunModel({})).outputs[0].preview != output
    assert fresh(p.ListParameters()).changed


def test_parameters_of_another_architecture(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    Asked(mlp(hidden=5))(p.SaveParameters(file))
    asked = Asked(mlp())
    before = asked.values("hidden.weight")
    report = asked(p.CompareParameters(file))
    assert (report.matching, {key.key: key.problem for key in report.keys}) == (
        1,
        {"hidden.weight": "shape", "hidden.bias": "shape", "out.weight": "shape"},
    )
    assert asked.fails(p.LoadParameters(file)).kind == "TensorFileError"
    assert asked.values("hidden.weight") == before
    asked(p.LoadParameters(file, matching_only=True))
    assert asked(p.ListParameters()).changed


def test_tensor_files(tmp_path: Path) -> None:
    file = str(tmp_path / "some|odd name")
    asked = Asked(mlp())
    asked(p.SaveTensors(file, ("out.weight", "out.bias"), "dict", ("w", "b")))
    opened = asked(p.OpenTensors(file))
    assert (opened.container, [entry.key for entry in opened.entries]) == ("dict", ["w", "b"])
    assert asked.values(f"{file}|w", "file") == asked.values("out.weight")
    asked(p.SaveTensors(file, ("out.bias",), "tensor"))  # the file is read anew
    assert asked.values(f"{file}|", "file") == asked.values("out.bias")
    asked(p.SaveTensors(str(tmp_path / "list"), (f"{file}|",), "list", source="file"))
    assert torch.load(tmp_path / "list", weights_only=True)[0].shape == (2,)
    assert "no gradient yet" in words(asked.fails(p.SaveTensors(file, ("out.bias",), "tensor", source="gradient")))
    asked(p.RunModel({}, backward="mean"))
    asked(p.SaveTensors(file, ("out.bias",), "dict", source="gradient"))
    assert list(torch.load(file, weights_only=True)) == ["out.bias"]
    asked(p.SaveTensors(file, ("Net/relu|output",), "tensor", source="activation"))
    assert torch.load(file, weights_only=True).shape == (3, 8)


def test_a_snapshot_for_recovery_is_not_a_save(tmp_path: Path) -> None:
    file = str(tmp_path / "recovery")
    asked = Asked(mlp())
    asked(p.ApplyInitializers((Initializer(function="torch.nn.init.normal_"),), "Net"))
    asked(p.TakeSnapshot(file))
    assert asked(p.ListParameters()).changed
    again = Asked(mlp())
    again(p.LoadParameters(file, matching_only=True, saved=False))
    assert again.values("out.weight") == asked.values("out.weight")
    assert again(p.ListParameters()).changed


# --- devices ----------------------------------------------------------------------------------------


def test_devices_that_are_missing() -> None:
    asked = Asked(mlp())
    assert [row.name for row in asked(p.ListDevices()).devices if row.current] == ["cpu"]
    assert asked.fails(p.MoveModel("cuda:5")).kind == "DeviceError"
    assert asked(p.MoveModel("cpu")).devices[0].current
    shapes = asked.update(models.devices())
    assert [problem.code for problem in shapes.problems if problem.severity == "warning"] == ["device-missing"] * 2
    assert {row.device for row in asked(p.ListParameters()).rows} == {"cpu"}


def test_an_unexpected_error_is_told_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANSWERS, p.ListDevices, lambda worker, request: 1 / 0)
    failure = Worker().handle(p.ListDevices())
    assert failure.kind == "Exception" and "ZeroDivisionError" in failure.detail
