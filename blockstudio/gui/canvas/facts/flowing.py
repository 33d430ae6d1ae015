"""What flows in a graph, as it is shown: in words on a wire, and by the kind of value in colour and shape of ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, get_args

from attrs import frozen

from blockstudio.engine.protocol import TensorShape
from blockstudio.errors import mark
from blockstudio.graph.document import Location
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.summaries import shape_text

Kind = Literal["float", "integer", "bool", "complex", "value"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Form = Literal["circle", "square", "diamond", "plus", "triangle"]


@frozen
class Sign:
    """How a kind of value is told: the form of ports, and words."""

    form: Form
    text: str


SIGNS: Mapping[Kind, Sign] = {
    "float": Sign("circle", mark("Numbers with a point (float32, bfloat16, …), or not known yet")),
    "integer": Sign("square", mark("Whole numbers (int64, uint8, …): tokens, indices, classes")),
    "bool": Sign("diamond", mark("True or false (bool): masks")),
    "complex": Sign("plus", mark("Complex numbers (complex64, …)")),
    "value": Sign("triangle", mark("No tensor: a number, a tuple, a list, None")),
}
"""The legend; every kind but the first has a colour of its own, too."""
PLAIN: Kind = "float"


class Knowledge(Protocol):
    """What is known of the model beyond the document; the session is one."""

    def shape(self, location: Location, node: str, port: str) -> TensorShape | None: ...


def kind_of(value: TensorShape | None) -> Kind:
    """The kind of a value; tensors of a type that is not known pass for the usual one."""
    if value is None:
        return PLAIN
    dtype = value.dtype.lstrip("qu")
    if dtype.startswith("int"):
        return "integer"
    if dtype.startswith("complex"):
        return "complex"
    if dtype == "bool":
        return "bool"
    return "value" if value.python_type else PLAIN


def flow_text(value: TensorShape | None) -> str:
    """What flows on a wire: `2×256`, and its type where that is none of the usual ones: `2×32 int64`."""
    unusual = value is not None and value.shape is not None and kind_of(value) != PLAIN
    return f"{shape_text(value)} {value.dtype}" if value is not None and unusual else shape_text(value)


class Flowing:
    """What is known to flow in the graph at a location, remembered until something else is known."""

    def __init__(self) -> None:
        self._knowledge: Knowledge | None = None
        self._kinds: dict[Endpoint, Kind] = {}
        self._texts: dict[Endpoint, str] = {}

    def show(self, knowledge: Knowledge | None) -> None:
        """Go by what somebody knows from now on."""
        self._knowledge = knowledge
        self.forget()

    def forget(self) -> None:
        """Something else is known now."""
        self._kinds.clear()
        self._texts.clear()

    def text(self, source: Endpoint, location: Location) -> str:
        """What flows out of an output, in words; "" where it is not known."""
        found = self._texts.get(source)
        if found is None:
            found = self._texts[source] = flow_text(self._shape(source, location))
        return found

    def kind(self, source: Endpoint, location: Location) -> Kind:
        """The kind of value that flows out of an output of the graph that is shown."""
        found = self._kinds.get(source)
        if found is None:
            found = self._kinds[source] = kind_of(self._shape(source, location))
        return found

    def _shape(self, source: Endpoint, location: Location) -> TensorShape | None:
        return self._knowledge.shape(location, *source) if self._knowledge is not None else None
