"""Files of tensors: plain torch files and safetensors, read without ever unpickling an object.

Every fault of a file is a TensorFileError; a write that fails leaves the old file intact.
"""

from __future__ import annotations

import pickle
import re
import stat
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

import safetensors
import safetensors.torch
import torch
from attrs import Factory, frozen
from torch import Tensor, nn

from blockstudio.engine.protocol import Saved, TensorEntry, TensorFile
from blockstudio.errors import TensorFileError, mark
from blockstudio.formats.files import write_atomically
from blockstudio.runtime.parameters import dtype_name, is_lazy, shape_name

Container = Literal["tensor", "list", "dict"]

SAFETENSORS = ".safetensors"

MOST = 1_000_000
"""Entries of a file that are looked at."""

INFLATION = 16
"""How many times the bytes of its file a tensor may span: a repeated row may, a bomb may not."""

_ZIP, _OLD = b"PK\x03\x04", b"\x80\x02"
"""How the files start that `torch.save` writes, and those it wrote before version 1.6."""

_FOREIGN = re.compile(r"unsupported (?:global|class)(?::? GLOBAL)?:? ([\w.]+)|(TorchScript)", re.IGNORECASE)


@frozen
class Contents:
    """The tensors in a file, on the CPU: by key in a dict, by number in a list, "" for one alone."""

    file: str
    container: Container
    tensors: Mapping[str, Tensor]
    metadata: Any = Factory(lambda: None)
    """Versions of the modules, as `state_dict` notes them; None where the file says nothing."""

    def describe(self) -> TensorFile:
        entries = [
            TensorEntry(key, tuple(tensor.shape), dtype_name(tensor.dtype), tensor.numel() * tensor.element_size())
            for key, tensor in self.tensors.items()
        ]
        return TensorFile(self.file, self.container, tuple(entries))

    def tensor(self, key: str) -> Tensor:
        """One entry; TensorFileError when there is none of that key."""
        if key not in self.tensors:
            raise TensorFileError(mark("“{file}” has no tensor “{key}”."), file=self.file, key=key)
        return self.tensors[key]


def read(file: str) -> Contents:
    """The tensors in a torch or safetensors file; TensorFileError for any other file."""
    path = Path(file)
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise TensorFileError(mark("“{file}” is not a file."), file=file)
        with path.open("rb") as opened:
            head = opened.read(16)
    except OSError as error:
        _cannot(mark("“{file}” cannot be read: {reason}."), file, error)
    if not head:
        raise TensorFileError(mark("“{file}” is empty."), file=file)
    if head.startswith(_ZIP):
        _refuse_bomb(file, info.st_size)
        contents = _contents(file, _load(file))
    elif head.startswith(_OLD):
        contents = _contents(file, _load(file))
    elif head[8:9] == b"{" or path.suffix == SAFETENSORS:
        contents = _read_safetensors(file)
    elif head.startswith(_OLD[:1]):
        _refuse_pickle(file)
    else:
        raise TensorFileError(mark("“{file}” is not a file of tensors."), file=file)
    for key, tensor in contents.tensors.items():
        if tensor.is_meta or tensor.numel() * tensor.element_size() > INFLATION * max(info.st_size, 1 << 20):
            raise TensorFileError(
                mark("“{file}” claims a tensor “{key}” of shape {shape}, which it does not hold."),
                file=file,
                key=key,
                shape=shape_name(tensor),
            )
    return contents


def save_parameters(model: nn.Module, file: str) -> Saved:
    """Write the state dict, its tensors on the CPU: by suffix as safetensors, else as `torch.save` does."""
    return save_state(cpu_state(model), file)


def save_state(state: Mapping[str, Any], file: str) -> Saved:
    """Write a state dict whose tensors are on the CPU, as `save_parameters` does."""
    if Path(file).suffix == SAFETENSORS:
        _write(file, lambda opened: opened.write(_safetensors(state)))
    else:
        _write(file, lambda opened: torch.save(state, opened))
    return _saved(file, sum(isinstance(value, Tensor) for value in state.values()))


def save_tensors(tensors: Sequence[Tensor], file: str, container: Container, names: Sequence[str] = ()) -> Saved:
    """Write one tensor, a list, or a dict of tensors by `names`, for plain `torch.load` to read."""
    plain = [_own(tensor) for tensor in tensors]
    if container == "tensor" and len(plain) != 1:
        raise TensorFileError(mark("{count} tensors do not fit into a file of one tensor."), count=len(plain))
    if container == "dict" and (len(set(names)) != len(names) or len(names) != len(plain)):
        raise TensorFileError(mark("Each tensor needs a name of its own."))
    named = dict(zip(names, plain, strict=False))
    if Path(file).suffix == SAFETENSORS:
        if container != "dict":
            raise TensorFileError(mark("A safetensors file holds tensors by name: save a dict."))
        _write(file, lambda opened: opened.write(_safetensors(named)))
    else:
        data: Any = {"tensor": plain[0] if plain else None, "list": plain, "dict": named}[container]
        _write(file, lambda opened: torch.save(data, opened))
    return _saved(file, len(plain))


def cpu_state(model: nn.Module) -> OrderedDict[str, Any]:
    """`state_dict` with every tensor on the CPU; tensors that are one stay one."""
    state = model.state_dict()
    moved: dict[tuple[object, ...], Tensor] = {}
    for key, value in state.items():
        if not isinstance(value, Tensor):
            continue
        if is_lazy(value):
            raise TensorFileError(mark("“{key}” has no shape yet: run the model once before you save."), key=key)
        if value.device.type != "cpu":
            same = (value.device, value.data_ptr(), value.dtype, value.shape, value.stride())
            if same not in moved:
                moved[same] = value.cpu()
            state[key] = moved[same]
    return state  # type: ignore[return-value]  # a state dict may hold more than tensors


# --- reading --------------------------------------------------------------------------------


def _load(file: str) -> Any:
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        if error.errno in (22, None):  # how torch words a file that ends too early
            _damaged(file, error)
        _cannot(mark("“{file}” cannot be read: {reason}."), file, error)
    except MemoryError as error:
        _too_large(file, error)
    except Exception as error:
        found = _FOREIGN.search(str(error))
        if found:
            raise TensorFileError(
                mark("“{file}” was refused, and nothing in it was executed: it holds {name}, not only tensors."),
                file=file,
                name=found[1] or found[2],
            ) from error
        if "can't allocate" in str(error):
            _too_large(file, error)
        if isinstance(error, pickle.UnpicklingError):
            _refuse_pickle(file, error)
        _damaged(file, error)


def _refuse_bomb(file: str, size: int) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            claimed = sum(entry.file_size for entry in archive.infolist())
    except Exception as error:
        _damaged(file, error)
    if claimed > size:
        raise TensorFileError(mark("“{file}” is compressed, which files of tensors are not."), file=file)


def _contents(file: str, data: Any) -> Contents:
    container: Container
    if isinstance(data, Tensor):
        container, tensors = "tensor", {"": data}
    else:
        container = "dict" if isinstance(data, Mapping) else "list"
        tensors = dict(_tensors(file, data))
    if not tensors and (container == "list" or data):
        raise TensorFileError(mark("“{file}” holds no tensors."), file=file)
    return Contents(
        file, container, {key: tensor.detach() for key, tensor in tensors.items()}, getattr(data, "_metadata", None)
    )


def _tensors(file: str, data: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors in nested dicts and lists, keys joined by dots, in order; other values are left out."""
    pending = [("", data)]
    for _ in range(MOST):
        if not pending:
            return
        key, value = pending.pop()
        if isinstance(value, Tensor):
            yield key, value
        elif isinstance(value, Mapping | list | tuple):
            items = value.items() if isinstance(value, Mapping) else enumerate(value)
            pending += [(f"{key}.{name}" if key else str(name), part) for name, part in reversed(list(items))]
    raise TensorFileError(mark("“{file}” holds more than {limit} entries."), file=file, limit=MOST)


def _read_safetensors(file: str) -> Contents:
    try:
        with safetensors.safe_open(file, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 - not a mapping
            aliases = opened.metadata() or {}
    except OSError as error:
        _cannot(mark("“{file}” cannot be read: {reason}."), file, error)
    except MemoryError as error:
        _too_large(file, error)
    except Exception as error:
        _damaged(file, error)
    # As safetensors' own `save_model` notes a tensor that is stored under another name.
    tensors |= {alias: tensors[key] for alias, key in aliases.items() if alias not in tensors and key in tensors}
    return Contents(file, "dict", tensors)


# --- writing --------------------------------------------------------------------------------


def _safetensors(state: Mapping[str, Any]) -> bytes:
    """The bytes of a safetensors file; a tensor met twice is stored once, its other names noted."""
    stored: dict[str, Tensor] = {}
    metadata = {"format": "pt"}
    first: dict[tuple[object, ...], str] = {}
    for key, value in state.items():
        if not isinstance(value, Tensor):
            continue
        same = (value.data_ptr(), value.dtype, value.shape, value.stride()) if value.numel() else (key,)
        if same in first:
            metadata[key] = first[same]
        else:
            first[same] = key
            stored[key] = _own(value).contiguous()
    try:
        return safetensors.torch.save(stored, metadata)
    except (KeyError, ValueError, safetensors.SafetensorError) as error:
        raise TensorFileError(mark("safetensors cannot hold this: {reason}."), reason=str(error)) from error


def _own(tensor: Tensor) -> Tensor:
    """A tensor on the CPU whose memory holds nothing else, so that nothing else is written."""
    tensor = tensor.detach().cpu()
    if tensor.layout != torch.strided:
        return tensor
    whole = tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    return tensor if whole else tensor.clone()


def _write(file: str, write: Callable[[BinaryIO], object]) -> None:
    def write_all(opened: BinaryIO) -> None:
        try:
            write(opened)
        except RuntimeError as error:
            # torch's writer fails again over the file that its first failure left.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise

    try:
        write_atomically(Path(file), write_all)
    except OSError as error:
        _cannot(mark("“{file}” cannot be written: {reason}."), file, error)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise TensorFileError(mark("“{file}” cannot be written: {reason}."), file=file, reason=reason) from error


def _saved(file: str, tensors: int) -> Saved:
    return Saved(file, tensors, Path(file).stat().st_size)


# --- refusals -------------------------------------------------------------------------------


def _cannot(template: str, file: str, error: OSError) -> NoReturn:
    raise TensorFileError(template, file=file, reason=error.strerror or str(error)) from error


def _refuse_pickle(file: str, error: BaseException | None = None) -> NoReturn:
    raise TensorFileError(
        mark("“{file}” was refused, and nothing in it was executed: it is damaged or holds more than tensors."),
        file=file,
    ) from error


def _damaged(file: str, error: BaseException) -> NoReturn:
    raise TensorFileError(mark("“{file}” is damaged or incomplete."), file=file) from error


def _too_large(file: str, error: BaseException) -> NoReturn:
    raise TensorFileError(mark("“{file}” does not fit into memory."), file=file) from error
