"""What is exported gives elsewhere what the model gives here; what a format cannot hold is named."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
import torch

from blockstudio import resources
from blockstudio.errors import ExportError
from blockstudio.formats.project import load
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition, Endpoint
from blockstudio.runtime import inputs
from blockstudio.runtime.exporting import onnx_file
from tests.compiler.documents import document, function, graph, instance, layer, linear, net
from tests.compiler.models import MODELS, in_training, none_of
from tests.runtime.exporting.exports import export, run

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")  # torch, of itself, when it loads

BOTH = pytest.mark.parametrize("suffix", [".pt2", ".onnx"])

REFUSED = {
    "08-if-and-repeat": "Net/choice",
    "08-while": "FixedHiddenMLP/loop",
    "09-nested-mix": "FixedHiddenMLP/loop",
}
"""The chapter's examples that no format can hold, and the node that it is for: what they do depends on values."""


def mlp() -> Document:
    nodes = [linear("hidden", 20, 32), function("relu"), layer("drop", "Dropout"), linear("out", 32, 10)]
    return net(graph("x", "y", nodes, "x>hidden hidden>relu relu>drop drop>out out>y"), "MLP")


def single(node, *, inputs: str = "x", wires: str = "x>{0} {0}>y") -> Document:  # type: ignore[no-untyped-def]
    return net(graph(inputs, "y", [linear("first", 8, 8), node], f"x>first first>{node.name} {node.name}>y"))


LESSON = sorted(path.stem for path in resources.path("examples").glob("*.blocks"))
LARGER = ["architectures/07-resnet18", "architectures/14-transformer", "architectures/15-gpt"]


@BOTH
@pytest.mark.parametrize("stem", [*LESSON, *LARGER])
def test_the_lesson_and_larger_models(stem: str, suffix: str, tmp_path: Path) -> None:
    path = resources.path("examples", f"{stem}.blocks")
    example = load(path)
    inputs.locate(example, str(path.parent))
    ports = example.definition(example.root).graph.inputs
    given = [inputs.make(port.example, port.name) for port in ports if port.example]
    file = tmp_path / f"net{suffix}"
    if stem in REFUSED:
        with pytest.raises(ExportError, match="depends on the values in a tensor") as refusal:
            export(example, file, *given)
        assert refusal.value.path == REFUSED[stem]
        assert list(tmp_path.iterdir()) == []
        return
    trip = export(example, file, *given)
    assert trip.notes == []
    trip.holds(*given)
    trip.holds(*(torch.cat([value] * 3) for value in given))  # a batch of any size


@BOTH
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_batch_of_any_size_from_an_example_of_any(size: int, suffix: str, tmp_path: Path) -> None:
    trip = export(mlp(), tmp_path / f"net{suffix}", torch.rand(size, 20))
    assert trip.notes == []
    assert trip.result.bytes == trip.file.stat().st_size
    for batch in (1, 2, 7):
        trip.holds(torch.rand(batch, 20))


def test_onnx_is_as_near_to_exact_arithmetic_as_torch_is(tmp_path: Path) -> None:
    """Untrained, outputs grow with every block (of ResNet-152 to a hundred million): the error counts beside them."""
    example = load(resources.path("examples", "architectures/08-resnet50.blocks"))
    given = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    trip = export(example, tmp_path / "net.onnx", given)
    model = trip.model.eval()
    (ours,) = run(trip.file, given)
    with torch.no_grad():
        theirs, exact = model(given), model.double()(given.double())
    largest = exact.abs().max()
    assert (ours - exact).abs().max() / largest < 2e-6
    assert (theirs - exact).abs().max() / largest < 2e-6


def test_onnx_has_the_names_of_the_document(tmp_path: Path) -> None:
    model = onnx.load(export(mlp(), tmp_path / "net.onnx", torch.rand(2, 20)).file)
    onnx.checker.check_model(model, full_check=True)
    first, last = model.graph.input[0], model.graph.output[0]
    assert (first.name, last.name) == ("x", "y")
    assert [value.dim_param or value.dim_value for value in first.type.tensor_type.shape.dim] == ["batch", 20]
    assert [value.dim_param or value.dim_value for value in last.type.tensor_type.shape.dim] == ["batch", 10]
    assert {value.name for value in model.graph.initializer} >= {"hidden.weight", "out.bias"}
    assert "File" not in str(model)  # nothing of the machine it was made on


@BOTH
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("lstm", [torch.zeros(2, 7, dtype=torch.int64), torch.rand(2, 2, 64), torch.rand(2, 2, 64)]),
        ("bottleneck", [torch.rand(1, 64, 8, 8)]),
        ("repeat_unshared", [torch.rand(2, 8), torch.rand(2, 8)]),
        ("tied", [torch.zeros(2, 3, dtype=torch.int64)]),
        ("numbered", [torch.rand(1, 3, 8, 8)]),
    ],
)
def test_models_of_all_kinds(name: str, given: list[torch.Tensor], suffix: str, tmp_path: Path) -> None:
    trip = export(MODELS[name](), tmp_path / f"net{suffix}", *given)
    assert trip.notes == []
    trip.holds(*given)
    trip.holds(*(torch.cat([value, value], dim=1 if name == "lstm" and n else 0) for n, value in enumerate(given)))


@BOTH
def test_several_inputs_and_outputs_under_names_that_meet(suffix: str, tmp_path: Path) -> None:
    nodes = [linear("a", 8, 8), linear("b", 8, 8), function("both", "operator.add")]
    several = net(graph("x y", "x sum first", nodes, "x>a y>b a>both b>both.other a>first both>sum"))
    several.definition("Net").graph.edges |= {Endpoint("", "x"): Endpoint("b", "output")}
    trip = export(several, tmp_path / f"net{suffix}", torch.rand(3, 8), torch.rand(3, 8))
    trip.holds(torch.rand(4, 8), torch.rand(4, 8))


@BOTH
def test_a_batch_that_a_node_fixes_is_said_so(suffix: str, tmp_path: Path) -> None:
    flat = function("flat", "torch.Tensor.view", shape=(2, 8))
    trip = export(single(flat), tmp_path / f"net{suffix}", torch.rand(2, 8))
    assert trip.notes == ["Net/flat: The export takes the input “x” only with a first size of 2, which is fixed here."]
    trip.holds(torch.rand(2, 8))


@BOTH
def test_a_batch_cut_in_half(suffix: str, tmp_path: Path) -> None:
    """Which the optimiser of onnxscript 0.7 fails on."""
    nodes = [function("halves", "torch.chunk", chunks=2, dim=0), function("cat", "torch.cat", dim=0)]
    wires = "x>halves halves.chunks.1>cat.tensors.0 halves.chunks.0>cat.tensors.1 cat>y"
    trip = export(net(graph("x", "y", nodes, wires)), tmp_path / f"net{suffix}", torch.rand(4, 8))
    for batch in (4, 6, 8):
        trip.holds(torch.rand(batch, 8))


@BOTH
def test_an_example_of_one_that_cannot_be_two(suffix: str, tmp_path: Path) -> None:
    flat = function("flat", "torch.Tensor.view", shape=(1, 8))
    trip = export(single(flat), tmp_path / f"net{suffix}", torch.rand(1, 8))
    assert [note.partition(":")[0] for note in trip.notes] == ["Net/flat"]
    trip.holds(torch.rand(1, 8))


LACKING = {
    "a function among others on its line": (function("inverse", "torch.linalg.inv"), "A", "linalg_inv"),
    "a layer": (layer("pool", "FractionalMaxPool2d", kernel_size=2, output_size=2), "input", "fractional_max_pool2d"),
}


@pytest.mark.parametrize("case", LACKING)
def test_an_operator_that_onnx_lacks_is_named_with_its_node(case: str, tmp_path: Path) -> None:
    node, port, operator = LACKING[case]
    nodes = [linear("first", 8, 8), node, function("relu")]
    wires = f"x>first first>{node.name}.{port} {node.name}>relu relu>y"
    inner = Definition("Inner", graph("x", "y", nodes, wires))
    outer = document(inner, Definition("Net", graph("x", "y", [instance("block", "Inner")], "x>block.x block.y>y")))
    with pytest.raises(ExportError, match=f"ONNX has no operator for .*{operator}") as refusal:
        export(outer, tmp_path / "net.onnx", torch.rand(2, 3, 8, 8))
    assert refusal.value.path == f"Inner/{node.name}"
    assert list(tmp_path.iterdir()) == []
    export(outer, tmp_path / "net.pt2", torch.rand(2, 3, 8, 8))


@BOTH
def test_python_of_the_users_own_that_goes_by_values(suffix: str, tmp_path: Path) -> None:
    code = CodeDefinition("Odd", ODD)
    outer = document(code, Definition("Net", graph("x", "y", [instance("odd", "Odd")], "x>odd.x odd.output>y")))
    with pytest.raises(ExportError, match="depends on the values in a tensor") as refusal:
        export(outer, tmp_path / f"net{suffix}", torch.rand(2, 8))
    assert refusal.value.path == "Net/odd"


ODD = """\
from torch import nn


class Odd(nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 3 else x
"""


@BOTH
def test_a_layer_without_a_shape(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"“lazy\.weight” has no shape yet"):
        export(single(layer("lazy", "LazyLinear", out_features=3)), tmp_path / f"net{suffix}", torch.rand(2, 8))


def test_values_that_have_two_names_are_still_one(tmp_path: Path) -> None:
    trip = export(MODELS["tied"](), tmp_path / "net.pt2", torch.zeros(2, 3, dtype=torch.int64))
    state = torch.export.load(trip.file).state_dict
    assert set(state) == set(trip.model.state_dict())
    assert state["head.weight"].data_ptr() == state["tok.weight"].data_ptr()


def test_values_too_many_for_one_file_of_onnx_go_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.onnx._internal.exporter._onnx_program._LARGE_MODEL_THRESHOLD", 1000)
    trip = export(mlp(), tmp_path / "net.onnx", torch.rand(2, 20))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.onnx", "net.onnx.data"]
    assert trip.result.bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    trip.holds(torch.rand(3, 20))


@BOTH
def test_what_cannot_be_written_leaves_the_old_file(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"net{suffix}"
    file.write_text("old")
    with pytest.raises(ExportError, match="cannot be written"):
        export(mlp(), tmp_path / "gone" / f"net{suffix}", torch.rand(2, 20))

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fill)
    with pytest.raises(ExportError, match="No space left"):
        export(mlp(), file, torch.rand(2, 20))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@BOTH
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_full_disk_ends_nothing(suffix: str, tmp_path: Path) -> None:
    """In a process of its own, for torch would end it."""
    code = """
import resource, sys
from blockstudio.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
main()
"""
    file = tmp_path / f"net{suffix}"
    project = resources.path("examples", "03-mlp.blocks")
    done = subprocess.run([sys.executable, "-c", code, "export", project, file], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"blockstudio: “{file}” cannot be written: File too large.\n")
    assert list(tmp_path.iterdir()) == []


def test_without_onnx_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match="pip install onnx onnxscript"):
        export(mlp(), tmp_path / "net.onnx", torch.rand(2, 20))
    export(mlp(), tmp_path / "net.pt2", torch.rand(2, 20))


def test_another_suffix(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.onnx \.pt2"):
        export(mlp(), tmp_path / "net.h5", torch.rand(2, 20))


@BOTH
def test_what_there_is_in_training_only_is_none_in_a_file(suffix: str, tmp_path: Path) -> None:
    """And what comes behind it keeps its name."""
    nodes = [
        linear("body", 8, 8),
        in_training("aux", graph("x", "y", [linear("head", 8, 2)], "x>head head>y"), none_of("none")),
    ]
    made = net(graph("x", "first second", nodes, "x>body body>aux.x aux.y>first body>second"))
    value = torch.randn(2, 8)
    trip = export(made, tmp_path / f"net{suffix}", value)
    assert trip.notes == []
    wanted = trip.model(value)
    assert wanted[0] is None
    found = [each for each in run(trip.file, value) if each is not None]
    torch.testing.assert_close(found, [wanted[1]])
    if suffix == ".onnx":
        assert [output.name for output in onnx.load(trip.file).graph.output] == ["second"]
