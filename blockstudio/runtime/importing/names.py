"""Names for nodes, ports and definitions that Python and torch accept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from torch import nn

from blockstudio.catalog.catalog import catalog
from blockstudio.compiler.check_definition import KEY
from blockstudio.compiler.naming import CLASS_RESERVED, LOCAL_RESERVED, MODULE_ATTRIBUTES, is_plain, variable
from blockstudio.graph.expressions import is_node_name
from blockstudio.graph.scopes import next_free


class Names:
    """Gives out names, each at most once; fast however many there are."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._numbers: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """`wanted` made a name, or the first of `wanted_2`, ... that is free."""
        base = name = _plain(wanted)
        number = self._numbers.get(base, 2)
        while name in self.taken:
            name = f"{base}_{number}"
            number += 1
        self._numbers[base] = number
        self.taken.add(name)
        return name


def _plain(wanted: str) -> str:
    name = variable(wanted)
    if name in LOCAL_RESERVED or not is_plain(name):
        return f"{name}_" if is_plain(f"{name}_") else f"value_{name.strip('_')}"
    return name


def fresh(wanted: str, taken: Collection[str]) -> str:
    """`wanted` made a name, or the first of `wanted_2`, ... that is not taken."""
    return next_free(_plain(wanted), set(taken))


def snake(name: str) -> str:
    """A class name as the name of a node: "BatchNorm2d" as "batch_norm2d"."""
    name = re.sub(r"(Re|Si|GE|SE|CE|E|G)LU", lambda found: found[0].capitalize(), name)
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return parted.lower()


def child_name(child: nn.Module) -> str:
    """What a child of a Sequential that is keyed by its number may be called."""
    name = snake(type(child).__name__)
    return f"{name}_layer" if name in MODULE_ATTRIBUTES else name


def is_key(path: str) -> bool:
    """Whether the path of a submodule can be the name of a node."""
    parts = path.split(".")
    plain = [part for part in parts if not part.isdigit()]
    if not all(is_plain(part) and part not in MODULE_ATTRIBUTES for part in plain):
        return False
    return is_node_name(path) or (parts[0].isdigit() and len(parts) == 1)


def is_child_key(name: str) -> bool:
    """Whether a child of a named Sequential can be called so."""
    return is_key(name) or ("-" in name and KEY.fullmatch(name) is not None)


def class_name(wanted: str, taken: Collection[str]) -> str:
    """A name for a definition."""
    name = variable(wanted)
    name = name[:1].upper() + name[1:] if name[:1] != "_" else name
    if not is_plain(name):
        name = f"Block{name.strip('_')}"
    if name in CLASS_RESERVED or catalog().get(f"torch.nn.{name}") is not None or name == "Sequential":
        name = f"{name}Block"
    if name not in taken:
        return name
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"
