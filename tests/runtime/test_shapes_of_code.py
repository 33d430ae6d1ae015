"""Shapes of blocks written in Python."""

from __future__ import annotations

from typing import Any

import pytest

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
)
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import (
    document,
    graph,
    instance,
)
from tests.runtime.finding import at, find, only, size, words, x


def coded(source: str, name: str = "Own", **options: Any) -> Document:
    code = CodeDefinition(name, f"class {name}(nn.Module):\n" + "".join(f"    {line}\n" for line in source.split("\n")))
    return document(code, Definition("Net", graph([x(2, 20)], "y", [instance("own", name, **options)], "x>own own>y")))


OWN = "def __init__(self, units):\n    super().__init__()\n    self.w = nn.Parameter(torch.randn(20, units))\n"
FORWARD = "def forward(self, input):\n    "


def test_code_runs_only_if_it_is_trusted() -> None:
    made = coded(OWN + FORWARD + "return input @ self.w", units=7)
    shapes = find(made)
    assert (only(shapes).code, only(shapes).severity, only(shapes).path) == ("code-untrusted", "info", "Net/own")
    assert at(shapes, "Net/own").text == "Python not allowed yet"  # type: ignore[union-attr]
    assert size(find(made, trusted=True), "Net/own") == (2, 7)


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (FORWARD + "return input @ torch.ones(30, 2)", "code-error", "failed in line 3: RuntimeError: a and b must"),
        (FORWARD + "raise ValueError('no')\n    return 1", "code-error", "“Own” failed in line 3: ValueError: no"),
        ("def __init__(self):\n    self.x = 1 / 0\n" + FORWARD + "return input", "code-error", "line 3: ZeroDivision"),
        (FORWARD + "return print(input)", "code-returns", "“Own” returns nothing"),
        (FORWARD + "import sys\n    return sys.exit()", "code-error", "SystemExit"),
        (FORWARD + "while True: pass\n    return input", "code-endless", "did not finish within 0.2 seconds"),
        (FORWARD + "return input\nx = 1 / 0", "code-error", "“Own” failed in line 4: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_code_that_fails(source: str, code: str, said: str) -> None:
    finder = ShapeFinder()
    finder.steps.code.seconds = 0.2
    problem = only(finder.shapes(coded(source), trusted=True))
    assert problem.code == code and problem.path == "Net/own"
    assert said in words(problem)
    assert problem.code != "code-error" or "Traceback" in problem.detail


def test_code_that_looks_at_the_data() -> None:
    made = coded(FORWARD + "if input.sum() > 0:\n        return input\n    return -input")
    assert find(made, trusted=True).problems == ()
    assert at(find(made, trusted=True), "Net/own").text == "depends on data"  # type: ignore[union-attr]


def test_code_that_changes_its_input_changes_nothing_else() -> None:
    made = coded(FORWARD + "return input.t_()")
    for _ in range(2):
        shapes = find(made, trusted=True)
        assert (size(shapes, "Net", "x"), size(shapes, "Net/own")) == ((2, 20), (20, 2))
