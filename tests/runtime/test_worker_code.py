"""Python of the user's own in the engine."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from blockstudio.engine import protocol as p
from blockstudio.errors import RunError
from blockstudio.graph.model import Expression
from blockstudio.runtime import live
from tests.compiler.documents import graph, layer, net
from tests.runtime.workers import BLOCK, Asked, code, mlp, with_example, words


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
        with pytest.raises(KeyboardInterrupt):
            timer.start()
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
