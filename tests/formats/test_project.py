"""Project files: what is written is read back, what is unknown is kept, what is broken is refused clearly."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from blockstudio.errors import ProjectError
from blockstudio.formats import files, migrations, project
from blockstudio.formats.conversion import NODE_KINDS
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import MoveNodes, SetNode
from blockstudio.graph.model import (
    Bookmark,
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Endpoint,
    Example,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Instance,
    Layer,
    Node,
    Note,
    Parameter,
    Port,
    Repeat,
    Sequential,
    Unknown,
    While,
)


def everything() -> Document:
    """A document with every kind of node and every field away from its default."""
    inner = Graph([Port("x")], [Port("x")], {"add": Function(name="add", type="operator.add", options={"other": 1})})
    inner.connect(Endpoint("add", "input"), Endpoint("", "x"))
    condition = Graph([Port("x")], [Port("condition")])
    nodes = [
        Layer(
            name="hidden",
            type="torch.nn.Linear",
            options={"in_features": 20, "out_features": Expression("n * 2"), "bias": False},
            position=(10.0, -2.5),
            comment="隐藏层",
            color="#aabbcc",
            device="cuda:1",
            bypassed=True,
        ),
        Layer(name="conv", type="torch.nn.Conv2d", options={"kernel_size": (3, 3), "padding_mode": "zeros"}),
        Function(name="relu", type="torch.nn.functional.relu"),
        Instance(
            name="head", definition="Head", options={"units": None, "sizes": (1, (2, Expression("n")))}, expanded=True
        ),
        Call(name="hidden_2", layer="hidden"),
        Constant(name="weight", value="torch.rand(20, 20)", persistent=False),
        Parameter(name="token", value="torch.zeros(1, 1, n)"),
        Sequential(name="net", named=True, body=Graph(nodes={"0": Layer(name="0", type="torch.nn.ReLU")})),
        While(name="loop", condition=condition, body=inner),
        If(name="choice", condition=condition, then=inner, otherwise=inner),
        Repeat(name="layers", body=inner, count=Expression("n"), index="k", shared=False),
    ]
    graph = Graph(
        [
            Port("x", (1.0, 2.0), Example((2, 20), "int64", "integers", low=1, high=5)),
            Port("mask", default="None", example=Example((), file="m.pt", key="mask", generator="file")),
        ],
        [Port("output")],
        {node.name: node for node in nodes},
        {Endpoint("hidden", "input"): Endpoint("", "x"), Endpoint("", "output"): Endpoint("hidden", "output")},
        {"note": Note("Look", (1.0, 2.0), (300.0, 90.0), "#ffffff", True)},
        {Endpoint("hidden", "input"): ((4.0, 5.5), (-6.0, 7.0))},
        {"relu": Bookmark((12.5, -3.0), 0.5)},
        down=True,
    )
    return Document(
        "Net",
        {
            "Head": CodeDefinition("Head", "class Head(nn.Module):\n    ...\n", "The last layer."),
            "Net": Definition(
                "Net",
                graph,
                [HyperParameter("n", "4", "width"), HyperParameter("sizes", "[1, [2, 3]]")],
                [
                    Initializer(layer_type="torch.nn.Linear", parameter="weight", function="torch.nn.init.ones_"),
                    Initializer(function="mine", arguments={"a": (1, Expression("n"))}),
                    Initializer(target="hidden", parameter="weight", index="0, 0", expression="x + 42"),
                    Initializer(target="hidden", parameter="weight", same_as="token"),
                    Initializer(target="hidden", trainable=False),
                ],
                "A net.",
            ),
        },
        {"mine": "def mine(x): ..."},
        7,
    )


def test_every_part_of_a_document_is_written_and_read_back(tmp_path: Path) -> None:
    document = everything()
    project.save(document, tmp_path / "net.blocks")
    read = project.load(tmp_path / "net.blocks")
    assert read == document
    assert project.dumps(read) == (tmp_path / "net.blocks").read_bytes()


def fields(kind: Any) -> dict[tuple[type, str], Any]:
    """The fields of a class, each with the class that it is to be tested in: those of all nodes in one of them."""
    found = {field.name: field for field in attrs.fields(kind) if field.init and field.name != "extra"}
    return {(Node if hasattr(attrs.fields(Node), name) else kind, name): field for name, field in found.items()}


def away_from_default(value: Any) -> Iterator[tuple[type, str]]:
    """The fields of a document and of all its parts that are as nobody is by default."""
    parts: Any = value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else ()
    if attrs.has(type(value)):
        for key, field in fields(type(value)).items():
            part = getattr(value, key[1])
            parts = [*parts, part]
            if part != (field.default.factory() if hasattr(field.default, "factory") else field.default):
                yield key
    for part in parts:
        yield from away_from_default(part)


def test_no_field_is_left_out_of_the_test_above() -> None:
    kinds = [Document, Definition, CodeDefinition, Graph, Port, Example, Note, Bookmark, HyperParameter, Initializer]
    every = {key for kind in [*kinds, *NODE_KINDS.values()] for key in fields(kind)}
    assert every - set(away_from_default(everything())) == set()


def test_a_changed_node_is_one_changed_line() -> None:
    document = everything()
    before = project.dumps(document).decode().splitlines()
    document.apply(MoveNodes(Location("Net"), {"relu": (5.0, 5.0)}))
    after = project.dumps(document).decode().splitlines()
    assert len(set(after) - set(before)) == 1


def test_what_this_version_does_not_know_is_kept() -> None:
    raw = project.to_json(everything())
    raw["theme"] = {"a": [1]}
    raw["definitions"][1]["tags"] = ["x"]
    graph = raw["definitions"][1]["graph"]
    graph["zoom"] = 2
    graph["nodes"][0]["pinned"] = True
    graph["nodes"].append({"kind": "portal", "name": "p", "to": [1, 2]})
    graph["inputs"][0]["unit"] = "mm"
    document = project.from_json(json.loads(json.dumps(raw)))
    assert project.to_json(document) == raw
    assert isinstance(document.definition("Net").graph.nodes["p"], Unknown)


def test_an_unknown_node_can_be_moved_and_keeps_the_rest() -> None:
    raw = project.to_json(everything())
    raw["definitions"][1]["graph"]["nodes"].append({"kind": "portal", "name": "p", "to": [1, 2]})
    document = project.from_json(raw)
    document.apply(MoveNodes(Location("Net"), {"p": (3.0, 4.0)}))
    written = project.to_json(document)["definitions"][1]["graph"]["nodes"][-1]
    assert written == {"kind": "portal", "name": "p", "to": [1, 2], "position": [3.0, 4.0]}


def test_what_every_node_has_is_read_and_changed_in_an_unknown_one_too() -> None:
    raw = project.to_json(everything())
    portal = {"kind": "portal", "name": "p", "comment": "Out", "color": {"hue": 3}, "bypassed": True}
    raw["definitions"][1]["graph"]["nodes"].append(portal)
    document = project.from_json(raw)
    node = document.node(Location("Net"), "p")
    assert (node.comment, node.color, node.bypassed) == ("Out", "", True)
    assert project.to_json(document) == raw
    document.apply(SetNode(Location("Net"), attrs.evolve(node, bypassed=False, device="cuda:1")))
    written = project.to_json(document)["definitions"][1]["graph"]["nodes"][-1]
    assert written == {**portal, "bypassed": False, "device": "cuda:1"}


def net(nodes: list[dict[str, Any]], **graph: Any) -> bytes:
    definition = {"name": "Net", "graph": {"nodes": nodes, **graph}}
    return json.dumps({"format": "blockstudio", "version": 1, "root": "Net", "definitions": [definition]}).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfe\x00", "not a text file"),
        (b'{"format": "blockstudio", "ver', "line 1, column 27"),
        (b"[1, 2]", "not a BlockStudio project"),
        (b'{"format": "other", "version": 1}', "not a BlockStudio project"),
        (b'{"format": "blockstudio"}', "does not say its version"),
        (b'{"format": "blockstudio", "version": 99}', "newer BlockStudio"),
        (b'{"format": "blockstudio", "version": 1, "root": "Net", "definitions": []}', "root block “Net” is missing"),
        (b'{"format": "blockstudio", "version": 1, "root": "Net"}', "faults"),
        (net([{"kind": "layer", "name": "a"}]), "'type' is missing"),
        (net([{"kind": "layer", "name": "a", "type": "t", "position": [1]}]), "not a pair of numbers"),
        (net([{"kind": "layer", "name": "a", "type": "t", "position": [float("nan"), 0]}]), "no place on the canvas"),
        (net([], inputs=[{"name": "x", "position": [0, 1e300]}]), "no place on the canvas"),
        (net([], notes={"n": {"text": "", "size": [float("inf"), 9]}}), "no place on the canvas"),
        (net([], edges={":y": ":x"}, routes={":y": [[0, float("-inf")]]}), "no place on the canvas"),
        (net([{"kind": "layer", "name": "a", "type": "t", "options": {"b": {"x": 1}}}]), "not an option's value"),
        (net([{"kind": "layer", "name": 5, "type": "t"}]), "5 is not text"),
        (net([{"kind": "call", "name": "a", "layer": "b"}] * 2), "two nodes are named “a”"),
        (net([], edges={"a": "b"}), "not an end of an edge"),
        (b'{"format": "blockstudio", "format": "x"}', "stands twice"),
        (b"[" * 100_000, "nested more than"),
        (net([{"kind": "constant", "name": "a", "value": "1" * 10_000_000}]), "10000000 characters"),
        (b'{"format": "blockstudio", "version": 1, "x": ' + b"[" * 500 + b"]" * 500 + b"}", "nested more than"),
    ],
)
def test_a_bad_file_is_refused_with_a_clear_message(data: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.blocks"
    file.write_bytes(data)
    with pytest.raises(ProjectError) as error:
        project.load(file)
    assert words in str(error.value)
    assert str(file) in str(error.value)
    assert len(str(error.value)) < 600


def test_all_faults_are_listed_at_once() -> None:
    nodes = [{"kind": "layer", "name": 1, "type": "t"}, {"kind": "layer", "name": "b"}]
    with pytest.raises(ProjectError) as error:
        project.loads(net(nodes))
    assert "1 is not text" in str(error.value)
    assert "'type' is missing" in str(error.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="No such file"):
        project.load(tmp_path / "none.blocks")
    with pytest.raises(ProjectError, match="directory"):
        project.load(tmp_path)


def test_a_pipe_is_neither_waited_for_nor_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net.blocks")
    with pytest.raises(ProjectError, match="a pipe or a device"):
        project.load(tmp_path / "net.blocks")
    with pytest.raises(ProjectError, match="a pipe or a device"):
        project.save(everything(), tmp_path / "net.blocks")
    assert (tmp_path / "net.blocks").is_fifo()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "net.blocks"
    project.save(everything(), file)
    before = file.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(ProjectError, match="No space left"):
        project.save(Document("Net", {"Net": Definition("Net")}), file)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.blocks"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be written"):
        project.save(everything(), tmp_path / "gone" / "net.blocks")


def test_a_write_that_the_system_cuts_short_leaves_the_old_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits on the size of files are a matter of Unix")
    file = tmp_path / "net.blocks"
    project.save(Document("Net", {"Net": Definition("Net")}), file)
    before = file.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(ProjectError, match="File too large"):
            project.save(everything(), file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.blocks"]


def test_older_versions_migrate_step_by_step() -> None:
    steps = {1: lambda data: {**data, "one": True}, 2: lambda data: {**data, "two": data["one"]}}
    assert migrations.migrate({}, 1, steps) == {"one": True, "two": True}


def test_opening_executes_nothing(tmp_path: Path) -> None:
    document = Document(
        "Evil",
        {
            "Evil": Definition("Evil"),
            "Code": CodeDefinition("Code", f"open({str(tmp_path / 'ran')!r}, 'w')"),
        },
    )
    project.save(document, tmp_path / "evil.blocks")
    project.load(tmp_path / "evil.blocks")
    assert not (tmp_path / "ran").exists()
