"""Every entry of the catalog, placed in a block of its own, compiled and run on fitting input."""

from __future__ import annotations

import pytest
import torch

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import node_ports
from blockstudio.catalog.spec import Entry
from blockstudio.compiler import check, compile_document
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Endpoint, Function, Layer, Port
from blockstudio.runtime.build import build_compiled
from tests.catalog.fitting_inputs import Case, cases

# What torch warns of when it is used as its own documentation says, or when it is asked for something old.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*NLLLoss2d.*:FutureWarning"),
]


@pytest.mark.parametrize("entry", catalog().entries, ids=lambda entry: entry.type)
def test_entry_compiles_and_runs(entry: Entry) -> None:
    for case in cases(entry):
        document = _placed(entry, case)
        assert [str(problem) for problem in check(document) if problem.severity == "error"] == []
        model = build_compiled(compile_document(document), 0).train(case.training)
        results = model(*(tensor.clone() for tensor in case.inputs.values()))
        outputs = document.definition("Net").graph.outputs
        results = results if len(outputs) > 1 else [results]
        assert len(results) == len(outputs)
        for result in results:
            assert isinstance(result, torch.Tensor | int | float | torch.Size), type(result)


def _placed(entry: Entry, case: Case) -> Document:
    kind = Layer if entry.kind == "layer" else Function
    node = kind(name="node", type=entry.type, options={**entry.fresh_options(), **case.options})
    document = Document("Net", {"Net": Definition("Net")})
    graph = document.definition("Net").graph
    graph.nodes["node"] = node
    for number, port in enumerate(case.inputs):
        graph.inputs.append(Port(f"x{number}"))
        graph.connect(Endpoint("node", port), Endpoint("", f"x{number}"))
    for number, spec in enumerate(node_ports(document, Location("Net"), node).outputs):
        graph.outputs.append(Port(f"y{number}"))
        graph.connect(Endpoint("", f"y{number}"), Endpoint("node", spec.name))
    return document
