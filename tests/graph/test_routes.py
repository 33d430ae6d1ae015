"""The points of edges: kept through undo, renaming, copies and files, gone with their edge."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.formats.project import dumps, loads
from blockstudio.graph import commands, port_commands
from blockstudio.graph.document import Document
from blockstudio.graph.edits import Connect, SetRoute
from blockstudio.graph.fragments import duplicate
from blockstudio.graph.grouping import group
from blockstudio.graph.model import Endpoint
from tests.graph.nets import NET, chain, document, linear, relu

from .test_moving import BLOCK

EDGE = Endpoint("r", "input")
POINTS = ((10.0, 20.0), (30.0, 40.0))


def routed() -> Document:
    doc = document(chain(linear("a"), relu("r"), linear("b")))
    doc.apply(SetRoute(NET, EDGE, POINTS))
    return doc


def test_they_are_saved() -> None:
    doc = routed()
    assert loads(dumps(doc)) == doc
    assert b"routes" not in dumps(document(chain(linear("a"))))


def test_an_edge_takes_them_along_and_undo_brings_them_back() -> None:
    doc = routed()
    before = dumps(doc)
    undo = doc.apply(Connect(NET, EDGE, Endpoint("", "x")))
    assert doc.graph(NET).routes == {}
    doc.apply(undo)
    assert dumps(doc) == before
    undo = doc.apply(commands.remove_nodes(doc, NET, ["a"]))
    assert doc.graph(NET).routes == {}
    doc.apply(undo)
    assert dumps(doc) == before


def test_the_same_edge_again_keeps_them() -> None:
    doc = routed()
    doc.apply(Connect(NET, EDGE, Endpoint("a", "output")))
    assert doc.graph(NET).routes == {EDGE: POINTS}


def test_they_follow_the_names() -> None:
    doc = routed()
    doc.apply(commands.rename_node(doc, NET, "r", "act"))
    assert doc.graph(NET).routes == {Endpoint("act", "input"): POINTS}
    doc.apply(SetRoute(NET, Endpoint("a", "input"), POINTS))
    doc.apply(port_commands.rename_port(doc, NET, "inputs", "x", "pixels"))
    assert doc.graph(NET).routes[Endpoint("a", "input")] == POINTS


def test_they_are_copied_and_grouped() -> None:
    doc = routed()
    doc.apply(duplicate(doc, NET, ["a", "r"])[0])
    assert doc.graph(NET).routes[Endpoint("r_2", "input")] == ((50.0, 60.0), (70.0, 80.0))
    doc.apply(group(doc, NET, ["a", "r"], "Block")[0])
    assert doc.graph(BLOCK).routes == {EDGE: POINTS}


def test_without_an_edge_there_are_none() -> None:
    with pytest.raises(EditError, match="no wire"):
        routed().apply(SetRoute(NET, Endpoint("r", "other"), POINTS))


def test_a_route_without_its_edge_in_a_file_bends_no_other() -> None:
    doc = document(chain(linear("a"), relu("r")))
    text = dumps(doc).replace(b'"edges": {', b'"routes": {"r:gone": [[1.0, 2.0]], "a:input": [[3.0, 4.0]]}, "edges": {')
    doc = loads(text)
    assert doc.graph(NET).routes == {Endpoint("a", "input"): ((3.0, 4.0),)}
    before = dumps(doc)
    doc.apply(doc.apply(Connect(NET, Endpoint("r", "gone"), Endpoint("a", "output"))))
    assert dumps(doc) == before
