"""What a person types into an option, and the value it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import OptionSpec
from blockstudio.errors import BlockStudioError
from blockstudio.graph.document import Document, Location
from blockstudio.graph.expressions import LARGEST_INTEGER
from blockstudio.graph.model import Definition, Expression, Graph, HyperParameter, OptionValue, Repeat
from blockstudio.gui.panels.option_text import names_at, read, shown, stepped

INT = OptionSpec("n", "int", minimum=1)
SIZE = OptionSpec("size", "int|tuple")
AXES = OptionSpec("axes", "tuple")
RATE = OptionSpec("rate", "float", 0.5)
FLAG = OptionSpec("flag", "bool", True)
MODE = OptionSpec("mode", "choice", "zeros", choices=("zeros", "reflect"))
DTYPE = OptionSpec("dtype", "dtype", None, nullable=True)
TEXT = OptionSpec("text", "str", "")
INDEX = OptionSpec("index", "index")
TENSOR = OptionSpec("value", "tensor")


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (INT, "64", 64),
        (INT, " channels*4 ", Expression("channels * 4")),
        (SIZE, "3, 5", (3, 5)),
        (SIZE, "(3, 5)", (3, 5)),
        (SIZE, "[3, 5]", (3, 5)),
        (SIZE, "3, channels", (3, Expression("channels"))),
        (AXES, "1,", (1,)),
        (AXES, "()", ()),
        (RATE, "1e-3", 1e-3),
        (RATE, "", 0.5),
        (FLAG, "False", False),
        (FLAG, "channels > 3", Expression("channels > 3")),
        (MODE, "reflect", "reflect"),
        (MODE, "=mode", Expression("mode")),
        (DTYPE, "", None),
        (DTYPE, "None", None),
        (TEXT, "any text", "any text"),
        (TEXT, "", ""),
        (INDEX, "0,:5", "0, :5"),
        (TENSOR, "torch.rand(20,20)", Expression("torch.rand(20, 20)")),
    ],
)
def test_text_is_read(option: OptionSpec, text: str, value: OptionValue) -> None:
    found = read(option, text, ["channels", "mode"])
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (INT, "-3"),
        (INT, "2.5"),
        (INT, "sixteen"),
        (INT, "open('x')"),
        (INT, "3 +"),
        (INT, ""),
        (SIZE, "3, 'a'"),
        (RATE, "True"),
        (TENSOR, "__import__('os')"),
        (TENSOR, "torch.load('x')"),
        (INDEX, "f()"),
    ],
)
def test_what_an_option_does_not_take_is_refused(option: OptionSpec, text: str) -> None:
    with pytest.raises(BlockStudioError):
        read(option, text, ["channels"])


def test_a_choice_that_there_is_not_is_refused() -> None:
    with pytest.raises(BlockStudioError):
        read(MODE, "cyclic", [])


def test_every_default_of_the_catalog_can_be_typed() -> None:
    for entry in catalog().entries:
        for option in entry.options:
            value = option.when_unset
            if not option.required and not isinstance(value, Expression):
                text = "None" if value is None else shown(value, option)
                assert read(option, text, ["x"]) == value, (entry.type, option.name)


WHOLE = st.integers(1 - LARGEST_INTEGER, LARGEST_INTEGER - 1)


@given(st.one_of(WHOLE, st.tuples(st.integers(0, 99)), st.tuples(WHOLE, WHOLE)))
def test_sizes_survive_being_shown(value: OptionValue) -> None:
    assert read(SIZE, shown(value), []) == value


@pytest.mark.parametrize(
    ("text", "up", "result"),
    [
        ("3", True, "4"),
        ("-1", False, "-2"),
        ("0.5", True, "0.6"),
        ("0.25", False, "0.24"),
        ("1.0", True, "1.1"),
        ("1e-05", True, "0.0001"),
        ("channels", True, None),
        ("", True, None),
        ("3, 3", True, None),
    ],
)
def test_the_arrows_step_numbers(text: str, up: bool, result: str | None) -> None:
    assert stepped(text, up) == result


def test_names_are_those_of_the_place() -> None:
    loop = Repeat(name="loop", body=Graph(), index="i")
    block = Definition("Block", Graph(nodes={"loop": loop}), [HyperParameter("channels", "16")])
    document = Document("Block", {"Block": block})
    assert names_at(document, Location("Block")) == ["channels"]
    assert names_at(document, Location("Block").enter("loop", "body")) == ["channels", "i"]
