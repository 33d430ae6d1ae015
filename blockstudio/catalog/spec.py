"""What the catalog says of each thing that can be placed, as plain frozen data.

How a call is written (`Entry.call`; `Entry.constructor` follows the same rules; `render.py` does it):

* `{name}` is an input port or an option of that name. An edge wins over the option's value.
  `{self}` is the layer being called, such as `self.lstm`.
* `{*name}` writes a variadic input (`torch.cat([{*tensors}], dim={dim})`) or the elements of a tuple
  option (`{input}.view({*shape})`) separated by commas. An edge into `shape.1` takes the place of
  element 1.
* In an argument list an argument is left out when a name in it is not given: an input without an edge,
  or an option at its default. So `{self}({input}, ({h_0}, {c_0}))` is `self.lstm(x)` or
  `self.lstm(x, (h, c))`. `keyword={name}` is written so; a positional argument behind one that was left
  out gets its own name as keyword.
* `...` as an argument stands for every input and option that the text does not mention, in declared
  order: as `name=value` when given, or bare where the option is `positional` and nothing before it was
  left out.
* In a layer's `constructor` only options without `forward` count, in its `call` only inputs and options
  with `forward`.

How the result is taken apart (`Entry.result`): `{output}, ({h_n}, {c_n})` over the output ports; one
that is unused or absent is written `_`, and a group of nothing else is one `_`. Empty means the outputs
that are present, separated by commas: `y = ...` for one, `values, indices = ...` for two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal

from attrs import Factory, frozen

from blockstudio.graph.model import OptionValue


class Required(Enum):
    """The default of an option that has none."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED

OptionType = Literal[
    "int",
    "float",
    "bool",
    "str",
    "choice",
    "number",
    "int|tuple",
    "float|tuple",
    "tuple",
    "dtype",
    "index",
    "tensor",
    "any",
]
"""The kind of value an option takes, and so its editor.

`number` is an int, float or bool; `int|tuple` is one int or a tuple of ints; `tuple` is ints only
(shapes, axes, sizes); `dtype` is one of `graph.expressions.DTYPES`; `index` is what stands between
square brackets (":, 0, ..."); `tensor` is a tensor expression in an `Expression`; `any` is whatever
can be written. `choices` are taken besides (`padding="same"`). Every type takes an `Expression`
instead, and so does every element of a tuple.
"""


@frozen
class PortSpec:
    """An input or output port.

    A `variadic` port stands for `name.0`, `name.1`, ...: as many as are wired, or as the option named
    by `count` says (an int, or the length of a tuple). `node_ports` has expanded these. An output with
    `when` exists only while the option of that name is neither None nor False. `advanced` ports are
    best hidden until they are wired or asked for. `dtype` is "integer", "float", "bool", or "" for any.
    """

    name: str
    doc: str = ""
    optional: bool = False
    variadic: bool = False
    count: str = ""
    when: str = ""
    advanced: bool = False
    dtype: str = ""


@frozen
class OptionSpec:
    """A constructor argument of a layer, or an argument of a function.

    `suggested`, unless None, is the value a freshly placed node gets. A required option may go without a
    value where an input of the same name is wired (`x + 1`). `fits`, such as
    "input[-3]", names the input dimension the value must equal. `sources` gives the source for
    particular values by their repr: {"None": "self.training"}; one for the default is always written.
    """

    name: str
    type: OptionType
    default: OptionValue | Required = REQUIRED
    doc: str = ""
    choices: tuple[OptionValue, ...] = ()
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    length: int = 0
    """How many elements a tuple must have; 0 for any number."""
    forward: bool = False
    """Given to the layer's call rather than to its constructor."""
    positional: bool = False
    literal: bool = False
    """Not an `Expression`: it decides how many outputs there are."""
    advanced: bool = False
    suggested: OptionValue = None
    fits: str = ""
    sources: Mapping[str, str] = Factory(dict)

    @property
    def when_unset(self) -> OptionValue:
        """What the option is when nothing is set; None where it must be set."""
        return None if isinstance(self.default, Required) else self.default

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@frozen(kw_only=True)
class Entry:
    """One thing that can be placed. `kind` is the kind of node it makes ("layer", "function", "while")."""

    type: str
    kind: str
    label: str
    category: str
    doc: str = ""
    inputs: tuple[PortSpec, ...] = ()
    outputs: tuple[PortSpec, ...] = ()
    options: tuple[OptionSpec, ...] = ()
    constructor: str = ""
    call: str = ""
    result: str = ""
    synonyms: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    """Names of the parameters it has with its suggested options, as in its state dict."""
    buffers: tuple[str, ...] = ()
    url: str = ""
    hidden: bool = False
    """Compiles, but is not offered: superseded by another entry."""

    def option(self, name: str) -> OptionSpec | None:
        return next((option for option in self.options if option.name == name), None)

    def fresh_options(self) -> dict[str, OptionValue]:
        """The options a freshly placed node is given."""
        return {option.name: option.suggested for option in self.options if option.suggested is not None}


@frozen
class Category:
    """A group of the palette. `icon` is a qtawesome name."""

    name: str
    icon: str


@frozen(kw_only=True)
class InitializerSpec:
    """A function of torch.nn.init. `minimum_rank` is the least number of dimensions it takes.

    `distribution` is what it draws from: "normal", "uniform", "truncated normal", "constant", or "" where
    the values have no density of their own; `initializers.theory` gives its parameters.
    """

    type: str
    label: str
    doc: str
    options: tuple[OptionSpec, ...] = ()
    minimum_rank: int = 0
    maximum_rank: int | None = None
    distribution: str = ""
    synonyms: tuple[str, ...] = ()
    url: str = ""
