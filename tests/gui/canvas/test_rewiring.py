"""Dissolve, replace, insert with room, and what a loose wire is offered."""

from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from blockstudio.compiler.check import check
from blockstudio.engine.protocol import PortShape, Problem, Shapes, TensorShape
from blockstudio.graph.document import Document
from blockstudio.graph.edits import AddNode, Connect
from blockstudio.graph.model import Call, Definition, Endpoint, Function, Graph, Initializer, Layer
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.replacing import replaced
from blockstudio.gui.canvas.words import tool_tip

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier


def feed(desk: Desk, node: str, shape: tuple[int, ...], dtype: str = "float32") -> None:
    """Let the engine have said what flows out of a node."""
    port = "output" if node else "x"
    desk.session.set_shapes(Shapes(0, (PortShape(ROOT.path(node), port, TensorShape(shape, dtype)),), ()))


def offered(desk: Desk) -> list[str]:
    return [offer.payload for offer in desk.canvas.search_popup.model.choices]


# --- dissolve -------------------------------------------------------------------------------------


def test_dissolve_keeps_the_wire(net: Desk) -> None:
    start = net.bytes()
    net.select("relu")
    net.key(Qt.Key.Key_Delete, CTRL)
    assert "relu" not in net.graph.nodes
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("linear", "output")
    assert net.steps() == 1
    assert net.undo_all() == start


def test_dissolve_several_in_a_row(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_Delete, CTRL)
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("", "x")


def test_dissolve_keeps_the_wire_that_is_there(net: Desk) -> None:
    """Of two inputs the wired one goes on, though it is the second."""
    add = Function(name="add", type="operator.add", options={"input": 1}, position=(400, 250))
    net.session.push(AddNode(ROOT, add), "")
    net.session.push(Connect(ROOT, Endpoint("add", "other"), Endpoint("linear", "output")), "")
    net.session.push(Connect(ROOT, Endpoint("linear_2", "input"), Endpoint("add", "output")), "")
    net.select("add")
    net.key(Qt.Key.Key_Delete, CTRL)
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("linear", "output")


# --- replace --------------------------------------------------------------------------------------


def test_replace_keeps_wires_and_shared_options(net: Desk) -> None:
    start = net.bytes()
    net.select("linear")
    net.key(Qt.Key.Key_R, CTRL)
    assert net.canvas.search_popup.field.placeholderText() == "Replace linear by…"
    net.search("bilinear")
    node = net.graph.nodes["bilinear"]
    assert isinstance(node, Layer)
    assert node.options["out_features"] == 256
    assert net.graph.edges[Endpoint("bilinear", "input1")] == Endpoint("", "x")
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("bilinear", "output")
    assert node.position == (120, 100)
    assert list(net.graph.nodes) == ["bilinear", "relu", "linear_2"]
    assert net.selected() == {"bilinear"}
    assert net.steps() == 1
    assert net.undo_all() == start


def test_replace_offers_what_has_room_for_the_wires_own_kind_first(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_R, CTRL)
    found = offered(net)
    assert "torch.nn.functional.relu" not in found
    assert "torch.zeros" not in found and "node:constant" not in found
    assert "GELU" in found[0] or "Activation" in net.canvas.search_popup.model.choices[0].category


def test_replace_keeps_a_name_the_user_chose(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_F2)
    net.canvas.rename_selected()
    net.type("act")
    net.enter()
    net.key(Qt.Key.Key_R, CTRL)
    net.search("gelu")
    assert net.graph.nodes["act"].type in ("torch.nn.GELU", "torch.nn.functional.gelu")  # type: ignore[attr-defined]
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("act", "output")


def test_replace_function_by_layer_of_the_same_word(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_R, CTRL)
    net.search("torch.nn.relu")
    assert net.graph.nodes["relu"] == Layer(name="relu", type="torch.nn.ReLU", position=(400, 100))


def test_replace_a_layer_that_is_shared_renames_its_calls_and_rules(net: Desk) -> None:
    call = Call(name="again", layer="linear", position=(400, 300))
    net.session.push(AddNode(ROOT, call), "")
    definition = net.session.definition
    definition.initializers.append(Initializer(target="linear", parameter="weight", function="torch.nn.init.ones_"))
    start = net.bytes()
    net.select("linear")
    net.key(Qt.Key.Key_R, CTRL)
    assert "torch.nn.Identity" in offered(net)
    net.search("torch.nn.identity")
    assert net.graph.nodes["again"] == evolve(call, layer="identity")
    assert definition.initializers[0].target == "identity"
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_a_shared_layer_is_not_replaced_by_a_function(net: Desk) -> None:
    net.session.push(AddNode(ROOT, Call(name="again", layer="linear", position=(400, 300))), "")
    before = net.bytes()
    net.select("linear")
    net.key(Qt.Key.Key_R, CTRL)
    net.search("torch.abs")
    assert "shares its weights" in net.messages[-1]
    assert net.bytes() == before


# --- inserting ------------------------------------------------------------------------------------


def test_a_node_moved_onto_a_wire_is_inserted_and_what_is_behind_makes_room(net: Desk) -> None:
    loose = Layer(name="norm", type="torch.nn.LayerNorm", options={"normalized_shape": 256}, position=(300, 350))
    net.session.push(AddNode(ROOT, loose), "")
    start = net.bytes()
    steps = net.steps()
    net.drag(net.node("norm"), net.wire("linear_2"))
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("norm", "output")
    assert net.graph.edges[Endpoint("norm", "input")] == Endpoint("relu", "output")
    bodies = [net.scene.nodes[name].body for name in ("relu", "norm", "linear_2")]
    assert bodies[0].right() < bodies[1].left() and bodies[1].right() < bodies[2].left()
    assert net.steps() == steps + 1
    net.session.undo_stack.undo()
    assert net.bytes() == start


# --- a wire into empty space -------------------------------------------------------------------------


def pull(desk: Desk, node: str) -> list[str]:
    desk.drag(desk.output(node), desk.at(500, 420))
    found = offered(desk)
    desk.canvas.search_popup.close_popup()
    return found


def test_images_are_offered_what_takes_images(net: Desk) -> None:
    feed(net, "linear", (2, 3, 8, 8))
    found = pull(net, "linear")
    assert "torch.nn.Conv2d" in found and "torch.nn.Linear" in found
    assert not {"torch.nn.Conv1d", "torch.nn.BatchNorm3d", "torch.mm"} & set(found)


def test_whole_numbers_are_offered_what_takes_whole_numbers(net: Desk) -> None:
    feed(net, "linear", (2, 7), "int64")
    found = pull(net, "linear")
    assert "torch.nn.Embedding" in found and "operator.add" in found
    assert not {"torch.nn.Linear", "torch.nn.ReLU"} & set(found)
    feed(net, "linear", (2, 7))
    assert "torch.nn.Embedding" not in pull(net, "linear")


def test_what_follows_such_nodes_in_the_project_is_offered_first(net: Desk) -> None:
    net.session.push(AddNode(ROOT, Layer(name="tanh", type="torch.nn.Tanh", position=(400, 300))), "")
    net.session.push(Connect(ROOT, Endpoint("tanh", "input"), Endpoint("linear_2", "output")), "")
    assert pull(net, "linear")[:2] == ["torch.nn.functional.relu", "torch.nn.Tanh"]


# --- cutting --------------------------------------------------------------------------------------


def test_a_stroke_with_ctrl_and_the_right_button_cuts_what_it_crosses(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.at(365, 60), net.at(365, 180), Qt.MouseButton.RightButton, CTRL)
    assert Endpoint("relu", "input") not in net.graph.edges
    assert len(net.graph.edges) == 3
    net.drag(net.at(40, 200), net.at(860, 60), Qt.MouseButton.RightButton, CTRL)
    assert net.steps() == 2
    assert net.undo_all() == start


def test_one_stroke_cuts_many_and_escape_none(net: Desk) -> None:
    net.session.push(Connect(ROOT, Endpoint("linear_2", "input"), Endpoint("linear", "output")), "")
    net.key(Qt.Key.Key_K)
    net.drag(net.at(365, 60), net.at(365, 180), let_go=False)
    net.key(Qt.Key.Key_Escape)
    net.release(net.at(365, 180))
    assert len(net.graph.edges) == 4
    net.key(Qt.Key.Key_K)
    net.drag(net.at(365, 60), net.at(365, 180))
    assert set(net.graph.edges) == {Endpoint("linear", "input"), Endpoint("", "y")}
    net.drag(net.at(365, 60), net.at(365, 180))
    assert net.steps() == 2


def test_escape_puts_the_knife_away(net: Desk) -> None:
    net.key(Qt.Key.Key_K)
    net.key(Qt.Key.Key_Escape)
    net.drag(net.at(365, 60), net.at(365, 180))
    assert net.steps() == 0


# --- commands from the table ------------------------------------------------------------------------


def test_frame_note_unplug_by_keys(net: Desk) -> None:
    start = net.bytes()
    net.select("linear", "relu")
    net.key(Qt.Key.Key_J, CTRL)
    net.type("Stem")
    net.enter()
    assert [note.text for note in net.graph.notes.values()] == ["Stem"]
    net.select("relu")
    net.key(Qt.Key.Key_U, CTRL)
    assert set(net.graph.edges) == {Endpoint("linear", "input"), Endpoint("", "y")}
    net.hover(QPoint(300, 500))
    net.key(Qt.Key.Key_N, CTRL | Qt.KeyboardModifier.AltModifier)
    net.canvas.note_editor.insertPlainText("# Title")
    net.enter(Qt.Key.Key_Escape)
    assert sorted(note.text for note in net.graph.notes.values()) == ["# Title", "Stem"]
    assert net.undo_all() == start


def test_colour_by_keys(net: Desk) -> None:
    net.canvas.select_keys([node_key("relu")])
    net.key_unchecked(Qt.Key.Key_C, CTRL | Qt.KeyboardModifier.AltModifier)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert net.graph.nodes["relu"].color


# --- bypassing ------------------------------------------------------------------------------------


def test_bypass_and_back_by_a_key(net: Desk) -> None:
    start = net.bytes()
    net.select("relu")
    net.key(Qt.Key.Key_M)
    assert net.graph.nodes["relu"].bypassed
    face = net.scene.nodes["relu"].face
    assert face.bypassed == (("input", "output"),) and "bypassed" in face.tag
    net.key(Qt.Key.Key_M)
    assert net.bytes() == start
    assert net.steps() == 2
    assert net.undo_all() == start


def test_what_nothing_can_stand_for_is_not_bypassed(net: Desk) -> None:
    before = net.bytes()
    net.click(net.wire("relu"))
    net.key(Qt.Key.Key_Delete)
    net.select("relu")
    net.key(Qt.Key.Key_M)
    assert "cannot be bypassed" in net.messages[-1]
    net.session.undo_stack.undo()
    assert net.bytes() == before


def test_several_are_bypassed_at_once_and_run_again_at_once(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_M)
    net.select("linear", "relu", "linear_2")
    net.key(Qt.Key.Key_M)
    assert all(node.bypassed for node in net.graph.nodes.values())
    net.key(Qt.Key.Key_M)
    assert not any(node.bypassed for node in net.graph.nodes.values())
    assert net.steps() == 3


# --- mending ----------------------------------------------------------------------------------------


def test_a_misfit_is_mended_from_the_canvas(net: Desk) -> None:
    start = net.bytes()
    facts = {"option": "in_features", "fits": 12, "wanted": "256", "got": "12", "shape": "2×12"}
    problem = Problem("shape-mismatch", "error", ROOT.path("linear_2"), "It expects {wanted}, but gets {got}.", facts)
    net.session.set_diagnostics([problem])
    assert "It expects 256" in tool_tip(net.scene, net.session, net.hit(net.wire("linear_2")))
    net.select("linear_2")
    net.key_unchecked(Qt.Key.Key_Period, CTRL)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Set in_features to 12", "Set out_features of linear to 256"]
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert net.graph.nodes["linear_2"].options["in_features"] == 12  # type: ignore[attr-defined]
    assert net.undo_all() == start


def test_without_a_problem_that_is_said(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_Period, CTRL)
    assert "Nothing here" in net.messages[-1]


# --- wiring by keys ---------------------------------------------------------------------------------


def test_the_selection_is_wired_from_left_to_right(net: Desk) -> None:
    start = net.bytes()
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_U, CTRL)
    assert not net.graph.edges
    net.key(Qt.Key.Key_W)
    assert len(net.graph.edges) == 4
    assert net.steps() == 2
    assert net.undo_all() == start


def test_several_are_wired_into_the_last_that_has_room(net: Desk) -> None:
    add = Function(name="add", type="operator.add", position=(700, 300))
    net.session.push(AddNode(ROOT, add), "")
    net.select("linear", "relu", "add")
    net.key(Qt.Key.Key_W)
    assert net.graph.edges[Endpoint("add", "input")].node == "linear"
    assert net.graph.edges[Endpoint("add", "other")].node == "relu"


def test_wiring_back_is_refused_in_words(net: Desk) -> None:
    net.drag(net.node("linear_2"), net.node("linear") + QPoint(-60, 200))
    before = net.bytes()
    net.select("linear_2", "relu")
    net.key(Qt.Key.Key_W)
    assert "circle" in net.messages[-1]
    assert net.bytes() == before


def test_tab_on_a_wire_inserts(net: Desk) -> None:
    net.click(net.wire("relu"))
    net.key(Qt.Key.Key_Tab)
    net.search("dropout")
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("dropout", "output")
    assert net.graph.edges[Endpoint("dropout", "input")] == Endpoint("linear", "output")


@pytest.mark.parametrize(
    ("payload", "options"),
    [
        ("torch.nn.ConvTranspose2d", {"out_channels": 8, "kernel_size": (3, 5), "stride": (2, 2)}),
        ("torch.nn.Conv1d", {"out_channels": 8, "kernel_size": 3, "stride": 2}),
        ("torch.nn.MaxPool2d", {"kernel_size": (3, 5), "stride": (2, 2)}),
        ("torch.nn.Linear", {"out_features": 8}),
        ("torch.nn.LSTM", {"hidden_size": 8}),
    ],
)
def test_what_is_replaced_keeps_what_it_can(payload: str, options: dict[str, object]) -> None:
    conv = Layer(
        name="conv",
        type="torch.nn.Conv2d",
        options={"in_channels": 3, "out_channels": 8, "kernel_size": (3, 5), "stride": (2, 2)},
    )
    document = Document("Net", {"Net": Definition("Net", Graph(nodes={"conv": conv}))})
    edit, name = replaced(document, ROOT, "conv", payload, lambda _: None)
    document.apply(edit)
    found = document.node(ROOT, name).options  # type: ignore[union-attr]
    assert {key: found[key] for key in options} == options
    assert [problem for problem in check(document) if problem.code == "option.value"] == []


def test_what_is_offered_in_its_place_takes_what_flows(net: Desk) -> None:
    feed(net, "linear", (2, 256))
    net.select("relu")
    net.canvas.replace_selected()
    assert {"torch.nn.Tanh", "torch.nn.Linear"} <= set(offered(net))
    assert not {"torch.nn.Conv2d", "torch.nn.Embedding"} & set(offered(net))
