"""For every entry of the catalog: the shapes that are said without a run are those of a run."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import node_ports
from blockstudio.catalog.spec import Entry
from blockstudio.compiler import compile_document
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import BOUNDARY, Definition, Endpoint, Example, Function, Layer, Port
from blockstudio.runtime.build import build_compiled
from blockstudio.runtime.recorder import Recorder
from blockstudio.runtime.shapes import ShapeFinder
from tests.catalog.fitting_inputs import Case, cases

pytestmark = pytest.mark.filterwarnings("ignore")

FINDER = ShapeFinder()

UNTOLD = {
    "torch.nn.functional.one_hot",
    "torch.bincount",
    "torch.repeat_interleave",
    "torch.masked_select",
    "torch.nonzero",
    "torch.argwhere",
    "torch.unique",
    "torch.allclose",
    "torch.equal",
    "torch.Tensor.item",
}
"""What they give depends on the numbers they are given."""


def placed(entry: Entry, case: Case) -> Document:
    """The entry between the border's ports."""
    kind = Layer if entry.kind == "layer" else Function
    node = kind(name="node", type=entry.type, options={**entry.fresh_options(), **case.options})
    definition = Definition("Net")
    definition.graph.nodes["node"] = node
    for number, (port, value) in enumerate(case.inputs.items()):
        example = Example(tuple(value.shape), str(value.dtype).removeprefix("torch."))
        definition.graph.inputs.append(Port(f"x{number}", example=example))
        definition.graph.connect(Endpoint("node", port), Endpoint(BOUNDARY, f"x{number}"))
    made = Document("Net", {"Net": definition})
    for number, output in enumerate(node_ports(made, Location("Net"), node).outputs):
        definition.graph.outputs.append(Port(f"y{number}"))
        definition.graph.connect(Endpoint(BOUNDARY, f"y{number}"), Endpoint("node", output.name))
    return made


def is_untold(entry: Entry, case: Case) -> bool:
    """Whether the shape depends on numbers: of sizes that come by wire, or of a mask."""
    wired_sizes = any(not value.dim() and not value.is_floating_point() for value in case.inputs.values())
    masked = entry.type == "operator.getitem" and any(value.dtype is torch.bool for value in case.inputs.values())
    return entry.type in UNTOLD or wired_sizes or masked


@pytest.mark.parametrize("category", [category.name for category in catalog().categories])
def test_what_is_said_is_what_comes_out(category: str) -> None:
    entries = [e for e in catalog().entries if e.category == category and e.kind in ("layer", "function")]
    for entry in entries:
        for case in cases(entry):
            compare(entry, case)


def compare(entry: Entry, case: Case) -> None:
    made = placed(entry, case)
    before = torch.get_rng_state()
    shapes = FINDER.shapes(made)
    assert torch.equal(before, torch.get_rng_state()), entry.type
    said = {row.port: row.value for row in shapes.ports if row.path == "Net/node"}
    wrong = [problem.template.format(**problem.facts) for problem in shapes.problems]
    assert wrong == [], entry.type
    compiled = compile_document(made)
    model = build_compiled(compiled, 0).train(case.training)
    is_large = (
        sum(parameter.numel() for parameter in model.parameters() if not nn.parameter.is_lazy(parameter)) > 50_000
    )
    recorder = Recorder(compiled.program, made)
    recorder.run(model, {f"x{number}": value.clone() for number, value in enumerate(case.inputs.values())})
    for (path, port), value in recorder.seen.items():
        if path != "Net/node" or not isinstance(value, Tensor):
            continue
        if said[port].shape is None:
            assert is_untold(entry, case) or is_large, (entry.type, case.options)
            assert said[port].text, entry.type
        else:
            assert said[port].shape == tuple(value.shape), (entry.type, case.options)
            assert f"torch.{said[port].dtype}" == str(value.dtype), (entry.type, case.options)
