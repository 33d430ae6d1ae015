"""The generated source of a project, imported again, is a project that generates the same source."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import blockstudio as bs
from blockstudio import resources
from blockstudio.runtime import inputs
from blockstudio.runtime.importer import import_target
from blockstudio.runtime.placement import placeable
from tests.runtime.importing.oracle import assert_same

STEMS = sorted(path.stem for path in resources.path("examples").glob("[012]*.blocks"))

OTHERWISE = {
    "06-constant": "a tensor that is there says only roughly how it started",
    "12-initialise": "a module does not tell by which rules its values started",
    "13-initialise-blocks": "the same",
    "14-custom-initialisation": "the same",
    "15-custom-layer": "a block of Python comes in without the constructor that does nothing",
    "16-custom-layer-with-parameters": "a block of Python comes in as a block of nodes for each of its sizes",
}
"""Projects that come back as others do the same: the same keys, outputs and gradients."""


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("stem", STEMS)
def test_source_exported_and_imported_again(stem: str, tmp_path: Path) -> None:
    path = resources.path("examples", f"{stem}.blocks")
    document, _ = placeable(bs.load(path))
    inputs.locate(document, str(path.parent))
    source = bs.source(document)
    file = tmp_path / "net.py"
    file.write_text(source, encoding="utf-8")
    ports = document.definition(document.root).graph.inputs
    from_files = any(port.example is not None and port.example.generator == "file" for port in ports)
    examples = [port.example for port in ports if port.example is not None and not from_files]
    again = import_target(f"{file}:{document.root}", {}, examples).document
    if stem not in OTHERWISE:
        assert bs.source(again) == source
        return
    torch.manual_seed(1)
    given = [inputs.make(example, "x") for example in examples]
    assert_same(bs.build(document), again, given)
