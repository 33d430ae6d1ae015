"""Which values options take."""

from __future__ import annotations

import pytest

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import REQUIRED, OptionSpec, OptionType
from blockstudio.catalog.values import check_value, option_from_text
from blockstudio.errors import OptionError
from blockstudio.graph.model import Expression, OptionValue


@pytest.mark.parametrize(
    ("kind", "value"), [("int", 2**63), ("int|tuple", (3, -(2**70))), ("number", 10**20), ("any", (2**63,))]
)
def test_numbers_that_torch_cannot_count_to(kind: OptionType, value: OptionValue) -> None:
    check_value(OptionSpec("size", "int"), 2**63 - 1)
    check_value(OptionSpec("size", "float"), 10**20)
    with pytest.raises(OptionError, match="“size” is too large"):
        check_value(OptionSpec("size", kind), value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("int", [0, -3], [True, 1.5, "1", (1,)]),
        ("float", [0, 0.5], [True, "x", (1.0,)]),
        ("bool", [True, False], [0, 1, "True"]),
        ("str", ["x", ""], [1, None]),
        ("number", [1, 1.5, True], ["1", (1,)]),
        ("int|tuple", [1, (1, 2), (), (1, Expression("n"))], [1.5, (1.5,), ("a",), True, (True,), (None,)]),
        ("float|tuple", [1, 0.5, (1, 0.5)], ["x", ("x",)]),
        ("tuple", [(1, 2), (-1,), ()], [1, (1.5,), ((1,),)]),
        ("dtype", ["float32", "bool"], ["float33", "torch.float32", 1]),
        ("index", [":, 0"], [0]),
        ("tensor", [], ["torch.ones(2)", 1]),
        ("any", [1, "x", (1, ("a",)), 1.5], []),
    ],
)
def test_types(kind: OptionType, good: list[OptionValue], bad: list[OptionValue]) -> None:
    option = OptionSpec("size", kind)
    check_value(option, Expression("n"))
    for value in good:
        check_value(option, value)
    for value in bad:
        with pytest.raises(OptionError) as error:
            check_value(option, value)
        assert "size" in error.value.message


def test_none_only_where_it_may_be() -> None:
    check_value(OptionSpec("x", "int", None, nullable=True), None)
    with pytest.raises(OptionError, match="needs a value"):
        check_value(OptionSpec("x", "int"), None)
    with pytest.raises(OptionError):
        check_value(OptionSpec("x", "int", 3), None)


def test_bounds_hold_for_every_element() -> None:
    option = OptionSpec("size", "int|tuple", minimum=1, maximum=10)
    check_value(option, (1, 10))
    for value in (0, 11, (1, 0), float("nan")):
        with pytest.raises(OptionError):
            check_value(option, value)
    with pytest.raises(OptionError, match="at least 0"):
        check_value(OptionSpec("p", "float", minimum=0), float("nan"))


def test_choices() -> None:
    choice = OptionSpec("mode", "choice", choices=("mean", "sum"))
    check_value(choice, "sum")
    with pytest.raises(OptionError, match="'mean', 'sum'"):
        check_value(choice, "max")
    padding = OptionSpec("padding", "int|tuple", choices=("same",))
    check_value(padding, "same")
    check_value(padding, 1)
    with pytest.raises(OptionError):
        check_value(padding, "other")


def test_length_of_tuples() -> None:
    option = OptionSpec("kernel_size", "int|tuple", length=2)
    check_value(option, (3, 3))
    with pytest.raises(OptionError, match="takes 2 numbers, not 3"):
        check_value(option, (3, 3, 3))


@pytest.mark.parametrize(
    ("type", "option", "literal"),
    [
        ("torch.chunk", "chunks", True),
        ("torch.split", "split_size_or_sections", True),
        ("torch.nn.MaxPool2d", "return_indices", True),
        ("torch.nn.MultiheadAttention", "need_weights", False),
        ("torch.max", "dim", False),
        ("torch.Tensor.view", "shape", False),
    ],
)
def test_what_decides_the_outputs_is_no_expression(type: str, option: str, literal: bool) -> None:
    entry = catalog().get(type)
    spec = entry and entry.option(option)
    assert spec
    if literal:
        with pytest.raises(OptionError, match="decides the outputs"):
            check_value(spec, Expression("n"))
        if spec.type == "tuple":
            check_value(spec, (Expression("n"), 1))
    else:
        check_value(spec, Expression("n"))


def test_a_long_value_is_shown_short() -> None:
    with pytest.raises(OptionError) as error:
        check_value(OptionSpec("x", "int"), "y" * 10_000_000)
    assert len(error.value.message) < 150


def test_fresh_options_and_defaults_are_values_their_options_take() -> None:
    for entry in catalog().entries:
        for option in entry.options:
            if option.suggested is not None:
                check_value(option, option.suggested)
            if option.default is not REQUIRED:
                check_value(option, option.default)


@pytest.mark.parametrize(
    ("default", "annotation", "kind", "value", "nullable"),
    [
        ("", "", "any", REQUIRED, False),
        ("", "int", "int", REQUIRED, False),
        ("3", "", "int", 3, False),
        ("True", "", "bool", True, False),
        ("0.5", "", "float", 0.5, False),
        ("'x'", "", "str", "x", False),
        ("None", "", "any", None, True),
        ("None", "int | None", "int", None, True),
        ("None", "Optional[float]", "float", None, True),
        ("[1, 2]", "", "any", (1, 2), False),
        ("units * 2", "int", "int", Expression("units * 2"), False),
        ("{}", "", "any", Expression("{}"), False),
        ("3", "list[int]", "any", 3, False),
    ],
)
def test_option_from_text(default: str, annotation: str, kind: str, value: OptionValue, nullable: bool) -> None:
    option = option_from_text("x", default, annotation, "Doc.")
    assert (option.type, option.default, option.nullable, option.doc) == (kind, value, nullable, "Doc.")
