"""The generated catalog is what introspection gives, and what introspection reads."""

from __future__ import annotations

from importlib import resources

import pytest
import torch

from blockstudio.catalog.catalog import GENERATED, catalog
from blockstudio.catalog.spec import REQUIRED, OptionSpec, PortSpec
from blockstudio.runtime import introspect
from blockstudio.runtime.docstrings import argument_docs, plain, summary
from blockstudio.runtime.signatures import inspected, read_signature


@pytest.mark.skipif(
    torch.__version__.partition("+")[0] != catalog().torch_version, reason="generated from another version of torch"
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_the_generated_file_is_up_to_date() -> None:
    stored = resources.files("blockstudio.catalog").joinpath(GENERATED).read_text(encoding="utf-8")
    assert introspect.generate() == stored, "run: python -m blockstudio.runtime.introspect"


def test_signature_of_every_form() -> None:
    found = read_signature(
        "input, bias?, *tensors, dim: int, p: probability = 0.5, dims: ints? = (1, 2), "
        "@other: number, @*shape: shape, @n: int = 2, mode: 'a'|'b' = 'a', value: float = !"
    )
    ports = [part for part in found if isinstance(part, PortSpec)]
    options = {part.name: part for part in found if isinstance(part, OptionSpec)}
    assert [(p.name, p.optional, p.variadic, p.count, p.advanced) for p in ports] == [
        ("input", False, False, "", False),
        ("bias", True, False, "", False),
        ("tensors", False, True, "", False),
        ("other", False, False, "", False),
        ("shape", True, True, "shape", True),
        ("n", True, False, "", True),
    ]
    assert options["dim"].default is REQUIRED
    assert (options["p"].minimum, options["p"].maximum, options["p"].default) == (0, 1, 0.5)
    assert (options["dims"].type, options["dims"].nullable, options["dims"].default) == ("int|tuple", True, (1, 2))
    assert options["shape"].type == "tuple"
    assert options["mode"].choices == ("a", "b")
    assert options["value"].default is REQUIRED


def test_a_faulty_signature_is_refused() -> None:
    with pytest.raises(ValueError, match="not an argument"):
        read_signature("a b c")


def test_annotations_become_types() -> None:
    def function(
        input: torch.Tensor,
        weight: torch.Tensor | None = None,
        size: int | tuple[int, int] = 1,
        scale: float | None = None,
        flag: bool = False,
        rest: object = None,
    ) -> None: ...

    found = {argument.name: argument for argument in inspected(function)}
    assert found["input"] == PortSpec("input")
    assert found["weight"] == PortSpec("weight", optional=True)
    size, scale, flag = found["size"], found["scale"], found["flag"]
    assert isinstance(size, OptionSpec) and isinstance(scale, OptionSpec) and isinstance(flag, OptionSpec)
    assert (size.type, size.length) == ("int|tuple", 2)
    assert (scale.type, scale.nullable) == ("float", True)
    assert flag.type == "bool"


def documented() -> None:
    r"""documented(x) -> Tensor

    Applies :class:`~torch.nn.ReLU` to ``x`` as in :math:`\text{max}(0, x)`. It is as follows:

    .. math:: nonsense

    Args:
        x (Tensor): the input, of `any`
            shape. Default: ``None``
        y, z (int, optional): two of them
        no item

    Inputs: x
        * **h_0** of nonsense
        * **h_1** (Tensor): a state

    Examples:
        >>> q: no argument
    """


def test_docstrings_are_taken_apart() -> None:
    assert summary(documented) == "Applies ReLU to x as in max(0, x)."
    docs = argument_docs(documented)
    assert docs["x"] == "the input, of any shape. Default: None"
    assert docs["y"] == docs["z"] == "two of them"
    assert docs["h_1"] == "a state"
    assert "q" not in docs


def test_what_has_no_docstring() -> None:
    assert summary(lambda: None) == ""
    assert argument_docs(lambda: None) == {}


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (r":math:`\frac{1}{\sqrt{E}}`", "(1) / (√(E))"),
        (r":math:`x_{in} \geq \alpha`", "x_in ≥ α"),
        ("`Name <https://example.org>`__ and **bold**", "Name and bold"),
        (":attr:`dim`, :func:`~torch.nn.functional.relu`, :ref:`text <target>`", "dim, relu, text"),
        ("NaN\\ s", "NaNs"),
    ],
)
def test_plain(marked: str, text: str) -> None:
    assert plain(marked) == text
