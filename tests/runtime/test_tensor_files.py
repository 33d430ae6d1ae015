from __future__ import annotations

import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from blockstudio.errors import TensorFileError
from blockstudio.runtime.tensor_files import read, save_parameters, save_tensors


def in_plain_torch(code: str, *arguments: object) -> str:
    """What a process prints that knows torch but not this product."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", f"import sys, torch\n{code}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def tied() -> nn.Module:
    first = nn.Linear(3, 3)
    return nn.Sequential(first, nn.BatchNorm1d(3), first)


# --- what is written ------------------------------------------------------------------------


def test_parameters_are_read_by_plain_torch(tmp_path: Path) -> None:
    net, file = tied(), tmp_path / "net.params"
    saved = save_parameters(net, str(file))
    assert (saved.tensors, saved.bytes) == (9, file.stat().st_size)
    code = """
state = torch.load(sys.argv[1], weights_only=True)
print(type(state).__module__, type(state).__name__, *state)
print(all(value.device.type == "cpu" and not value.requires_grad for value in state.values()))
print(state["0.weight"].data_ptr() == state["2.weight"].data_ptr(), state._metadata[""])
print(state["0.weight"].tolist())
"""
    printed = in_plain_torch(code, file).splitlines()
    assert printed[0].split() == ["collections", "OrderedDict", *net.state_dict()]
    assert printed[1:3] == ["True", "True {'version': 1}"]
    assert eval(printed[3]) == net[0].weight.tolist()


def test_the_file_holds_what_torch_itself_saves(tmp_path: Path) -> None:
    net = tied()
    ours, theirs = tmp_path / "a" / "archive.params", tmp_path / "b" / "archive.params"
    for file in (ours, theirs):
        file.parent.mkdir()
    save_parameters(net, str(ours))
    with theirs.open("wb") as opened:
        torch.save(net.state_dict(), opened)
    assert ours.read_bytes() == theirs.read_bytes()


def test_safetensors_store_a_shared_tensor_once(tmp_path: Path) -> None:
    net, file = tied(), tmp_path / "net.safetensors"
    save_parameters(net, str(file))
    assert "2.weight" not in safetensors.torch.load_file(file)
    fresh = tied()
    assert safetensors.torch.load_model(fresh, file) == (set(), [])
    assert torch.equal(fresh[2].weight, net[0].weight)
    assert set(read(str(file)).tensors) == set(net.state_dict())


def test_safetensors_written_by_safetensors_are_read(tmp_path: Path) -> None:
    net, file = tied(), tmp_path / "net.safetensors"
    safetensors.torch.save_model(net, str(file))
    assert set(read(str(file)).tensors) == set(net.state_dict())


def test_safetensors_cannot_hold_everything(tmp_path: Path) -> None:
    file = str(tmp_path / "a.safetensors")
    with pytest.raises(TensorFileError, match="complex128"):
        save_tensors([torch.zeros(2, dtype=torch.complex128)], file, "dict", ["a"])
    with pytest.raises(TensorFileError, match="by name"):
        save_tensors([torch.zeros(2)], file, "list")
    assert not os.listdir(tmp_path)


def test_a_tensor_a_list_and_a_dict(tmp_path: Path) -> None:
    x, y = torch.arange(4), torch.zeros(4)
    file = str(tmp_path / "x-file")
    save_tensors([x], file, "tensor")
    assert in_plain_torch("print(torch.load(sys.argv[1], weights_only=True).tolist())", file) == "[0, 1, 2, 3]"
    save_tensors([x, y], file, "list")
    assert in_plain_torch("print(len(torch.load(sys.argv[1], weights_only=True)))", file) == "2"
    save_tensors([x, y], file, "dict", ["x", "y"])
    assert in_plain_torch("print(torch.load(sys.argv[1], weights_only=True))", file).startswith("{'x': tensor([0, 1")


def test_only_what_is_shown_is_written(tmp_path: Path) -> None:
    file = tmp_path / "x"
    save_tensors([nn.Linear(1000, 1000).weight[0]], str(file), "tensor")
    assert file.stat().st_size < 10_000
    assert not torch.load(file, weights_only=True).requires_grad


def test_tensors_that_do_not_fit_the_container(tmp_path: Path) -> None:
    two = [torch.zeros(1), torch.zeros(1)]
    for container, names in (("tensor", []), ("dict", ["a"]), ("dict", ["a", "a"])):
        with pytest.raises(TensorFileError):
            save_tensors(two, str(tmp_path / "x"), container, names)  # type: ignore[arg-type]


def test_a_lazy_model_has_nothing_to_save_yet(tmp_path: Path) -> None:
    with pytest.raises(TensorFileError, match="run the model once"):
        save_parameters(nn.LazyLinear(3), str(tmp_path / "x"))


# --- what is read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "container", "keys"),
    [
        (torch.rand(2), "tensor", [""]),
        (nn.Parameter(torch.rand(2)), "tensor", [""]),
        ([torch.rand(2), torch.rand(3)], "list", ["0", "1"]),
        ((torch.rand(2), "text", torch.rand(3)), "list", ["0", "2"]),
        ({"x": torch.rand(2), "y": torch.rand(3)}, "dict", ["x", "y"]),
        ({"model": {"w": torch.rand(2)}, "epoch": 3, 7: [torch.rand(1)]}, "dict", ["model.w", "7.0"]),
        ({}, "dict", []),
    ],
)
def test_the_kinds_of_files(data: Any, container: str, keys: list[str], tmp_path: Path) -> None:
    torch.save(data, tmp_path / "x")
    contents = read(str(tmp_path / "x"))
    assert (contents.container, list(contents.tensors)) == (container, keys)
    assert not any(tensor.requires_grad for tensor in contents.tensors.values())
    described = contents.describe()
    assert [(entry.key, entry.shape) for entry in described.entries] == [
        (key, tuple(tensor.shape)) for key, tensor in contents.tensors.items()
    ]


def test_the_format_before_zip(tmp_path: Path) -> None:
    torch.save({"x": torch.arange(3)}, tmp_path / "x", _use_new_zipfile_serialization=False)
    assert read(str(tmp_path / "x")).tensor("x").tolist() == [0, 1, 2]


def test_an_entry_that_is_not_there(tmp_path: Path) -> None:
    torch.save({"x": torch.rand(1)}, tmp_path / "x")
    with pytest.raises(TensorFileError, match="no tensor “y”"):
        read(str(tmp_path / "x")).tensor("y")


class Trap:
    """Unpickled carelessly it writes a file."""

    sprung: str

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.sprung}",)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("container", ["zip", "old", "bare"])
def test_code_is_refused_and_not_executed(protocol: int, container: str, tmp_path: Path) -> None:
    Trap.sprung = str(tmp_path / "sprung")
    file, data = tmp_path / "x.params", {"weight": torch.rand(2), "bias": Trap()}
    if container == "bare":
        file.write_bytes(pickle.dumps(Trap(), protocol))
    else:
        torch.save(data, file, pickle_protocol=protocol, _use_new_zipfile_serialization=container == "zip")
    with pytest.raises(TensorFileError) as caught:
        read(str(file))
    assert not Path(Trap.sprung).exists()
    if container == "zip" or protocol:  # an old pickle of protocol 0 looks like any text
        assert "nothing in it was executed" in caught.value.message


def test_a_whole_model_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "x")
    with pytest.raises(TensorFileError, match=r"torch\.nn\.modules\.linear\.Linear"):
        read(str(tmp_path / "x"))


def _other_zip(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "hello")


def _compressed(file: Path) -> None:
    torch.save(torch.zeros(1000), file)
    with zipfile.ZipFile(file) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            new.writestr(name, part)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda file: None, "cannot be read: No such file"),
    "directory": (lambda file: file.mkdir(), "is not a file"),
    "pipe": (lambda file: os.mkfifo(file), "is not a file"),
    "empty": (lambda file: file.write_bytes(b""), "is empty"),
    "text": (lambda file: file.write_text("hello " * 100), "is not a file of tensors"),
    "zeros": (lambda file: file.write_bytes(bytes(5000)), "is not a file of tensors"),
    "image": (lambda file: file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99)), "is not a file of tensors"),
    "other zip": (_other_zip, "damaged or incomplete"),
    "bomb": (_compressed, "is compressed"),
    "no tensors": (lambda file: torch.save(3, file), "holds no tensors"),
    "stretched": (lambda file: torch.save(torch.zeros(1).expand(10**12), file), "which it does not hold"),
    "meta": (lambda file: torch.save(torch.zeros(3, device="meta"), file), "which it does not hold"),
    "header": (lambda file: file.write_bytes(b"\xff" * 8 + b"{"), "damaged or incomplete"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name: str, tmp_path: Path) -> None:
    make, message = BAD[name]
    make(tmp_path / "x.params")
    with pytest.raises(TensorFileError, match=message):
        read(str(tmp_path / "x.params"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    torch.save(torch.zeros(1), tmp_path / "x")
    (tmp_path / "x").chmod(0)
    with pytest.raises(TensorFileError, match="Permission denied"):
        read(str(tmp_path / "x"))


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
@given(part=st.floats(0, 0.999))
def test_truncated(kind: str, part: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("truncated")
    file = folder / ("x.safetensors" if kind == "safetensors" else "x.params")
    if kind == "safetensors":
        save_parameters(tied(), str(file))
    else:
        torch.save(tied().state_dict(), file, _use_new_zipfile_serialization=kind == "zip")
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(TensorFileError):
        read(str(file))


@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.params"
    for head in (b"", b"PK\x03\x04", b"\x80\x02"):
        file.write_bytes(head + data)
        with pytest.raises(TensorFileError):
            read(str(file))


# --- a write that fails ---------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".params", ".safetensors"])
def test_a_full_disk_leaves_the_old_file(suffix: str, tmp_path: Path) -> None:
    code = """
import resource
from torch import nn
from blockstudio.errors import TensorFileError
from blockstudio.runtime.tensor_files import save_parameters
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    save_parameters(nn.Linear(100, 100), sys.argv[1])
except TensorFileError as error:
    print(error)
"""
    file = tmp_path / f"net{suffix}"
    save_parameters(nn.Linear(2, 2), str(file))
    before = file.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}", str(file)], capture_output=True, text=True, check=True
    )
    assert "cannot be written: File too large" in done.stdout
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize("where", ["missing/x.params", "a-file/x.params", "."])
def test_targets_that_cannot_be_written(where: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    with pytest.raises(TensorFileError, match="cannot be written"):
        save_parameters(nn.Linear(2, 2), str(tmp_path / where))


def test_a_read_only_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.params"
    file.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may do anything
    with pytest.raises(TensorFileError, match="Permission denied"):
        save_parameters(nn.Linear(2, 2), str(file))
    assert file.read_text() == "old"
