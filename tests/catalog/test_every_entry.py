"""Every entry of the catalog, placed with the options of a fresh node and run on fitting input."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from attrs import evolve
from torch import nn

from blockstudio.catalog import render
from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import node_ports
from blockstudio.catalog.spec import REQUIRED, Entry
from blockstudio.catalog.values import check_value
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Endpoint, Function, Layer, Port
from tests.catalog.fitting_inputs import Case, cases

ENTRIES = catalog().entries

# What torch warns of when it is used as its own documentation says, or when it is asked for something old.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*NLLLoss2d.*:FutureWarning"),
]


class Holder(nn.Module):
    """What stands for the module whose forward the call is written into."""

    layer: nn.Module


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type)
def test_entry_runs_and_gives_the_outputs_it_declares(entry: Entry) -> None:
    for case in cases(entry):
        _run(entry, case)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.kind == "function"], ids=lambda entry: entry.type)
def test_function_gives_the_same_with_its_defaults_written_out(entry: Entry) -> None:
    # () stands for all dimensions, but is none; and torch takes keepdim only together with dim.
    left_out = {"keepdim"} | ({"dim"} if entry.type in ("torch.amax", "torch.amin") else set())
    written = [o for o in entry.options if o.default is not None and o.name not in left_out and not o.sources]
    spelled = evolve(entry, options=tuple(evolve(o, default=REQUIRED) if o in written else o for o in entry.options))
    for case in cases(entry):
        defaults = {option.name: option.default for option in written if not option.required}
        torch.manual_seed(0)
        plain = _run(entry, case)
        torch.manual_seed(0)
        explicit = _run(spelled, evolve(case, options={**defaults, **entry.fresh_options(), **case.options}))
        for one, other in zip(plain, explicit, strict=True):
            torch.testing.assert_close(torch.as_tensor(one), torch.as_tensor(other), rtol=0, atol=0, equal_nan=True)


def _run(entry: Entry, case: Case) -> list[Any]:
    options = {**entry.fresh_options(), **case.options}
    for name, value in options.items():
        option = entry.option(name)
        assert option is not None, name
        check_value(option, value)

    document, node = _document(entry, options, case)
    ports = node_ports(document, Location("Net"), node)
    wired = set(case.inputs)
    assert wired <= {port.name for port in ports.inputs}
    assert {port.name for port in ports.inputs if not port.optional} <= wired

    holder = Holder().train(case.training)
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "self": holder}
    if entry.kind == "layer":
        holder.layer = eval(render.constructor(entry, options), scope).train(case.training)
    variables = {port: f"x{number}" for number, port in enumerate(case.inputs)}
    scope |= {variable: case.inputs[port] for port, variable in variables.items()}
    present = [port.name for port in ports.outputs]
    names = {port: f"y{number}" for number, port in enumerate(present)}
    exec(f"{render.targets(entry, present, names)} = {render.call(entry, variables, options, 'self.layer')}", scope)
    for name in names.values():
        assert isinstance(scope[name], torch.Tensor | int | float | torch.Size), type(scope[name])
    return [scope[name] for name in names.values()]


def _document(entry: Entry, options: dict[str, Any], case: Case) -> tuple[Document, Layer | Function]:
    kind = Layer if entry.kind == "layer" else Function
    node = kind(name="node", type=entry.type, options=options)
    definition = Definition("Net")
    definition.graph.nodes["node"] = node
    for number, port in enumerate(case.inputs):
        definition.graph.inputs.append(Port(f"x{number}"))
        definition.graph.connect(Endpoint("node", port), Endpoint("", f"x{number}"))
    return Document("Net", {"Net": definition}), node
