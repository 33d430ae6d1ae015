"""Files that hold a model, what it does and its values: `.pt2` for torch, `.onnx` for everybody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from blockstudio.compiler import Compiled
from blockstudio.engine.protocol import Exported
from blockstudio.errors import ExportError, mark
from blockstudio.formats.files import write_together
from blockstudio.runtime.exporting.capture import Captured, capture, first_line, silence
from blockstudio.runtime.exporting.onnx_file import convert, require_onnx
from blockstudio.runtime.exporting.places import Places

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SUFFIXES = (".onnx", ".pt2")


def export_model(
    model: nn.Module, compiled: Compiled, inputs: Mapping[str, Tensor], outputs: Sequence[str], file: str
) -> Exported:
    """Write what a model does to such inputs when it evaluates, with its values as they are now, by suffix.

    ExportError, with the node at fault where it is known, if the format cannot hold it or the file cannot be
    written; there is no file then, or the old one.
    """
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        raise ExportError(
            mark("“{file}” has no suffix that says what to write: use {known}."), file=file, known=" ".join(SUFFIXES)
        )
    if suffix == ".onnx":
        require_onnx()
    captured = capture(model, compiled, inputs)
    if suffix == ".onnx":
        program = convert(captured, Places.of(model, compiled), list(inputs), outputs)
        _write(file, program.save)
    else:
        _write(file, lambda path: _save(captured, path))
    return Exported(file, sum(part.stat().st_size for part in _parts(file)), captured.notes)


def _save(captured: Captured, path: Path) -> None:
    try:
        with _Lasting(FileIO(path, "wb")) as file:
            try:
                torch.export.save(captured.program, file)
            finally:
                if file.error is not None:
                    raise file.error
    except (OSError, RuntimeError):
        raise
    except Exception as error:
        raise ExportError(mark("torch.export cannot save this: {reason}."), reason=first_line(error)) from error


class _Lasting(BufferedWriter):
    """A file that keeps for later what goes wrong, such as a full disk: told of it, torch ends the process."""

    error: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.error = self.error or error
            return memoryview(data).nbytes


def _write(file: str, write: Callable[[Path], object]) -> None:
    try:
        with silence():
            write_together(Path(file), write)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExportError(mark("“{file}” cannot be written: {reason}."), file=file, reason=reason) from error
    except RuntimeError as error:  # how torch tells of a disk that is full
        raise ExportError(mark("“{file}” cannot be written: {reason}."), file=file, reason=first_line(error)) from error


def _parts(file: str) -> list[Path]:
    """The file, and the one beside it that holds the values of a large ONNX model."""
    return [path for path in (Path(file), Path(f"{file}.data")) if path.exists()]
