"""The example architectures: torchvision's keys, sizes and outputs; or those of modules written by hand."""

from __future__ import annotations

import json
import math
import zlib
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtWidgets import QApplication
from torch import Tensor, nn

import blockstudio as bs
from blockstudio import resources
from blockstudio.compiler import compile_document
from blockstudio.formats.project import to_json
from blockstudio.graph.document import Document
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.project_files import ARCHITECTURES, examples
from blockstudio.runtime import inputs
from blockstudio.runtime.build import model_class
from blockstudio.runtime.shapes import ShapeFinder
from blockstudio.runtime.summary import summarize
from tests.conftest import ROOT
from tests.helpers.architectures import all_of_them
from tests.helpers.architectures.by_hand import BY_HAND
from tests.helpers.ruff import assert_clean

FILES = [example.path for example in examples(ARCHITECTURES)]
TORCHVISION = {
    "02-alexnet": "alexnet",
    "03-vgg11": "vgg11",
    "04-vgg16-bn": "vgg16_bn",
    "06-googlenet": "googlenet",
    "07-resnet18": "resnet18",
    "08-resnet50": "resnet50",
    "09-resnet152": "resnet152",
    "10-densenet121": "densenet121",
    "11-squeezenet": "squeezenet1_0",
    "12-mobilenet-v2": "mobilenet_v2",
}
each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@cache
def reference() -> dict[str, Any]:
    """What torchvision's models are, as measured with torchvision 0.28."""
    found: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "torchvision.json").read_text())
    return found


def architecture(name: str) -> Document:
    return bs.load(resources.path("examples", ARCHITECTURES, f"{name}.blocks"))


def unfilled(document: Document) -> nn.Module:
    """The model, with the sizes of its tensors and no values."""
    with torch.device("meta"):
        return model_class(compile_document(document))().eval()


def filled(key: str, tensor: Tensor) -> Tensor:
    """A value for a key of a state dict that depends on its name and shape alone."""
    if not tensor.is_floating_point():
        return torch.zeros(tensor.shape, dtype=tensor.dtype)
    value = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(zlib.crc32(key.encode())))
    if key.endswith("running_var"):
        return value.abs() * 0.1 + 1
    if key.endswith("running_mean"):
        return value * 0.1
    if tensor.dim() >= 2:
        return value / math.sqrt(tensor[0].numel())
    return 1 + 0.1 * value if key.endswith("weight") else 0.1 * value


def test_every_architecture_is_tested() -> None:
    assert {file.stem for file in FILES} == {*TORCHVISION, *BY_HAND} and len(FILES) == 17
    assert set(TORCHVISION.values()) == set(reference())


@pytest.mark.parametrize("name", TORCHVISION)
def test_keys_sizes_and_outputs_are_those_of_torchvision(name: str) -> None:
    known = reference()[TORCHVISION[name]]
    net = unfilled(architecture(name))
    layout = [[key, list(t.shape), str(t.dtype).removeprefix("torch.")] for key, t in net.state_dict().items()]
    assert layout == known["state_dict"]
    assert sum(p.numel() for p in net.parameters()) == known["parameters"]
    assert sum(b.numel() for b in net.buffers()) == known["buffers"]

    net.load_state_dict({key: filled(key, tensor) for key, tensor in net.state_dict().items()}, assign=True)
    x = torch.randn(known["input_shape"], generator=torch.Generator().manual_seed(20241028))
    with torch.inference_mode():
        output = net(x[:1])[0].double()  # the samples of a batch know nothing of each other
    head, norm = torch.tensor(known["output_head"]).double(), known["output_norm"][0]
    assert list(output.shape) == known["output_shape"][1:]
    assert torch.linalg.norm(output[:8] - head) < 1e-4 * torch.linalg.norm(head)
    assert abs(torch.linalg.norm(output) - norm) < 1e-4 * norm


@pytest.mark.parametrize("name", BY_HAND)
def test_it_equals_the_module_written_by_hand(name: str) -> None:
    document = architecture(name)
    made, by_hand = bs.build(document, seed=1).eval(), BY_HAND[name]().eval()
    layout = {key: tensor.shape for key, tensor in made.state_dict().items()}
    assert layout == {key: tensor.shape for key, tensor in by_hand.state_dict().items()}
    assert sum(p.numel() for p in made.parameters()) == sum(p.numel() for p in by_hand.parameters())
    by_hand.load_state_dict(made.state_dict())
    ports = document.definition(document.root).graph.inputs
    given = [inputs.make(port.example, port.name) for port in ports if port.example]
    with torch.inference_mode():
        outputs, wanted = made(*given), by_hand(*given)
    torch.testing.assert_close(outputs, wanted, rtol=1e-4, atol=1e-5)


def test_the_embedding_of_gpt_is_tied() -> None:
    net = bs.build(architecture("15-gpt"), seed=0)
    assert net.head.weight is net.token_embedding.weight
    tokens = torch.randint(0, 256, (2, 8), generator=torch.Generator().manual_seed(1))
    net(tokens).logsumexp(-1).sum().backward()
    used = torch.zeros(256, dtype=torch.bool).index_fill(0, tokens.flatten(), True)
    # Its gradient has what comes from the output too: words that do not occur get some.
    assert net.token_embedding.weight.grad[~used].abs().sum() > 0
    found = summarize(architecture("15-gpt"))
    assert found.parameters == sum(p.numel() for p in net.parameters()) == found.root.parameters


def test_one_bottleneck_serves_resnet_50_and_152() -> None:
    shallow, deep = (to_json(architecture(name)) for name in ("08-resnet50", "09-resnet152"))
    (root, bottleneck), (deep_root, deep_bottleneck) = shallow["definitions"], deep["definitions"]
    assert bottleneck["name"] == "Bottleneck" and bottleneck == deep_bottleneck
    assert root["hyper_parameters"][0]["default"] == "[3, 4, 6, 3]"
    assert deep_root["hyper_parameters"][0]["default"] == "[3, 8, 36, 3]"
    for definition in (root, deep_root):
        del definition["name"], definition["hyper_parameters"][0]["default"], definition["graph"]["notes"]["note"]
    assert root == deep_root


def test_the_list_of_a_resnet_may_be_given() -> None:
    with torch.device("meta"):
        net = model_class(compile_document(architecture("09-resnet152")))(layers=[3, 4, 23, 3])
    known = {key for key, _, _ in reference()["resnet152"]["state_dict"]}
    keys = set(net.state_dict())
    assert {key for key in known if not key.startswith(("layer2", "layer3"))} < keys < known
    assert len(net.layer3) == 23


# --- how they look ------------------------------------------------------------------------------------


@each
def test_nothing_is_wrong_and_every_shape_is_known(file: Path) -> None:
    document = bs.load(file)
    assert bs.check(document) == []
    found = ShapeFinder().shapes(document)
    assert found.problems == ()
    known = {(row.path, row.port) for row in found.ports}
    for location, graph in document.graphs():
        for source in graph.edges.values():
            assert (location.path(source.node), source.port) in known, (location, source)


@each
def test_nothing_lies_on_anything_else(file: Path, qapp: QApplication) -> None:
    document = bs.load(file)
    assert document.definition(document.root).graph.notes
    scene = CanvasScene()
    for location, _ in document.graphs():
        scene.show_graph(document, location)
        assert scene.sequence or not scene.arrangement  # somebody has chosen places
        things = [item for item in scene.things() if not (isinstance(item, NoteItem) and item.note.frame)]
        for one, other in combinations(things, 2):
            assert not one.body.intersects(other.body), (location, one.key, other.key)
    scene.close()


def test_the_files_are_what_was_composed() -> None:
    composed = all_of_them()
    assert [one.file for one in composed] == [file.stem for file in FILES]
    for one in composed:
        document = architecture(one.file)
        assert bs.source(one.document) == bs.source(document)
        assert document.extra["title"] == one.title


def test_their_sources_are_clean(tmp_path: Path) -> None:
    for file in FILES:
        (tmp_path / f"net{file.stem.replace('-', '_')}.py").write_text(bs.source(bs.load(file)), encoding="utf-8")
    assert_clean(tmp_path)
