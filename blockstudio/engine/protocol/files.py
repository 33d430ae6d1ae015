"""Files that the engine reads and writes, and models that come in from elsewhere."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from blockstudio.engine.protocol.document import Problem


@frozen
class SaveParameters:
    """Reply: `Saved`. Format by suffix: .params/.pt/.pth or .safetensors."""

    file: str


@frozen
class Saved:
    file: str
    tensors: int
    bytes: int


@frozen
class CompareParameters:
    """What loading a file would do, before anything is changed. Reply: `LoadReport`."""

    file: str


@frozen
class KeyReport:
    key: str
    problem: Literal["missing", "unexpected", "shape", "kind", "dtype", "nan"]
    """"kind": numbers that cannot be taken over, such as complex ones for real ones; "dtype": they can."""
    expected: str = ""
    found: str = ""


@frozen
class LoadReport:
    file: str
    matching: int
    keys: tuple[KeyReport, ...]


@frozen
class LoadParameters:
    """Reply: `Changed`. Refused where keys or shapes differ unless `matching_only`."""

    file: str
    matching_only: bool = False
    saved: bool = True
    """The file is the user's, so that what came out of it is not unsaved."""


@frozen
class OpenTensors:
    """Reply: `TensorFile`. A tensor, a list or a dict of tensors."""

    file: str


@frozen
class TensorEntry:
    key: str
    """"" for a file of one tensor, "0", "1", ... for a list."""
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@frozen
class TensorFile:
    file: str
    container: Literal["tensor", "list", "dict"]
    entries: tuple[TensorEntry, ...]


@frozen
class SaveTensors:
    """Save tensors as plain torch files. Reply: `Saved`."""

    file: str
    paths: tuple[str, ...]
    container: Literal["tensor", "list", "dict"]
    names: tuple[str, ...] = ()
    """Keys of the dict; the paths when empty."""
    source: Literal["value", "gradient", "activation", "file"] = "value"


@frozen
class TakeSnapshot:
    """Write parameters to a file of the engine's own, for recovery after a crash. Reply: `Saved`."""

    file: str


@frozen
class ExportModel:
    """Write the model as it is, to evaluate. Reply: `Exported`. Format by suffix: .onnx or .pt2. May be interrupted."""

    file: str


@frozen
class Exported:
    file: str
    bytes: int
    notes: tuple[Problem, ...] = ()
    """What the file does not hold as the document has it."""


@frozen
class ImportModel:
    """Make a document of a model that exists. Runs Python of the user's own. Reply: `Imported`. May be interrupted.

    The open document and its model stay as they are.
    """

    target: str
    """"MODULE:NAME", "FILE.py:NAME" or "FILE.pt2"."""
    arguments: str = ""
    """As `formats.targets.parse_arguments` reads them."""
    inputs: str = ""
    """As `formats.targets.parse_inputs` reads them."""
    folder: str = ""
    """Where modules that are not installed are looked for."""


@frozen
class Imported:
    project: dict[str, Any]
    """As a project file holds it, with the report of the import."""
    tensors: int
    """How many tensors wait for `LoadImported`."""


@frozen
class LoadImported:
    """Give the model the weights of the last import, which are forgotten then. Reply: `Changed`."""
