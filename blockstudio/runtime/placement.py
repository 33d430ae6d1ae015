"""Nodes that ask for a device that is not here run on the model's device instead."""

from __future__ import annotations

from collections.abc import Container

from attrs import evolve

from blockstudio.engine.protocol import Problem
from blockstudio.errors import mark
from blockstudio.formats.project import from_json, to_json
from blockstudio.graph.document import Document
from blockstudio.runtime.devices import names


def placeable(document: Document, here: Container[str] | None = None) -> tuple[Document, tuple[Problem, ...]]:
    """The document without the devices that are missing here (itself if none is), and a problem for each."""
    here = names() if here is None else here
    absent = [
        (location, node)
        for location, graph in document.graphs()
        for node in graph.nodes.values()
        if node.device and node.device not in here
    ]
    if not absent:
        return document, ()
    copy = from_json(to_json(document), is_known=True)
    for location, node in absent:
        nodes = copy.graph(location).nodes
        nodes[node.name] = evolve(nodes[node.name], device="")
    return copy, tuple(
        Problem(
            "device-missing",
            "warning",
            location.path(node.name),
            mark("There is no device “{device}” here; this runs on the model's device."),
            {"device": node.device},
        )
        for location, node in absent
    )
