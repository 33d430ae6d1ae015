"""The catalog as a whole: complete, consistent, quick to read, easy to search."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import qtawesome
from torch import nn

from blockstudio.catalog.catalog import Catalog, catalog, decode, encode
from blockstudio.catalog.spec import Entry, OptionType
from blockstudio.catalog.templates import FIELD
from blockstudio.runtime.introspect import functionals, modules

ENTRIES = catalog().entries


def test_every_module_class_is_an_entry_or_left_out_for_a_reason() -> None:
    known = {entry.type for entry in ENTRIES} | catalog().excluded.keys()
    assert len(modules()) >= 163
    assert modules().keys() - known == set()


def test_every_function_of_functional_is_an_entry_or_left_out_for_a_reason() -> None:
    known = {entry.type for entry in ENTRIES} | catalog().excluded.keys()
    assert functionals().keys() - known == set()


def test_nothing_is_both_offered_and_left_out_and_reasons_are_given() -> None:
    excluded = catalog().excluded
    assert not {entry.type for entry in ENTRIES} & excluded.keys()
    assert all(reason for reason in excluded.values())


def test_types_are_unique_and_categories_known() -> None:
    types = [entry.type for entry in ENTRIES]
    assert len(types) == len(set(types))
    names = {category.name for category in catalog().categories}
    assert {entry.category for entry in (*ENTRIES, *catalog().structures)} == names


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type)
def test_entry_is_documented_and_its_templates_name_what_there_is(entry: Entry) -> None:
    assert entry.doc, "no first line"
    assert "`" not in entry.doc
    assert entry.url.startswith("https://docs.pytorch.org/docs/stable/") or entry.type in ("value", "training")
    assert entry.synonyms or entry.label in ("xlogy",)
    ports = {port.name for port in entry.inputs}
    options = {option.name for option in entry.options}
    assert {name for _, name in FIELD.findall(entry.call)} <= {*ports, *options, "self"}
    assert {name for _, name in FIELD.findall(entry.constructor)} <= options
    assert {name for _, name in FIELD.findall(entry.result)} <= {port.name for port in entry.outputs}
    for port in (*entry.inputs, *entry.outputs):
        assert port.name.isidentifier()
        assert not port.count or entry.option(port.count)
        assert not port.when or entry.option(port.when)
        assert port.count or not port.variadic or port in entry.inputs
    for option in entry.options:
        assert option.type in get_args(OptionType), option
        assert all(
            FIELD.search(text) is None or entry.option(FIELD.search(text)[2]) for text in option.sources.values()
        )


def test_layer_ports_and_constructor_options_have_different_names() -> None:
    """An edge wins over the option of its name, which would be wrong for a constructor's option."""
    for entry in ENTRIES:
        if entry.kind == "layer":
            made = {option.name for option in entry.options if not option.forward}
            assert not made & {port.name for port in entry.inputs}, entry.type


def test_most_options_are_documented() -> None:
    options = [option for entry in ENTRIES for option in entry.options if entry.kind == "layer"]
    documented = [option for option in options if option.doc]
    assert len(documented) / len(options) > 0.95


def test_parameters_are_named() -> None:
    def names(type: str) -> tuple[str, ...]:
        entry = catalog().get(type)
        assert entry is not None
        return (*entry.parameters, *entry.buffers)

    assert names("torch.nn.Linear") == ("weight", "bias")
    assert names("torch.nn.ReLU") == ()
    assert names("torch.nn.BatchNorm2d") == ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    assert names("torch.nn.LSTM")[:2] == ("weight_ih_l0", "weight_hh_l0")


def test_options_say_what_they_take() -> None:
    conv = catalog().get("torch.nn.Conv2d")
    assert conv is not None
    kernel, padding, mode = (conv.option(name) for name in ("kernel_size", "padding", "padding_mode"))
    assert kernel and padding and mode
    assert (kernel.type, kernel.length, kernel.minimum, kernel.required) == ("int|tuple", 2, 1, True)
    assert padding.choices == ("same", "valid")
    assert mode.choices == ("zeros", "reflect", "replicate", "circular")
    assert conv.option("in_channels").fits == "input[-3]"  # type: ignore[union-attr]


def test_icons_exist() -> None:
    fonts = Path(qtawesome.__file__).parent / "fonts"
    (charmap,) = fonts.glob("materialdesignicons6*charmap*.json")
    known = json.loads(charmap.read_text())
    for category in catalog().categories:
        prefix, _, name = category.icon.partition(".")
        assert prefix == "mdi6"
        assert name in known, category


def test_encoding_keeps_every_entry_as_it_is() -> None:
    for entry in ENTRIES:
        assert decode(Entry, json.loads(json.dumps(encode(entry)))) == entry


def test_what_is_not_asked_for_is_not_made() -> None:
    data = {"torch": "0", "excluded": {}, "initializers": [], "entries": [{"type": "a", "nonsense": 1}]}
    assert Catalog(data).get("b") is None
    with pytest.raises(TypeError):
        Catalog(data).get("a")


def test_reading_needs_no_torch() -> None:
    code = (
        "import sys; from blockstudio.catalog.catalog import catalog; catalog().entries; print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_excluded_reasons_are_about_classes_that_exist() -> None:
    for type in catalog().excluded:
        assert hasattr(nn.functional if ".functional." in type else nn, type.rpartition(".")[2]), type
