"""Hyper-parameters for the numbers in which graphs differ, and expressions of them."""

from __future__ import annotations

import inspect
from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field
from torch import nn

from blockstudio.compiler.naming import LOCAL_RESERVED, MODULE_ATTRIBUTES, is_plain
from blockstudio.graph.expressions import names_in, substitute
from blockstudio.graph.model import Graph
from blockstudio.runtime.importing import deciding
from blockstudio.runtime.importing.fingerprints import attributes
from blockstudio.runtime.importing.slots import ANYTHING, Slot, nodes_of, said, strict
from blockstudio.runtime.importing.variants import CONDITION


@define
class Member:
    """A graph with Instances that name their definitions, and the module it was made from."""

    graph: Graph
    module: nn.Module
    arguments: Mapping[str, Any]
    """What the module was constructed with, as far as that is known."""


@define
class Chooser:
    """Chooses hyper-parameters for columns of values, and expressions of them."""

    members: Sequence[Member]
    columns: Mapping[Slot, tuple[Any, ...]]
    names: dict[str, tuple[Any, ...]] = field(factory=dict)
    """The hyper-parameters with their values."""
    defaults: dict[str, str] = field(factory=dict)
    texts: dict[Slot, str] = field(factory=dict)
    _taken: set[str] = field(factory=set)

    def choose(self) -> None:
        graph = self.members[0].graph
        nodes = [way[-1].partition(".")[0] for way, _ in nodes_of(graph) if CONDITION not in way]
        self._taken = {*nodes, *(port.name for port in graph.inputs)}
        varied = {slot: column for slot, column in self.columns.items() if len(set(map(strict, said(column)))) > 1}
        decided = {slot: varied.pop(slot) for slot in list(varied) if slot.way[-2:-1] == (CONDITION,)}
        self._choose_for_all({slot: column for slot, column in varied.items() if ANYTHING not in column})
        for slot, column in self.columns.items():
            if ANYTHING in column:
                self._choose_for_some(slot, column, varied)
        for slot, column in decided.items():
            self.texts[slot] = self._condition(slot, column)

    def _choose_for_all(self, columns: Mapping[Slot, tuple[Any, ...]]) -> None:
        arguments = self._arguments()
        keys = {slot: tuple(map(strict, values)) for slot, values in columns.items()}
        known: dict[Hashable, str] = {}
        for key, argument in arguments.items():
            first = next((slot for slot, found in keys.items() if found == key), None)
            if first is not None:
                known[key] = self._new(first, columns[first], argument)
        # The smallest comes first, so that others are multiples of it.
        for slot, values in sorted(columns.items(), key=lambda column: _size(column[1])):
            key = keys[slot]
            if key not in known:
                known[key] = self._worked_out(slot, values) or self._new(slot, values)
            self.texts[slot] = known[key]
        first_use = {text: index for index, text in reversed(list(enumerate(known[key] for key in keys.values())))}
        if not arguments:
            self.names = dict(sorted(self.names.items(), key=lambda item: first_use.get(item[0], 0)))

    def _choose_for_some(self, slot: Slot, column: tuple[Any, ...], varied: Container[Slot]) -> None:
        """Let what only some of the members have follow what all have."""
        for like in (slot.option,), _SIZES:
            for other, text in self.texts.items():
                alike = other.option in like and slot.option in like and slot.index == other.index
                if alike and _agree(column, self.columns[other]):
                    self.texts[slot] = text
                    return
        if slot in varied:
            filled = tuple(said(column)[0] if value is ANYTHING else value for value in column)
            text = next((name for name, values in self.names.items() if _agree(column, values)), "")
            self.texts[slot] = text or self._worked_out(slot, column) or self._new(slot, filled)

    def _condition(self, slot: Slot, wanted: tuple[bool, ...]) -> str:
        """What decides whether a member has the first branch of an If."""
        given = [{name: values[index] for name, values in self.names.items()} for index in range(len(wanted))]
        known = [{**_plain_attributes(member.module), **_plain_values(member.arguments)} for member in self.members]
        asked = deciding.asked(type(self.members[0].module), known, wanted)
        if asked:
            columns = {name: tuple(values[name] for values in known) for name in names_in(asked)}
            return substitute(asked, {name: self._meaning(slot, name, column) for name, column in columns.items()})
        for text in self._mismatches(slot):
            if deciding.separates(text, given, wanted):
                return text
        for name, values in self.names.items():
            if strict(values) == strict(wanted):
                return name
        name = self._new(slot, wanted, wanted=slot.way[-1])
        self.defaults[name] = "False"
        return name

    def _meaning(self, slot: Slot, name: str, column: tuple[Any, ...]) -> str:
        """A name in a condition as the hyper-parameter that it is, or the value that it always has."""
        key = tuple(map(strict, column))
        if len(set(key)) == 1:
            return repr(column[0])
        for known, values in sorted(self.names.items(), key=lambda item: item[0] != name):
            if tuple(map(strict, values)) == key:
                return known
        return self._new(slot, column, argument=name)

    def _mismatches(self, slot: Slot) -> Iterator[str]:
        """Conditions for a branch that is there because sizes do not fit without it."""
        inside = (*slot.way[:-2], "then")
        within = {other: text for other, text in self.texts.items() if other.way[: len(inside)] == inside}
        sizes = [text for other, text in within.items() if other.option in _SIZES]
        strides = [f"{text} != 1" for other, text in within.items() if other.option == "stride"][:1]
        differ = [f"{sizes[0]} != {sizes[-1]}"] if sizes and sizes[0] != sizes[-1] else []
        if strides and differ:
            yield f"{strides[0]} or {differ[0]}"
        yield from (*differ, *strides)

    def _new(self, slot: Slot, values: tuple[Any, ...], argument: str = "", wanted: str = "") -> str:
        """A hyper-parameter, called like the argument of the constructor that it is, or as is wanted."""
        taken = self._taken
        wanted = wanted or argument or slot.option or "size"
        name = wanted
        if name in taken | set(self.names) or not _is_name(name):
            node, option = slot.way[-1].replace(".", "_"), slot.option or "size"
            name = f"{option}_{node}" if node[0].isdigit() else f"{node}_{option}"
        base, number = name, 2
        while name in taken | set(self.names) or not _is_name(name):
            name = f"{base}_{number}"
            number += 1
        self.names[name] = values
        default = _default_of(self.members[0].module, argument, values) if argument == name else ""
        if default:
            self.defaults[name] = default
        return name

    def _arguments(self) -> dict[Hashable, str]:
        """The names of constructor arguments by their values."""
        found: dict[Hashable, str] = {}
        first = self.members[0].arguments
        for name in first:
            if all(_is_plain(member.arguments.get(name, Ellipsis)) for member in self.members):
                key = tuple(strict(_plain(member.arguments[name])) for member in self.members)
                if len(set(key)) > 1:
                    found.setdefault(key, name)
        return found

    def _worked_out(self, slot: Slot, values: tuple[Any, ...]) -> str:
        """An expression of the hyper-parameters there are; "" where none gives the values."""
        places = [index for index, value in enumerate(values) if value is not ANYTHING]
        mine = [values[index] for index in places]
        for name, column in self.names.items():
            others = [column[index] for index in places]
            if not all(type(value) is int for value in (*mine, *others)):
                continue
            if slot.option in _SIZES:
                factor = _factor(mine, others)
                if factor and all(value == other * factor for value, other in zip(mine, others, strict=True)):
                    return f"{name} * {factor}"
                if factor and all(value * factor == other for value, other in zip(mine, others, strict=True)):
                    return f"{name} // {factor}"
            halves = all(other == 2 * value + 1 for value, other in zip(mine, others, strict=True))
            if slot.option == "padding" and "kernel" in name and halves:
                return f"({name} - 1) // 2"
        return ""


def _agree(column: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether a column has the values of another one wherever it has any."""
    return all(one is ANYTHING or strict(one) == strict(two) for one, two in zip(column, other, strict=True))


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in values.items() if _is_plain(value)}


def _plain_attributes(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in _plain_values(attributes(module)).items() if _is_name(name)}


_SIZES = frozenset(
    "in_features out_features in_channels out_channels num_features num_channels normalized_shape hidden_size "
    "input_size embed_dim d_model dim_feedforward embedding_dim dim hidden hidden_dim channels groups".split()
)


def _size(values: Sequence[Any]) -> int:
    return values[0] if all(type(value) is int for value in values) else -1


def _factor(values: Sequence[int], others: Sequence[int]) -> int | None:
    """The whole number by which one column differs from another, at least 2; None where there is none."""
    high, low = max(values[0], others[0]), min(values[0], others[0])
    if low <= 0 or high % low or high == low or high // low > 64:
        return None
    return high // low


def _is_name(name: str) -> bool:
    return is_plain(name) and name not in LOCAL_RESERVED and name not in MODULE_ATTRIBUTES


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _default_of(module: nn.Module, name: str, values: tuple[Any, ...]) -> str:
    """The default of a constructor's argument, where it is of the kind of the values; "" for any other."""
    try:
        default = inspect.signature(type(module).__init__).parameters[name].default
    except (KeyError, TypeError, ValueError):
        return ""
    kinds = {type(value) for value in values if value is not None}
    if default is not None and kinds != {type(default)}:
        return ""  # the class takes several kinds; a hyper-parameter is of the kind of its default
    return repr(default) if default is None or type(default) in (bool, int, float, str) else ""
