"""Running and exporting a document without a window, for the command line and for scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from blockstudio.engine import protocol as p
from blockstudio.errors import RunError, mark, worded
from blockstudio.formats.project import to_json
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Example
from blockstudio.runtime.worker import ANSWERS, Worker


def run_document(
    document: Document,
    shapes: Sequence[tuple[int, ...]] = (),
    *,
    seed: int | None = None,
    params: Path | None = None,
    folder: str = "",
) -> Iterator[str]:
    """Run forward on inputs of these shapes, one for each input in turn, else on the document's examples; a line
    for each output. `seed` is that of parameters and inputs, the document's if None.

    BlockStudioError for whatever is wrong. Python of the user's own in the document is executed.
    """
    seed = document.seed if seed is None else seed
    worker = _opened(document, seed, params, folder)
    if params is not None:
        _ask(worker, p.SetMode(False))
    result = _ask(worker, p.RunModel(_examples(document, shapes), seed=seed))
    for output in result.outputs:
        yield _line(output)


def export_document(
    document: Document, out: Path, *, seed: int | None = None, params: Path | None = None, folder: str = ""
) -> list[str]:
    """Write the model as `.onnx` or `.pt2`; a line for each thing that the file does not hold as the document has it.

    BlockStudioError for whatever is wrong. Python of the user's own in the document is executed.
    """
    worker = _opened(document, document.seed if seed is None else seed, params, folder)
    result = _ask(worker, p.ExportModel(str(out)))
    return [f"{note.path}: {worded(note.template, note.facts)}" for note in result.notes]


@frozen
class KnownShapes:
    """What flows in a document, by the address of each output: what a picture of it knows."""

    found: Mapping[tuple[str, str], p.TensorShape]

    def shape(self, location: Location, node: str, port: str) -> p.TensorShape | None:
        return self.found.get((location.path(node), port))


def shapes_of(document: Document, folder: str = "") -> KnownShapes:
    """The shapes in a document, worked out from its examples; Python of the user's own is not executed for them."""
    worker = Worker()
    shapes = _ask(worker, p.UpdateDocument(to_json(document), 0, trusted=False, folder=folder))
    return KnownShapes({(row.path, row.port): row.value for row in shapes.ports})


def _opened(document: Document, seed: int, params: Path | None, folder: str) -> Worker:
    """A worker that has built the model, with these parameters if there are any."""
    worker = Worker()
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing):  # what is printed counts where there are numbers
        _ask(worker, p.UpdateDocument(to_json(document), 0, trusted=True, folder=folder))
    _ask(worker, p.BuildModel(seed))
    if params is not None:
        _ask(worker, p.LoadParameters(str(params)))
    return worker


def _ask(worker: Worker, request: p.Request) -> Any:
    """As `Worker.handle`, but errors come out as they are."""
    return ANSWERS[type(request)](worker, request)


def _examples(document: Document, shapes: Sequence[tuple[int, ...]]) -> dict[str, Example]:
    root = document.definitions[document.root]
    ports = root.graph.inputs if isinstance(root, Definition) else []
    if len(shapes) > len(ports):
        raise RunError(
            mark("There are {given} shapes, but the block has {count} inputs."), given=len(shapes), count=len(ports)
        )
    given = {port.name: port.example or Example() for port in ports}
    return {name: evolve(given[name], shape=shape) for name, shape in zip(given, shapes, strict=False)}


def _line(output: p.OutputResult) -> str:
    if output.value.shape is None or output.statistics is None:
        return f"{output.name}: {output.value.text} {output.preview}"
    statistics = output.statistics
    words = [f"{output.name}: shape {output.value.shape}", f"dtype {output.value.dtype}"]
    for name in ("mean", "std", "min", "max"):
        value = getattr(statistics, name)
        if value is not None:
            words.append(f"{name} {value:.6g}")
    words += [f"{name} {count}" for name, count in (("NaN", statistics.nan), ("Inf", statistics.inf)) if count]
    return ", ".join(words)
