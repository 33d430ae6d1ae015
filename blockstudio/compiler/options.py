"""Option values made ready to be written: checked, and their names replaced by what stands for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from attrs import Factory, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import OptionSpec
from blockstudio.catalog.values import check_value
from blockstudio.errors import BlockStudioError
from blockstudio.graph.expressions import check_index, check_option, check_tensor, substitute
from blockstudio.graph.model import Definition, Expression, Options, OptionValue

if TYPE_CHECKING:
    from blockstudio.compiler.scope import Place


@frozen
class Names:
    """The names that expressions may use, each with what is written for it."""

    sources: Mapping[str, str] = Factory(dict)

    @property
    def replaced(self) -> Mapping[str, str]:
        """Those that are not written as they are."""
        return {name: source for name, source in self.sources.items() if source != name}

    def option(self, text: str) -> str:
        """The source of an option expression; ExpressionError if it is none."""
        return substitute(check_option(text, self.sources), self.replaced)

    def tensor(self, text: str) -> str:
        """The source of a tensor expression; ExpressionError if it is none."""
        return substitute(check_tensor(text, self.sources), self.replaced)

    def index(self, text: str) -> str:
        """The source of what stands between square brackets; ExpressionError if it is none."""
        return substitute(f"x[{check_index(text, self.sources)}]", self.replaced)[2:-1]

    def value(self, kind: str, value: OptionValue) -> OptionValue:
        """A value with every expression in it replaced by its source; ExpressionError for one that is none."""
        if isinstance(value, tuple):
            return tuple(self.value(kind, element) for element in value)
        if kind == "index" and isinstance(value, str | Expression):
            return Expression(self.index(value.text if isinstance(value, Expression) else value))
        if isinstance(value, Expression):
            return Expression(self.tensor(value.text) if kind == "tensor" else self.option(value.text))
        return value


@cache
def specs_of(type: str) -> Mapping[str, OptionSpec]:
    """The options of a catalog entry by name."""
    entry = catalog().get(type)
    return {spec.name: spec for spec in entry.options} if entry else {}


def hyper_names(definition: Definition, prefix: str = "") -> Names:
    """The names of a definition's hyper-parameters: as they are, or as attributes with the prefix "self."."""
    return Names({parameter.name: prefix + parameter.name for parameter in definition.hyper_parameters})


def made_names(names: Names, place: Place) -> Names:
    """What expressions at a place may use that stand in `__init__`, `names` being the hyper-parameters."""
    if not place.rounds:
        return names
    return Names({**names.sources, **{repeat.index: repeat.index for repeat in place.rounds}})


def run_names(names: Names, place: Place) -> Names:
    """What expressions at a place may use that stand in `forward`, `names` being the hyper-parameters."""
    if not place.indices:
        return names
    return Names({**names.sources, **{index: index for index in place.indices}})


def settled(specs: Mapping[str, OptionSpec], options: Options, names: Names) -> dict[str, OptionValue]:
    """The options that are known, ready to be written."""
    return {name: names.value(specs[name].type, value) for name, value in options.items() if name in specs}


def faults(spec: OptionSpec, value: OptionValue, names: Names) -> Iterator[BlockStudioError]:
    """What is wrong with a value of an option."""
    try:
        check_value(spec, value)
        names.value(spec.type, value)
    except BlockStudioError as error:
        yield error
