"""Everything of torch that can be placed, read from the generated file without importing torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import attrs

from blockstudio.catalog.categories import CATEGORIES, STRUCTURES
from blockstudio.catalog.spec import Category, Entry, InitializerSpec, OptionSpec, PortSpec

GENERATED = "torch_nn.json"

_Spec = TypeVar("_Spec")


class Catalog:
    """Entries by type, in the order of the palette; each is made when it is first asked for."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.torch_version: str = data["torch"]
        self.excluded: Mapping[str, str] = data["excluded"]
        """Why each class of torch.nn and function of torch.nn.functional that is not offered is not."""
        self.categories: tuple[Category, ...] = CATEGORIES
        self.structures: tuple[Entry, ...] = STRUCTURES
        self.initializers: Mapping[str, InitializerSpec] = {
            item["type"]: decode(InitializerSpec, item) for item in data["initializers"]
        }
        self._data: Mapping[str, Mapping[str, Any]] = {item["type"]: item for item in data["entries"]}
        self._entries: dict[str, Entry] = {}

    def get(self, type: str) -> Entry | None:
        """The entry of that full name, such as "torch.nn.Linear"."""
        found = self._entries.get(type)
        if found is None and type in self._data:
            found = self._entries[type] = decode(Entry, self._data[type])
        return found

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every layer and function."""
        return tuple(entry for type in self._data if (entry := self.get(type)))

    def category(self, name: str) -> Category:
        return next(category for category in self.categories if category.name == name)


@cache
def catalog() -> Catalog:
    """The catalog, read once."""
    file = resources.files("blockstudio.catalog").joinpath(GENERATED)
    return Catalog(json.loads(file.read_bytes()))


_NESTED: Mapping[str, type] = {"inputs": PortSpec, "outputs": PortSpec, "options": OptionSpec}


def encode(spec: Any) -> dict[str, Any]:
    """A spec as JSON data, fields at their default left out."""
    data = {}
    for field in attrs.fields(type(spec)):
        value = getattr(spec, field.name)
        # `attrs.Factory` is a class at run time, and a function to the type checker.
        default = field.default.factory() if isinstance(field.default, attrs.Factory) else field.default  # type: ignore[arg-type]
        if value == default and type(value) is type(default):
            continue
        data[field.name] = [encode(item) for item in value] if field.name in _NESTED else value
    return data


def decode(kind: type[_Spec], data: Mapping[str, Any]) -> _Spec:
    """A spec from its JSON data."""
    values = {}
    for name, value in data.items():
        nested = _NESTED.get(name)
        values[name] = tuple(decode(nested, item) for item in value) if nested else _tupled(value)
    return kind(**values)


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value
