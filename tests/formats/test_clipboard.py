"""Blocks as text: through a chat and back, and what is said of text that holds none."""

from __future__ import annotations

import json

import pytest

from blockstudio.errors import EditError, ProjectError
from blockstudio.formats import clipboard
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import (
    Call,
    Definition,
    Endpoint,
    Expression,
    Function,
    Graph,
    HyperParameter,
    Layer,
    Port,
    Sequential,
)

NET = Location("Net")


def net() -> Document:
    nodes = [
        Layer(name="hidden", type="torch.nn.Linear", options={"in_features": 20, "out_features": 256}),
        Function(name="relu", type="torch.nn.functional.relu", position=(200.0, 0.0)),
    ]
    edges = {Endpoint("hidden", "input"): Endpoint("", "x"), Endpoint("relu", "input"): Endpoint("hidden", "output")}
    graph = Graph([Port("x")], [Port("y")], {node.name: node for node in nodes}, edges)
    return Document("Net", {"Net": Definition("Net", graph)})


def copied() -> str:
    return clipboard.to_text(clipboard.copy(net(), NET, ["hidden", "relu"]))


def pasted(text: str) -> Document:
    document = Document("Net", {"Net": Definition("Net", Graph([Port("x")], [Port("y")]))})
    edit, _ = clipboard.paste(document, NET, clipboard.from_text(text))
    document.apply(edit)
    return document


@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        "```json\n{}\n```",
        "Here is the block {{as promised}}:\n\n```\n{}```\nIt takes 20 features.",
        "> {}",
        "\ufeff  {}  \n\n",
    ],
)
def test_text_comes_back_from_a_chat(wrap: str) -> None:
    graph = pasted(wrap.format(copied())).graph(NET)
    assert list(graph.nodes) == ["hidden", "relu"]
    assert graph.edges == {Endpoint("relu", "input"): Endpoint("hidden", "output")}


def test_keys_in_another_order_and_typographic_quotes() -> None:
    data = json.loads(copied())
    assert list(pasted(json.dumps(dict(reversed(data.items())))).graph(NET).nodes) == ["hidden", "relu"]
    curly = copied().replace('"', "“").replace(" ", "\u00a0")
    assert list(pasted(curly).graph(NET).nodes) == ["hidden", "relu"]


def test_a_whole_project_pastes_what_its_root_holds() -> None:
    assert list(pasted(dumps(net()).decode()).graph(NET).nodes) == ["hidden", "relu"]


def nested(depth: int) -> str:
    """Rounds within rounds."""
    node: dict[str, object] = {"kind": "layer", "name": "relu", "type": "torch.nn.ReLU"}
    for level in range(depth):
        node = {"kind": "repeat", "name": f"r{level}", "body": {"nodes": [node]}}
    return json.dumps({"format": clipboard.FORMAT, "graph": {"nodes": [node]}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no text"),
        ("  \n", "holds no text"),
        ("Nothing to see", "holds no blocks"),
        ('{"format": "something-else"}', "holds no blocks"),
        ('["blockstudio-fragment"]', "holds no blocks"),
        (copied()[:80], "not complete JSON: line"),
        (copied().replace('"nodes": [', '"nodes": [{"kind": "layer"}, '), "faults"),
        (copied().replace('"torch.nn.Linear"', "5"), "faults"),
        (copied().replace('"definitions": []', '"definitions": 5'), "faults"),
        (copied().replace('"version": 1', '"version": 99'), "newer BlockStudio"),
        (copied().replace("relu", "\\ud800"), "not a text file"),
        (nested(200), "nested more than"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        clipboard.paste(net(), NET, clipboard.from_text(text))


def test_edges_to_what_was_not_copied_are_left_out() -> None:
    data = json.loads(copied())
    data["graph"]["edges"] |= {"hidden:input": ":x", "gone:input": "relu:output"}
    data["graph"]["routes"] = {"hidden:input": [[1, 2]]}
    graph = pasted(json.dumps(data)).graph(NET)
    assert graph.edges == {Endpoint("relu", "input"): Endpoint("hidden", "output")} and not graph.routes


def test_blocks_that_hold_each_other_are_refused() -> None:
    blocks = [
        {"name": name, "graph": {"nodes": [{"kind": "instance", "name": "inner", "definition": other}]}}
        for name, other in (("A", "B"), ("B", "A"))
    ]
    graph = {"nodes": [{"kind": "instance", "name": "a", "definition": "A"}]}
    with pytest.raises(EditError, match="cannot contain itself"):
        pasted(json.dumps({"format": clipboard.FORMAT, "graph": graph, "definitions": blocks}))


def test_hyper_parameters_travel_along_where_they_lack() -> None:
    source = net()
    source.definition("Net").hyper_parameters += [HyperParameter("width", "20"), HyperParameter("unused", "1")]
    wide = Layer(
        name="wide", type="torch.nn.Linear", options={"in_features": Expression("width * 2"), "out_features": 4}
    )
    inner = Graph(nodes={"wide": wide})
    source.apply(AddNode(NET, Sequential(name="rows", body=inner)))
    text = clipboard.to_text(clipboard.copy(source, NET, ["rows"]))
    document = Document("Net", {"Net": Definition("Net", Graph([Port("x")], [Port("y")]))})
    before = dumps(document)
    edit, _ = clipboard.paste(document, NET, clipboard.from_text(text))
    inverse = document.apply(edit)
    assert document.definition("Net").hyper_parameters == [HyperParameter("width", "20")]
    document.apply(inverse)
    assert dumps(document) == before
    document.definition("Net").hyper_parameters.append(HyperParameter("width", "7"))
    document.apply(clipboard.paste(document, NET, clipboard.from_text(text))[0])
    assert document.definition("Net").hyper_parameters == [HyperParameter("width", "7")]  # what is there means it now


def test_a_shared_layer_and_its_call_stay_shared() -> None:
    source = net()
    source.apply(AddNode(NET, Call(name="again", layer="hidden")))
    text = clipboard.to_text(clipboard.copy(source, NET, ["hidden", "again"]))
    target = net()
    edit, names = clipboard.paste(target, NET, clipboard.from_text(text))
    target.apply(edit)
    assert target.node(NET, names[1]) == Call(name=names[1], layer=names[0], position=(40.0, 40.0))
    alone = clipboard.to_text(clipboard.copy(source, NET, ["again"]))
    edit, names = clipboard.paste(target, NET, clipboard.from_text(alone))
    target.apply(edit)
    assert isinstance(target.node(NET, names[0]), Layer)  # without the layer it is a layer of its own
