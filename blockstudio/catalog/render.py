"""Python source for constructors, calls and results, from the templates that `spec.py` describes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from attrs import frozen

from blockstudio.catalog.spec import Entry, OptionSpec, PortSpec
from blockstudio.catalog.templates import FIELD, Argument, Field, Template, binding, parse
from blockstudio.errors import ExpressionError, mark
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Expression, Options, OptionValue


def constructor(entry: Entry, options: Options) -> str:
    """The source that makes a layer: `nn.Linear(20, 256)`."""
    own = {option.name: option for option in entry.options if not option.forward}
    return _Writer({}, own, options, {}).write(parse(entry.constructor))


def call(entry: Entry, inputs: Mapping[str, str], options: Options, callee: str = "") -> str:
    """The source of one application, `inputs` being the source of what feeds each wired port.

    `callee` is the layer's source, `self.linear`; functions have none.
    """
    layer = entry.kind == "layer"
    own = {option.name: option for option in entry.options if option.forward or not layer}
    ports = {port.name: port for port in entry.inputs}
    return _Writer(ports, own, options, {**inputs, "self": callee}).write(parse(entry.call))


def companions(entry: Entry, port: str) -> frozenset[str]:
    """The ports that stand in one argument of the call with `port`: all of them are given, or none."""
    ports = {other.name for other in entry.inputs}
    for argument in parse(entry.call).arguments or ():
        together = ports & {field.name for field in argument.template.fields()}
        if port in together:
            return frozenset(together - {port})
    return frozenset()


def targets(entry: Entry, present: Sequence[str], names: Mapping[str, str]) -> str:
    """What stands left of the `=`: `present` are the output ports there are, `names` those that are used."""
    if not entry.result:
        written = [names.get(port, "_") for port in present]
        spread = any(port.variadic for port in entry.outputs)
        return f"({written[0]},)" if spread and len(written) == 1 else ", ".join(written)
    text = FIELD.sub(lambda found: names.get(found[2], "_") if found[2] in present else "_", entry.result)
    return re.sub(r"\((_, )*_\)", "_", text)


def option_source(option: OptionSpec, value: OptionValue) -> str:
    """The source of an option's value; ExpressionError for a value that cannot be written."""
    if isinstance(value, Expression):
        return value.text
    if option.type == "dtype" and value is not None:
        if value not in DTYPES:
            raise ExpressionError(mark("“{text}” is not a dtype."), text=value)
        return f"torch.{value}"
    if option.type == "index" and isinstance(value, str):
        return value
    return _literal(value)


def _literal(value: OptionValue) -> str:
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    return repr(value)


@frozen
class _Writer:
    ports: Mapping[str, PortSpec]
    options: Mapping[str, OptionSpec]
    values: Options
    inputs: Mapping[str, str]

    def write(self, template: Template, mentioned: frozenset[str] = frozenset()) -> str:
        head = "".join(piece if isinstance(piece, str) else self._field(piece) for piece in template.pieces)
        if template.arguments is None:
            return head
        mentioned |= {field.name for field in template.fields()}
        return f"{head}({', '.join(self._arguments(template.arguments, mentioned))})"

    def _arguments(self, arguments: Sequence[Argument], mentioned: frozenset[str]) -> Iterator[str]:
        bare = True  # nothing was left out so far, nor written with its keyword
        for argument in arguments:
            if argument.rest:
                yield from self._rest(mentioned, bare)
                bare = False
                continue
            names = [field.name for field in argument.template.fields()]
            if not argument.template.is_call and not all(map(self._is_given, names)):
                bare = False
                continue
            keyword = argument.keyword or ("" if bare else names[0])
            bare = not keyword
            yield (f"{keyword}=" if keyword else "") + self.write(argument.template, mentioned)

    def _rest(self, mentioned: frozenset[str], bare: bool) -> Iterator[str]:
        names = [*self.ports, *(name for name in self.options if name not in self.ports)]
        for name in names:
            if name in mentioned:
                continue
            if not self._is_given(name):
                bare = False
                continue
            bare = bare and (name in self.options and self.options[name].positional)
            yield ("" if bare else f"{name}=") + self._source(name)

    def _is_given(self, name: str) -> bool:
        if name in self.inputs or self._elements(name):
            return True
        option = self.options.get(name)
        if option is None:
            return False
        if option.required:
            return True
        value = self._value(option)
        is_default = value == option.default and isinstance(value, bool) == isinstance(option.default, bool)
        return not is_default or repr(value) in option.sources

    def _field(self, field: Field) -> str:
        source = self._spread(field.name) if field.spread else self._source(field.name)
        return source if not field.binding or binding(source) >= field.binding else f"({source})"

    def _source(self, name: str) -> str:
        if name in self.inputs:
            return self.inputs[name]
        if self._elements(name):
            spread = self._spread(name)
            return f"({spread})" if ", " in spread else f"({spread},)"
        option = self.options.get(name)
        if option is None:
            # An input that nothing feeds, where the call cannot do without: check has said so.
            return "None"
        value = self._value(option)
        special = option.sources.get(repr(value))
        return option_source(option, value) if special is None else self.write(parse(special))

    def _spread(self, name: str) -> str:
        wired = self._elements(name)
        option = self.options.get(name)
        value = self._value(option) if option else ()
        if not isinstance(value, tuple):
            return self._source(name) if not wired else ", ".join(wired.values())
        literals = {index: _literal(element) for index, element in enumerate(value)}
        return ", ".join(source for _, source in sorted({**literals, **wired}.items()))

    def _value(self, option: OptionSpec) -> OptionValue:
        default = option.when_unset
        return self.values.get(option.name, default)

    def _elements(self, name: str) -> dict[int, str]:
        """The sources of the wired ports `name.0`, `name.1`, ... by their number."""
        port = self.ports.get(name)
        if port is None or not port.variadic:
            return {}
        found = {}
        for wired, source in self.inputs.items():
            stem, _, number = wired.rpartition(".")
            if stem == name and number.isdigit():
                found[int(number)] = source
        return dict(sorted(found.items()))
