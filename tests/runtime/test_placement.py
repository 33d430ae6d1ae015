from __future__ import annotations

from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document
from blockstudio.graph.model import Definition, Graph, Layer, Sequential
from blockstudio.runtime.placement import placeable


def document(device: str) -> Document:
    inner = Layer(name="inner", type="torch.nn.ReLU", device=device)
    nodes = [Layer(name="outer", type="torch.nn.ReLU"), Sequential(name="net", body=Graph(nodes={"inner": inner}))]
    return Document("Net", {"Net": Definition("Net", Graph(nodes={node.name: node for node in nodes}))})


def test_devices_that_are_here_stay() -> None:
    there = document("cuda:1")
    assert placeable(there, {"cpu", "cuda:1"}) == (there, ())
    assert placeable(document(""))[1] == ()
    assert placeable(document("cpu"))[1] == ()


def test_a_missing_device_is_left_out_and_told() -> None:
    there = document("cuda:1")
    before = dumps(there)
    found, problems = placeable(there, {"cpu"})
    assert dumps(there) == before
    assert found == document("")
    assert [(problem.code, problem.severity, problem.path) for problem in problems] == [
        ("device-missing", "warning", "Net/net.body/inner")
    ]
    assert problems[0].facts == {"device": "cuda:1"}
