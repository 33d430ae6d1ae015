"""Models in every style: imported, saved, opened and built they are the same models."""

from __future__ import annotations

import pytest
import torch

from blockstudio.compiler import check
from blockstudio.graph.model import CodeDefinition
from blockstudio.runtime.importer import import_module
from tests.runtime.importing.models import MODELS, OPAQUE
from tests.runtime.importing.oracle import assert_same


@pytest.mark.parametrize("name", MODELS)
def test_an_imported_model_is_the_same_model(name: str) -> None:
    make, inputs = MODELS[name]
    torch.manual_seed(0)
    model = make()
    result = import_module(model)
    assert not [d for d in check(result.document) if d.severity == "error"]
    assert_same(model, result.document, inputs)


@pytest.mark.parametrize("name", MODELS)
def test_with_inputs_it_is_the_same_too(name: str) -> None:
    make, inputs = MODELS[name]
    torch.manual_seed(0)
    model = make()
    assert_same(model, import_module(model, inputs).document, inputs)


@pytest.mark.parametrize("name", MODELS)
def test_only_what_cannot_be_drawn_comes_in_as_python(name: str) -> None:
    make, _ = MODELS[name]
    torch.manual_seed(0)
    result = import_module(make())
    opaque = {note.facts["type"] for note in result.report if note.code == "opaque"}
    if name in OPAQUE:
        assert OPAQUE[name] in opaque
    elif name not in ("one_lstm",):
        assert not opaque
        code = [d.name for d in result.document.definitions.values() if isinstance(d, CodeDefinition)]
        assert {name.rstrip("23") for name in code} <= {"Slice", "SetItem", "Split", "Parameters", "Empty", "NewEmpty"}
