"""Exporting a document in a test, and running what came out as plain torch and onnxruntime do."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import torch
from attrs import frozen
from torch import Tensor, nn

from blockstudio.compiler import compile_document
from blockstudio.engine.protocol import Exported
from blockstudio.graph.document import Document
from blockstudio.runtime.build import build_compiled
from blockstudio.runtime.exporting.export import export_model
from blockstudio.runtime.parameters import is_lazy
from blockstudio.runtime.placement import placeable


@frozen
class Trip:
    """A model, and the file it was exported to."""

    model: nn.Module
    file: Path
    result: Exported

    @property
    def notes(self) -> list[str]:
        return [f"{note.path}: {note.template.format(**note.facts)}" for note in self.result.notes]

    def holds(self, *inputs: Tensor) -> None:
        """The file gives what the model gives."""
        with torch.no_grad():
            wanted = self.model(*(value.clone() for value in inputs))
        found = run(self.file, *inputs)
        assert len(found) == len(wanted if isinstance(wanted, tuple) else [wanted])
        for ours, theirs in zip(found, wanted if isinstance(wanted, tuple) else [wanted], strict=True):
            assert ours.dtype == theirs.dtype
            tolerance = 0.0 if self.file.suffix == ".pt2" else 1e-5
            torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def export(document: Document, file: Path, *inputs: Tensor) -> Trip:
    """Export the model of a document, which must be as it was then."""
    document, _ = placeable(document)
    compiled = compile_document(document)
    model = build_compiled(compiled, 0)
    before = {key: value.clone() for key, value in model.state_dict().items() if not is_lazy(value)}
    graph = document.definition(document.root).graph
    given = {port.name: value for port, value in zip(graph.inputs, inputs, strict=False)}
    result = export_model(model, compiled, given, [port.name for port in graph.outputs], str(file))
    assert all(module.training for module in model.modules())
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    return Trip(model.eval(), file, result)


def run(file: Path, *inputs: Tensor) -> list[Tensor]:
    """What is in a file, run on inputs."""
    if file.suffix == ".pt2":
        with torch.no_grad():
            given = torch.export.load(file).module()(*inputs)
        return list(given) if isinstance(given, tuple | list) else [given]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    named = {port.name: value.numpy() for port, value in zip(session.get_inputs(), inputs, strict=True)}
    return [torch.from_numpy(value) for value in session.run(None, named)]
