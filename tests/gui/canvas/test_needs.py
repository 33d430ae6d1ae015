"""What is offered for a wire fits it: forwards and backwards, of the catalog and of the user's own blocks."""

from __future__ import annotations

import pytest

from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Endpoint, Expression, HyperParameter, Instance, Layer, Port, Sequential
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.facts.needs import ANYTHING, Sizes, given_by, needed_at, needed_by, of_shape
from blockstudio.gui.canvas.facts.offers import offers
from blockstudio.gui.canvas.facts.placing import inserted, make, wired_to
from tests.compiler.documents import document, function, graph, instance, layer, linear
from tests.gui.misfit_cases import conv, row

NET = Location("Net")
CHANNELS = HyperParameter("channels", "8")
OWN = (
    Definition("Head", graph("x", "y", [layer("flat", "Flatten"), linear("out", 64, 10)], "x>flat flat>out out>y")),
    Definition("Mlp", graph("x", "y", [layer("act", "ReLU"), linear("out", 20, 10)], "x>act act>out out>y")),
    Definition(
        "Stage",
        graph("x", "y", [conv("c", Expression("channels"), 4), layer("act", "ReLU")], "x>c c>act act>y"),
        hyper_parameters=[CHANNELS],
    ),
    Definition("Grey", graph("x", "y", [conv("c", 1, 4)], "x>c c>y")),
    Definition(
        "Wide",
        graph("x", "y", [linear("l", 20, Expression("width")), layer("drop", "Dropout")], "x>l l>drop drop>y"),
        hyper_parameters=[HyperParameter("width", "8")],
    ),
    Definition("Words", graph("x", "y", [layer("e", "Embedding", num_embeddings=9, embedding_dim=20)], "x>e e>y")),
    Definition("Deep", graph("x", "y", [Sequential(name="s", body=row(instance("g", "Grey")))], "x>s s>y")),
    Definition(
        "Twice",
        graph("x z", "y", [linear("a", 5, 7), linear("b", 20, 7), function("add", "operator.add")],
              "x>a z>b a>add b>add.other add>y"),
    ),
    Definition("Passes", graph("x", "y", [], "x>y")),
)  # fmt: skip


def project(*nodes: Layer | Instance, wires: str = "") -> Document:
    return document(*OWN, Definition("Net", graph([Port("x")], "y", list(nodes), wires)))


def wire(made: Document, payload: str, origin: PortKey, *sizes: int) -> None:
    """Put something at the end of a wire, with what is known to flow."""
    known = shape(*sizes) if sizes else None
    made.apply(wired_to(made, NET, make(made, NET, payload, (0, 0)), origin, lambda _: known))


def own(found: list) -> set[str]:
    return {offer.label for offer in found if offer.payload.startswith("definition:")}


def shape(*sizes: int, dtype: str = "float32") -> TensorShape:
    return TensorShape(sizes, dtype)


@pytest.mark.parametrize(
    ("name", "port", "need"),
    [
        ("Head", "x", ANYTHING),
        ("Mlp", "x", Sizes((), "float", {-1: 20})),
        ("Stage", "x", Sizes((3, 4), "float", {}, {-3: "channels"})),
        ("Grey", "x", Sizes((3, 4), "float", {-3: 1})),
        ("Words", "x", Sizes((), "integer")),
        ("Deep", "x", Sizes((3, 4), "float", {-3: 1})),
        ("Twice", "z", Sizes((), "float", {-1: 20})),
        ("Passes", "x", ANYTHING),
    ],
)
def test_what_a_block_takes_is_what_is_in_it_takes(name: str, port: str, need: Sizes) -> None:
    assert needed_by(project(), name, port) == need


@pytest.mark.parametrize(
    ("name", "gift"),
    [
        ("Head", Sizes((), "float", {-1: 10})),
        ("Stage", Sizes((3, 4), "float", {-3: 4})),
        ("Wide", Sizes((), "float", {}, {-1: "width"})),
        ("Words", Sizes((), "float", {-1: 20})),
        ("Deep", Sizes((3, 4), "float", {-3: 4})),
        ("Passes", ANYTHING),
    ],
)
def test_what_a_block_gives(name: str, gift: Sizes) -> None:
    assert given_by(project(), f"definition:{name}") == gift


@pytest.mark.parametrize(
    ("flowing", "fit"),
    [
        (shape(2, 20), {"Head", "Mlp", "Wide", "Twice", "Passes"}),
        (shape(2, 30), {"Head", "Passes"}),
        (shape(2, 3, 8, 8), {"Head", "Stage", "Passes"}),
        (shape(2, 1, 8, 8), {"Head", "Stage", "Grey", "Deep", "Passes"}),
        (shape(2, 7, dtype="int64"), {"Words", "Passes"}),
    ],
)
def test_own_blocks_are_offered_where_what_flows_fits(flowing: TensorShape, fit: set[str]) -> None:
    found = own(offers(project(), NET, wire=PortKey("", "x", True), flowing=flowing))
    # Head begins with a Flatten, which takes anything.
    assert found == fit | {"Head"}


def backwards(node: Layer | Instance, port: str = "input") -> tuple[Document, list, Sizes]:
    made = project(node)
    need = needed_at(made, NET, Endpoint(node.name, port), lambda _: None)
    return made, offers(made, NET, wire=PortKey(node.name, port, False), need=need), need


def test_backwards_from_a_linear_comes_what_gives_its_features() -> None:
    _, found, _ = backwards(linear("l", 20, 4))
    details = {offer.payload: offer.detail for offer in found}
    assert details["torch.nn.Linear"] == "out_features = 20"
    assert details["torch.nn.Embedding"] == "embedding_dim = 20"
    assert details["torch.nn.LayerNorm"] == "normalized_shape = 20"
    assert details["definition:Wide"] == "width = 20"
    assert details["definition:Words"] == details["torch.nn.ReLU"] == ""
    assert own(found) == {"Wide", "Words", "Passes", "Stage", "Grey", "Deep"}  # of images nothing says the width
    assert "torch.argmax" not in details and "operator.gt" not in details


def test_backwards_from_a_convolution_come_images() -> None:
    _, found, _ = backwards(conv("c", 16, 4))
    details = {offer.payload: offer.detail for offer in found}
    assert details["torch.nn.Conv2d"] == "out_channels = 16"
    assert details["torch.nn.BatchNorm2d"] == "num_features = 16"
    assert {"torch.nn.MaxPool2d", "torch.nn.ReLU", "operator.add"} <= details.keys()
    assert not {"torch.nn.Conv1d", "torch.nn.Flatten", "torch.nn.LSTM", "torch.nn.BatchNorm1d"} & details.keys()
    assert not {"Stage", "Grey", "Deep"} & own(found)  # they give 4 channels


def test_backwards_from_an_embedding_come_whole_numbers() -> None:
    _, found, _ = backwards(layer("e", "Embedding", num_embeddings=9, embedding_dim=4))
    kinds = {offer.payload for offer in found}
    assert {"torch.argmax", "torch.Tensor.long", "torch.randint", "node:input"} <= kinds
    assert not {"torch.nn.Linear", "torch.nn.ReLU", "torch.Tensor.float", "operator.gt", "node:constant"} & kinds
    assert own(found) == {"Passes"}


def test_backwards_through_what_keeps_a_size() -> None:
    made = project(layer("act", "ReLU"), linear("l", 20, 4), wires="act>l")
    assert needed_at(made, NET, Endpoint("act", "input"), lambda _: None).sizes == {-1: 20}


def test_backwards_from_a_sum_comes_what_the_other_is() -> None:
    made = document(
        Definition("Net", graph("x", "y", [linear("a", 20, 8), function("add", "operator.add")], "x>a a>add add>y"))
    )
    need = needed_at(made, NET, Endpoint("add", "other"), lambda _: shape(2, 8))
    assert need == Sizes((2,), "float", {-1: 8})
    edit = wired_to(
        made, NET, make(made, NET, "torch.nn.Linear", (0, 0)), PortKey("add", "other", False), lambda _: shape(2, 8)
    )
    made.apply(edit)
    assert made.node(NET, "linear").options["out_features"] == 8  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("payload", "name", "option"),
    [("torch.nn.Linear", "linear", "out_features"), ("definition:Wide", "wide", "width")],
)
def test_what_is_taken_has_the_option_filled_in(payload: str, name: str, option: str) -> None:
    made = project(linear("l", 20, 4))
    wire(made, payload, PortKey("l", "input", False))
    assert made.node(NET, name).options[option] == 20  # type: ignore[union-attr]
    assert made.graph(NET).source_of("l", "input") == Endpoint(name, "output" if name == "linear" else "y")


def test_a_block_gets_the_hyper_parameter_that_fits() -> None:
    made = project()
    edit = wired_to(
        made, NET, make(made, NET, "definition:Stage", (0, 0)), PortKey("", "x", True), lambda _: shape(2, 3, 8, 8)
    )
    made.apply(edit)
    assert made.node(NET, "stage").options == {"channels": 3}  # type: ignore[union-attr]


def test_a_block_is_wired_to_the_input_that_fits() -> None:
    made = project()
    edit = wired_to(
        made, NET, make(made, NET, "definition:Twice", (0, 0)), PortKey("", "x", True), lambda _: shape(2, 20)
    )
    made.apply(edit)
    assert made.graph(NET).source_of("twice", "z") == Endpoint("", "x")


def test_what_is_put_on_a_wire_fits_both_its_ends() -> None:
    made = project(linear("l", 20, 4), wires="x>l")
    made.apply(
        inserted(made, NET, make(made, NET, "torch.nn.Linear", (0, 0)), Endpoint("l", "input"), lambda _: shape(2, 5))
    )
    assert made.node(NET, "linear").options == {"in_features": 5, "out_features": 20}  # type: ignore[union-attr]


def test_sizes_go_together_or_not() -> None:
    image, sequence = of_shape(shape(2, 3, 8, 8)), of_shape(shape(2, 7, 20))
    assert image.meets(Sizes((3, 4))) and not image.meets(Sizes((2,))) and not image.meets(Sizes((), "integer"))
    assert not image.meets(Sizes((3, 4), "float", {-3: 4})) and sequence.meets(Sizes((2, 3), "float", {-1: 20}))
    assert not Sizes((2, 3)).meets(Sizes((3, 4)))  # with a batch both, or both without


@pytest.mark.parametrize(
    ("made", "payload", "option", "value"),
    [
        (project(conv("a", 3, 64)), "torch.nn.BatchNorm2d", "num_features", 64),
        (project(linear("a", 20, 64)), "torch.nn.Linear", "in_features", 64),
        (project(conv("b", 3, 64), layer("a", "ReLU"), wires="b>a"), "torch.nn.Conv2d", "in_channels", 64),
        (project(conv("a", 3, 64)), "definition:Stage", "channels", 64),
    ],
)
def test_sizes_come_from_the_options_in_front_while_no_shape_is_known(
    made: Document, payload: str, option: str, value: int
) -> None:
    wire(made, payload, PortKey("a", "output", True))
    (new,) = (node for node in made.graph(NET).nodes.values() if node.name not in ("a", "b"))
    assert new.options[option] == value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("payload", "option"),
    [
        ("torch.nn.BatchNorm2d", "num_features"),
        ("torch.nn.Conv2d", "in_channels"),
        ("definition:Stage", "channels"),
    ],
)
def test_sizes_that_hyper_parameters_say_are_said_so_behind_it_too(payload: str, option: str) -> None:
    made = project(conv("a", 3, Expression("width * 2")))  # type: ignore[arg-type]
    wire(made, payload, PortKey("a", "output", True), 2, 16, 8, 8)
    (new,) = (node for node in made.graph(NET).nodes.values() if node.name != "a")
    assert new.options[option] == Expression("width * 2")  # type: ignore[union-attr]
