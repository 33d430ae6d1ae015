"""Dotted names made lists: `layers.0`, `layers.1` are members of one nn.ModuleList, `heads.a` of an nn.ModuleDict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from attrs import Factory, define

from blockstudio.graph.expressions import is_number


@define(slots=False)
class Group:
    """An nn.ModuleList, or an nn.ModuleDict where the keys are not 0, 1, 2, ..."""

    name: str
    """Dotted, from the class on: "layers", or "layers.0" for a list within a list."""
    members: dict[str, Group | str] = Factory(dict)
    """Inner groups, or the full names of what was declared, by key."""

    @cached_property
    def is_list(self) -> bool:
        return all(str(index) in self.members for index in range(len(self.members)))

    def ordered(self) -> Iterator[tuple[str, Group | str]]:
        """The members as they stand in the list: by number where they have numbers."""
        if self.is_list:
            yield from ((str(index), self.members[str(index)]) for index in range(len(self.members)))
        else:
            yield from self.members.items()

    def names(self) -> Iterator[str]:
        """The full names of everything in it."""
        for _, member in self.ordered():
            if isinstance(member, Group):
                yield from member.names()
            else:
                yield member


def grouped(names: Iterable[str]) -> dict[str, Group | str]:
    """What the attributes of a class are, by their names, in order: a declaration or a group of them."""
    found = Group("")
    for name in names:
        group = found
        *path, last = name.split(".")
        for segment in path:
            inner = group.members.setdefault(segment, Group(f"{group.name}.{segment}".lstrip(".")))
            if not isinstance(inner, Group):
                break  # a name that is both; check has said so
            group = inner
        else:
            group.members.setdefault(last, name)
    return found.members


def reached(attributes: dict[str, Group | str], name: str) -> str:
    """How a declaration is reached from the module: ".layers[0]" for the name "layers.0", "[0]" for "0"."""
    first, *rest = name.split(".")
    path = f"[{first}]" if is_number(first) else f".{first}"
    group = attributes.get(first)
    for segment in rest:
        if not isinstance(group, Group):
            break
        path += f"[{segment}]" if group.is_list else f'["{segment}"]'
        group = group.members.get(segment)
    return path
