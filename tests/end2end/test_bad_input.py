"""Bad input, by the command line and from Python: a clear message and no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from blockstudio.cli import cli
from blockstudio.errors import BlockStudioError, CompileError, ProjectError
from blockstudio.formats import project
from blockstudio.runtime.build import build

LINEAR = {"kind": "layer", "name": "lin", "type": "torch.nn.Linear", "options": {"in_features": 4, "out_features": 4}}
PORTS: dict[str, Any] = {"inputs": [{"name": "x", "example": {"shape": [2, 4]}}], "outputs": [{"name": "y"}]}


def chain(node: str, input: str = "input", output: str = "output") -> dict[str, str]:
    """The wires x -> node -> y."""
    return {f"{node}:{input}": ":x", ":y": f"{node}:{output}"}


def net(*nodes: dict[str, Any], definitions: tuple[dict[str, Any], ...] = (), **fields: Any) -> bytes:
    definition = {"name": "Net", "graph": {"nodes": nodes, "edges": chain("lin"), **PORTS}} | fields
    data = {"format": "blockstudio", "version": 1, "root": "Net", "definitions": [definition, *definitions]}
    return json.dumps(data).encode()


def with_code(body: str) -> bytes:
    source = f"import time\n\nimport torch\nfrom torch import nn\n\n\nclass Code(nn.Module):\n{body}"
    graph = {"nodes": [{"kind": "instance", "name": "c", "definition": "Code"}], "edges": chain("c", "x"), **PORTS}
    return net(graph=graph, definitions=({"name": "Code", "source": source},))


def nested(depth: int) -> bytes:
    """Blocks that hold an instance of the next, to this depth."""
    data = json.loads(net(LINEAR))
    (last,) = data["definitions"]
    data["definitions"] = [{**last, "name": f"D{depth}"}]
    for level in reversed(range(depth)):
        node = {"kind": "instance", "name": "b", "definition": f"D{level + 1}"}
        graph = {"nodes": [node], "edges": chain("b", "x", "y"), **PORTS}
        data["definitions"].append({"name": f"D{level}", "graph": graph})
    return json.dumps(data | {"root": "D0"}).encode()


# --- by the command line and from Python -----------------------------------------------------------------


def called(command: str, data: bytes, folder: Path) -> Result:
    """What a command says of a file; only what it means to raise gets out of it."""
    file = folder / "bad.blocks"
    file.write_bytes(data)
    result = CliRunner().invoke(cli, [command, str(file)])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit | BlockStudioError), result.exception
    return result


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (net(LINEAR).replace(b'"out_features": 4', b'"out_features": ' + b"9" * 5000), "number that is too large"),
        (net({**LINEAR, "comment": "\ud800"}), "not a text file"),
        (net({**LINEAR, "name": ""}), "no name at [0].graph."),
        (net(definitions=({"name": "Net", "graph": {}},)), "two definitions are named “Net”."),
    ],
)
def test_files_that_are_no_projects(data: bytes, words: str) -> None:
    with pytest.raises(ProjectError) as error:
        project.loads(data)
    assert words in str(error.value)


@pytest.mark.parametrize("name", ["1abc", "class", "a b", "a;import os", "forward", "lin\nimport os", "__class__"])
def test_names_that_are_none(name: str, tmp_path: Path) -> None:
    data = net({**LINEAR, "name": name}, graph={"nodes": [{**LINEAR, "name": name}], "edges": chain(name), **PORTS})
    assert "cannot" in called("check", data, tmp_path).output
    assert "cannot" in str(called("run", data, tmp_path).exception)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('x')",
        "print(1)",
        "import os",
        "().__class__",
        "9**9**9",
        "1/0",
        "(" * 3000,
        "[1]*10**18",
    ],
)
@pytest.mark.parametrize("place", ["option", "constant", "default"])
def test_expressions_that_do_harm_or_have_no_value(expression: str, place: str, tmp_path: Path) -> None:
    if place == "option":
        options = {"in_features": 4, "out_features": {"expression": expression}}
        data = net({**LINEAR, "options": options})
    elif place == "constant":
        data = net(LINEAR, {"kind": "constant", "name": "c", "value": expression})
    else:
        data = net(LINEAR, hyper_parameters=[{"name": "h", "default": expression}])
    error = called("run", data, tmp_path).exception
    assert isinstance(error, BlockStudioError) and str(error).startswith("Net")


@pytest.mark.parametrize("command", ["check", "source", "summary", "run"])
def test_blocks_in_a_thousand_blocks(command: str, tmp_path: Path) -> None:
    result = called(command, nested(1000), tmp_path)
    assert "nested more than" in f"{result.output}{result.exception}"


def test_a_thousand_deep_is_refused_and_a_hundred_are_built() -> None:
    with pytest.raises(CompileError, match="nested more than"):
        build(project.loads(nested(1000)))
    assert build(project.loads(nested(100)))(torch.ones(2, 4)).shape == (2, 4)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    def forward(self x): return x", "Line 8: invalid syntax"),
        ("    def forward(self, x): x + 1", "returns nothing"),
        ("    1 / 0\n    def forward(self, x): return x", "ZeroDivisionError"),
        ("    def __init__(self): raise ValueError('boom')\n    def forward(self, x): return x", "ValueError: boom"),
        ("    def __init__(self): raise SystemExit\n    def forward(self, x): return x", "SystemExit"),
        ("    def forward(self, x):\n        raise ValueError('boom')\n        return x", "ValueError: boom"),
        ("    def forward(self, x): return self.forward(x)", "RecursionError"),
    ],
)
def test_code_with_faults(body: str, words: str, tmp_path: Path) -> None:
    data = with_code(body)
    ran = called("run", data, tmp_path)
    assert isinstance(ran.exception, BlockStudioError)
    said = str(ran.exception)
    if "Code" in said and "fault" in said:  # that much is known without running it
        said = called("check", data, tmp_path).output
    assert words in said
