from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from blockstudio.errors import TensorFileError
from blockstudio.runtime.loading import compare, load
from blockstudio.runtime.tensor_files import read, save_parameters


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))


def saved(data: Any, tmp_path: Path) -> Any:
    torch.save(data, tmp_path / "x.params")
    return read(str(tmp_path / "x.params"))


@pytest.mark.parametrize("suffix", [".params", ".safetensors"])
def test_a_fresh_copy_gives_the_same_output(suffix: str, tmp_path: Path) -> None:
    old, fresh, file = net(), net(), str(tmp_path / f"net{suffix}")
    old(torch.rand(6, 4))
    save_parameters(old, file)
    before = load(fresh, read(file))
    assert set(before) == set(old.state_dict())
    x = torch.rand(3, 4)
    assert torch.equal(old.eval()(x), fresh.eval()(x))
    assert compare(fresh, read(file)).keys == ()


def test_every_difference_is_reported_before_anything_changes(tmp_path: Path) -> None:
    model = net()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = {key: value.clone() for key, value in net().state_dict().items()}
    del state["0.bias"]
    state["3.weight"] = torch.rand(1)
    state["2.weight"] = torch.rand(3, 3)
    state["0.weight"] = state["0.weight"].double()
    state["2.bias"][0] = float("nan")
    contents = saved(state, tmp_path)
    report = compare(model, contents)
    assert report.matching == 7
    assert {(fault.key, fault.problem, fault.expected, fault.found) for fault in report.keys} == {
        ("0.bias", "missing", "(8) float32", ""),
        ("3.weight", "unexpected", "", "(1) float32"),
        ("2.weight", "shape", "(2, 8)", "(3, 3)"),
        ("0.weight", "dtype", "float32", "float64"),
        ("2.bias", "nan", "", "1 / 2"),
    }
    with pytest.raises(TensorFileError, match=r"3 keys: 0\.bias, 2\.weight, 3\.weight"):
        load(model, contents)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())

    load(model, contents, matching_only=True)
    assert torch.equal(model[0].weight, state["0.weight"].float())
    assert torch.equal(model[0].bias, before["0.bias"]) and torch.equal(model[2].weight, before["2.weight"])
    assert model[2].bias.isnan().tolist() == [True, False]


def test_complex_values_do_not_fit_real_parameters(tmp_path: Path) -> None:
    model = nn.Linear(1, 1, bias=False)
    contents = saved({"weight": torch.ones(1, 1, dtype=torch.complex64)}, tmp_path)
    with pytest.raises(TensorFileError, match="1 keys: weight"):
        load(model, contents)
    with pytest.raises(TensorFileError, match="Nothing in"):
        load(model, contents, matching_only=True)


@pytest.mark.parametrize("data", [torch.rand(2), [torch.rand(2)]])
def test_files_that_hold_no_parameters_by_name(data: Any, tmp_path: Path) -> None:
    with pytest.raises(TensorFileError, match="not hold parameters by name"):
        compare(net(), saved(data, tmp_path))


def test_a_model_without_parameters(tmp_path: Path) -> None:
    save_parameters(nn.ReLU(), str(tmp_path / "x"))
    assert load(nn.ReLU(), read(str(tmp_path / "x"))) == {}


def test_a_failure_half_way_changes_nothing(tmp_path: Path) -> None:
    class Fussy(nn.Linear):
        def _load_from_state_dict(self, *args: Any) -> None:
            raise ValueError("I refuse.")

    model = nn.Sequential(nn.Linear(2, 2), Fussy(2, 2))
    before = model[0].weight.clone()
    contents = saved(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).state_dict(), tmp_path)
    with pytest.raises(TensorFileError, match=r"cannot be loaded: I refuse\."):
        load(model, contents)
    assert torch.equal(model[0].weight, before)


def test_lazy_parameters_take_the_shape_of_the_file(tmp_path: Path) -> None:
    lazy = nn.LazyLinear(3)
    contents = saved(nn.Linear(5, 3).state_dict(), tmp_path)
    assert compare(lazy, contents).keys == ()
    load(lazy, contents)
    assert lazy.weight.shape == (3, 5)


def test_small_floating_types(tmp_path: Path) -> None:
    report = compare(nn.Linear(1, 2, bias=False), saved({"weight": torch.ones(2, 1).to(torch.float8_e5m2)}, tmp_path))
    assert [fault.problem for fault in report.keys] == ["dtype"]
