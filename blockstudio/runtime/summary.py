"""What a document's model is made of: a tree of blocks with output shapes and parameters, each tensor counted once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import torch
from attrs import frozen
from torch import Tensor, nn

from blockstudio.engine.protocol import ParameterRow, ParameterTable
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import BOUNDARY, Definition, Layer
from blockstudio.runtime import inputs
from blockstudio.runtime.live import Live, LiveModel
from blockstudio.runtime.parameters import shape_name
from blockstudio.runtime.running import mode
from blockstudio.runtime.shapes import ShapeFinder

GAP = 2


@frozen
class Line:
    """A block or layer. `output` is the shape of what it gives, "" where that is not known beforehand."""

    name: str
    type: str
    path: str
    """Its module path, as in the state dict."""
    output: str
    parameters: int
    trainable: int
    children: tuple[Line, ...] = ()


@frozen
class Summary:
    root: Line
    parameters: int
    trainable: int
    buffers: int
    bytes: int

    def as_json(self) -> dict[str, Any]:
        return attrs.asdict(self)

    def as_text(self) -> str:
        """A table: the tree on the left, what belongs to each line in columns, the sums below."""
        cells = [("Block", "Type", "Output", "Parameters"), *_rows(self.root, "", "")]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        rule = "-" * (sum(widths) + GAP * (len(widths) - 1))
        lines = [_line(row, widths) for row in cells]
        return "\n".join(
            [
                lines[0],
                rule,
                *lines[1:],
                rule,
                f"Parameters: {self.parameters:,}",
                f"Trainable:  {self.trainable:,}",
                f"Buffers:    {self.buffers:,}",
                f"Bytes:      {self.bytes:,}",
            ]
        )


def summarize(document: Document, folder: str = "") -> Summary:
    """The summary of a document's main block; CompileError or RunError if it cannot be built.

    `folder` is where its project file is. Python of the user's own in the document is executed.
    """
    models = LiveModel()
    models.open(document, trusted=True)
    live, table = models.current(), models.table()
    tree = _Tree(live, table, _outputs(live, document, folder))
    root = tree.line("", live.compiled.root, live.model)
    return Summary(root, table.parameters, table.trainable, table.buffers, table.bytes)


class _Tree:
    """Lines along the nesting of modules; a tensor counts where it is met first."""

    def __init__(self, live: Live, table: ParameterTable, outputs: Mapping[str, str]) -> None:
        self.live = live
        self.outputs = outputs
        self.own: dict[str, list[ParameterRow]] = {}
        for row in table.rows:
            if row.kind == "parameter" and not row.shared_with:
                self.own.setdefault(row.path.rpartition(".")[0], []).append(row)

    def line(self, path: str, name: str, module: nn.Module) -> Line:
        children = [
            self.line(f"{path}.{key}" if path else key, key, child)
            for key, child in module._modules.items()
            if child is not None
        ]
        own = self.own.get(path, [])
        landing = self.live.landing(path) if path else None
        is_layer = landing is not None and isinstance(landing.owned, Layer)
        return Line(
            name=name,
            type=type(module).__name__,
            path=path,
            output=self.outputs.get(path, ""),
            parameters=sum(row.count for row in own) + sum(child.parameters for child in children),
            trainable=sum(row.count for row in own if row.trainable) + sum(child.trainable for child in children),
            children=() if is_layer else tuple(children),
        )


def _outputs(live: Live, document: Document, folder: str) -> dict[str, str]:
    """The output shape of each module by its path; `live` has no values afterwards.

    The model runs on the meta device. What comes behind a step that needs values is told by the canvas's
    own way, which goes on there, but has one shape for all instances of a block.
    """
    found: dict[str, str] = {}

    def note(path: str) -> Callable[[nn.Module, Any, Any], None]:
        def seen(module: nn.Module, given: Any, output: Any) -> None:
            found.setdefault(path, _shape(output))

        return seen

    for path, module in live.model.to("meta").named_modules(remove_duplicate=False):
        module.register_forward_hook(note(path))
    root = document.definitions[document.root]
    ports = root.graph.inputs if isinstance(root, Definition) else []
    examples = {port.name: inputs.located(port.example, folder) for port in ports if port.example}
    # Where the model cannot run on its examples the summary lacks shapes, and running it says why.
    with torch.no_grad(), mode(live.model, False), contextlib.suppress(Exception):
        live.model(**{name: inputs.make(example, name).to("meta") for name, example in examples.items()})
    shapes: dict[str, list[str]] = {}
    for port in ShapeFinder().shapes(document, trusted=True).ports:
        sizes = port.value.shape
        shapes.setdefault(port.path, []).append(port.value.text if sizes is None else str(sizes))
    for path, _ in live.model.named_modules():
        landing = live.landing(path) if path else None
        if path not in found and landing is not None and landing.owned is not None:
            found[path] = ", ".join(shapes.get(landing.location.path(landing.owned.name), ()))
    if "" not in found and isinstance(root, Definition):
        sources = [root.graph.source_of(BOUNDARY, port.name) for port in root.graph.outputs]
        given = [shapes.get(Location(root.name).path(source.node), ["?"])[0] for source in sources if source]
        found[""] = ", ".join(given)
    return found


def _shape(value: Any) -> str:
    if isinstance(value, Tensor):
        return shape_name(value)
    if isinstance(value, tuple | list):
        return ", ".join(filter(None, map(_shape, value)))
    return ""


def _rows(line: Line, first: str, rest: str) -> Iterator[tuple[str, str, str, str]]:
    """A line and those below it; `first` stands before its name, `rest` before those of its children."""
    yield first + line.name, line.type, line.output, f"{line.parameters:,}"
    for number, child in enumerate(line.children):
        is_last = number == len(line.children) - 1
        yield from _rows(child, rest + ("└ " if is_last else "├ "), rest + ("  " if is_last else "│ "))


def _line(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    *words, count = cells
    padded = [word.ljust(width) for word, width in zip(words, widths, strict=False)]
    return (" " * GAP).join([*padded, count.rjust(widths[-1])])
