"""Everything the window can be told to do, as one table: menus, toolbar and the help page come from it."""

# ruff: noqa: E501 (a table reads best with one action a line)

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import frozen
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from blockstudio.errors import mark
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.settings import (
    LESS_MOTION,
    MINIMAP,
    MORE_CONTRAST,
    SELECTION_BAR,
    SNAP_TO_GRID,
    SNAP_TO_NEIGHBOURS,
    SQUARE_WIRES,
    Setting,
    Settings,
)
from blockstudio.gui.typed import take_typed

Condition = Literal[
    "always",
    "selection",
    "things",
    "several",
    "one",
    "named",
    "anything",
    "wires",
    "undo",
    "redo",
    "inside",
    "enterable",
    "expandable",
    "instance",
    "apart",
    "shared",
    "ready",
    "coming",
    "running",
    "imported",
    "unordered",
]


@frozen
class ActionSpec:
    """One action. `handler` is the way to a method from the window, such as "canvas.group"."""

    id: str
    text: str
    tooltip: str
    handler: str
    menu: str
    shortcut: str = ""
    """Portable, several parted by "; ": the first is shown."""
    icon: str = ""
    enabled: Condition = "always"
    toolbar: bool = False
    canvas: bool = False
    """The shortcut works while the canvas has the focus: elsewhere the keys mean something else."""
    group: int = 0
    """A separator stands between groups of a menu."""
    checkable: bool = False
    setting: Setting[bool] | None = None
    """What the action switches on and off, in the place of a handler."""


MENUS: Mapping[str, str] = {
    "file": mark("&File"),
    "edit": mark("&Edit"),
    "select": mark("&Select"),
    "node": mark("&Node"),
    "block": mark("&Block"),
    "arrange": mark("&Arrange"),
    "model": mark("&Model"),
    "view": mark("&View"),
    "go": mark("&Go"),
    "help": mark("&Help"),
}

ACTIONS: tuple[ActionSpec, ...] = (
    # --- file
    ActionSpec("new", mark("New"), mark("Start a new project"), "files.new", "file", "Ctrl+N", "mdi6.file-plus-outline", toolbar=True),
    ActionSpec("open", mark("Open…"), mark("Open a project, or a file of tensors"), "files.open", "file", "Ctrl+O", "mdi6.folder-open-outline", toolbar=True),
    ActionSpec("import", mark("Import…"), mark("Make a project of a PyTorch model: a file of Python, a .pt2 program, or an installed module"), "importing.open", "file", "Ctrl+Shift+I", "mdi6.import"),
    ActionSpec("import_report", mark("Import report"), mark("What the import of this project had to say"), "importing.show_report", "file", enabled="imported"),
    ActionSpec("save", mark("Save"), mark("Save the project"), "files.save", "file", "Ctrl+S", "mdi6.content-save-outline", toolbar=True, group=1),
    ActionSpec("save_as", mark("Save as…"), mark("Save the project to another file"), "files.save_as", "file", "Ctrl+Shift+S", group=1),
    ActionSpec("load_parameters", mark("Load parameters…"), mark("Fill the model from a .params or .safetensors file"), "load_parameters", "file", "Ctrl+Shift+O", "mdi6.tray-arrow-up", group=2),
    ActionSpec("save_parameters", mark("Save parameters…"), mark("Write the state dict to a .params or .safetensors file"), "save_parameters", "file", "Ctrl+P", "mdi6.tray-arrow-down", group=2),
    ActionSpec("open_tensors", mark("Open tensors…"), mark("Look into a file of tensors"), "open_tensors", "file", icon="mdi6.table-eye", group=2),
    ActionSpec("export", mark("Export…"), mark("Write Python, ONNX, a torch program, parameters or a picture"), "late.exports.open", "file", "Ctrl+E", "mdi6.export", group=3),
    ActionSpec("add_blocks", mark("Add blocks from project…"), mark("Take blocks, and what they are made of, from another project file"), "add_blocks", "file", icon="mdi6.cube-send", group=4),
    ActionSpec("save_block", mark("Save block to library"), mark("Keep the selected or shown block for other projects"), "save_block", "file", "Ctrl+Alt+L", "mdi6.bookshelf", group=4),
    ActionSpec("library_folder", mark("Library folder…"), mark("Choose where the blocks of the library are"), "choose_library", "file", icon="mdi6.folder-star-outline", group=4),
    ActionSpec("quit", mark("Quit"), mark("Close the window"), "close", "file", "Ctrl+Q", group=5),
    # --- edit
    ActionSpec("undo", mark("Undo"), mark("Take the last change back"), "session.undo_stack.undo", "edit", "Ctrl+Z", "mdi6.undo", "undo", toolbar=True),
    ActionSpec("redo", mark("Redo"), mark("Make the change again"), "session.undo_stack.redo", "edit", "Ctrl+Shift+Z; Ctrl+Y", "mdi6.redo", "redo", toolbar=True),
    ActionSpec("cut", mark("Cut"), mark("Move the selected nodes to the clipboard"), "canvas.cut", "edit", "Ctrl+X", "mdi6.content-cut", "selection", canvas=True, group=1),
    ActionSpec("copy", mark("Copy"), mark("Copy the selected nodes"), "canvas.copy", "edit", "Ctrl+C", "mdi6.content-copy", "selection", canvas=True, group=1),
    ActionSpec("paste", mark("Paste"), mark("Put the copied nodes into this block, or layers copied as Python"), "canvas.paste", "edit", "Ctrl+V", "mdi6.content-paste", canvas=True, group=1),
    ActionSpec("duplicate", mark("Duplicate"), mark("Independent copies: weights of their own, and blocks with an inside of their own"), "duplicate_copy", "edit", "Ctrl+D", "mdi6.plus-box-multiple-outline", "selection", canvas=True, group=2),
    ActionSpec("duplicate_instance", mark("Duplicate as an instance"), mark("Blocks with weights of their own and the same inside: edited once, both follow"), "duplicate_instance", "edit", "Alt+D", "mdi6.cube-outline", "selection", canvas=True, group=2),
    ActionSpec("duplicate_shared", mark("Duplicate as shared"), mark("Call the same layers again: shared weights, counted once"), "duplicate_shared", "edit", "Ctrl+Shift+D", "mdi6.link-variant", "selection", canvas=True, group=2),
    ActionSpec("delete", mark("Delete"), mark("Delete the selected nodes and wires; take the wires off the selected port"), "canvas.wiring.delete", "edit", "Delete; Backspace", "mdi6.trash-can-outline", "anything", canvas=True, group=2),
    ActionSpec("rename", mark("Rename"), mark("Give the selected node or port another name, or a note another text"), "canvas.rename_selected", "edit", "F2", "mdi6.rename-outline", "named", group=3),
    ActionSpec("find", mark("Find…"), mark("Go to any node or note of the project: by name, kind, option, shape or parameter"), "find_node", "edit", "Ctrl+F", "mdi6.magnify", group=3),
    # --- select
    ActionSpec("select_all", mark("Select all"), mark("Select every node of this block"), "canvas.selecting.everything", "select", "Ctrl+A", "mdi6.select-all", canvas=True),
    ActionSpec("invert", mark("Invert the selection"), mark("Select what was not selected, instead of what was"), "canvas.selecting.invert", "select", "Ctrl+Shift+A", "mdi6.select-inverse", canvas=True),
    ActionSpec("same_type", mark("Select all of this type"), mark("Select every node of the same kinds"), "canvas.selecting.same_type", "select", "Shift+G", "mdi6.select-multiple", "selection", canvas=True, group=1),
    ActionSpec("upstream", mark("Select upstream"), mark("Select everything that feeds this, too"), "canvas.selecting.upstream", "select", "Shift+U", "mdi6.arrow-collapse-left", "things", canvas=True, group=1),
    ActionSpec("downstream", mark("Select downstream"), mark("Select everything that this feeds, too"), "canvas.selecting.downstream", "select", "Shift+D", "mdi6.arrow-collapse-right", "things", canvas=True, group=1),
    ActionSpec("connected", mark("Select connected"), mark("Select everything that hangs together with this"), "canvas.selecting.connected", "select", "Shift+L", "mdi6.graph-outline", "things", canvas=True, group=1),
    ActionSpec("add_to_selection", mark("Add to the selection…"), mark("Select one more node, port, wire or note, found by its name"), "canvas.asking.another", "select", "S", "mdi6.selection-ellipse", canvas=True, group=2),
    ActionSpec("next_thing", mark("Next thing"), mark("Go to the next of all nodes, ports, notes and frames, from left to right"), "canvas.focus.next_thing", "select", "Ctrl+Right", "mdi6.arrow-right", canvas=True, group=3),
    ActionSpec("previous_thing", mark("Previous thing"), mark("Go to the one before, of all nodes, ports, notes and frames"), "canvas.focus.previous_thing", "select", "Ctrl+Left", "mdi6.arrow-left", canvas=True, group=3),
    ActionSpec("next_port", mark("Next port"), mark("Go to the next port of the node; from there the arrow keys go on to its wires"), "canvas.focus.next_port", "select", ".", "mdi6.ray-start-arrow", canvas=True, group=3),
    ActionSpec("previous_port", mark("Previous port"), mark("Go to the port before; from the node, to its last output"), "canvas.focus.previous_port", "select", ",", "mdi6.ray-end-arrow", canvas=True, group=3),
    # --- node
    ActionSpec("replace", mark("Replace…"), mark("Put another node in its place; wires and the options both have are kept"), "canvas.replace_selected", "node", "Ctrl+R", "mdi6.swap-horizontal", "one", canvas=True),
    ActionSpec("mend", mark("Mend…"), mark("What would take the problem of the selected node away, each way with one click"), "canvas.asking.mend", "node", "Ctrl+.", "mdi6.auto-fix", "one", canvas=True),
    ActionSpec("bypass", mark("Bypass"), mark("What comes in goes out as it is, past the selected nodes; again: through them"), "canvas.bypass", "node", "M", "mdi6.transit-detour", "selection", canvas=True),
    ActionSpec("dissolve", mark("Dissolve"), mark("Delete the selected nodes; the wires through them are kept"), "canvas.dissolve", "node", "Ctrl+Delete; Ctrl+Backspace", "mdi6.transit-skip", "selection", canvas=True),
    ActionSpec("wire", mark("Wire the selection"), mark("Feed each selected node from the one to its left, or the last from all others"), "canvas.wire_selected", "node", "W", "mdi6.vector-polyline", canvas=True),
    ActionSpec("connect", mark("Connect…"), mark("Choose what the selected node or port is wired to, or where the selected wire goes instead"), "canvas.wiring.connect", "node", "C", "mdi6.transit-connection-variant", "anything", canvas=True),
    ActionSpec("replug", mark("Feed from another output…"), mark("Choose which output feeds the selected wire, or all wires of the selected node or port, instead"), "canvas.wiring.replug", "node", "Shift+W", "mdi6.transit-connection-horizontal", "anything", canvas=True),
    ActionSpec("swap", mark("Swap the inputs"), mark("The wires of the selected node change places; of an input or a wire, those of it and of the next input"), "canvas.wiring.swap", "node", "Shift+X", "mdi6.swap-vertical", "anything", canvas=True),
    ActionSpec("take_out", mark("Take out of its wires"), mark("Take the selected nodes out of their wires, which close behind them; dragging with Alt does the same"), "canvas.take_out", "node", "Ctrl+Shift+X", "mdi6.tray-remove", "selection", canvas=True),
    ActionSpec("unplug", mark("Unplug all wires"), mark("Take all wires off the selected nodes"), "canvas.disconnect_selected", "node", "Ctrl+U", "mdi6.connection", "selection", canvas=True),
    ActionSpec("knife", mark("Cut wires"), mark("The next stroke with the mouse cuts every wire it crosses; so does Ctrl with the right button"), "canvas.take_knife", "node", "K", "mdi6.content-cut", canvas=True),
    ActionSpec("bend", mark("Bend the wire"), mark("Draw the selected wires through one more point; dragging a wire does the same"), "canvas.bending.bend", "node", "B", "mdi6.vector-curve", "wires", canvas=True),
    ActionSpec("straighten", mark("Straighten the wire"), mark("Draw the selected wires as they come, without points"), "canvas.bending.straighten", "node", "Shift+B", "mdi6.vector-line", "wires", canvas=True),
    ActionSpec("all_ports", mark("Show all inputs"), mark("Show inputs seldom needed too; again: hide them"), "canvas.toggle_all_ports", "node", "I", "mdi6.arrow-expand-vertical", "one", canvas=True),
    ActionSpec("frame", mark("Put a frame round it"), mark("A titled field behind the selected nodes, which takes them along"), "canvas.frame_selection", "node", "Ctrl+J", "mdi6.select-group", "selection", canvas=True, group=1),
    ActionSpec("note", mark("Add a note"), mark("A text in Markdown on the canvas"), "canvas.asking.note", "node", "Ctrl+Alt+N", "mdi6.note-outline", canvas=True, group=1),
    ActionSpec("color", mark("Colour…"), mark("Give the selected nodes and notes a colour of their own"), "canvas.asking.color", "node", "Ctrl+Alt+C", "mdi6.palette-outline", canvas=True, group=1),
    ActionSpec("independent", mark("Give it weights of its own"), mark("The selected node no longer calls a layer of another"), "canvas.make_independent", "node", "", "mdi6.link-variant-off", "shared", group=2),
    ActionSpec("own_inside", mark("Give it an inside of its own"), mark("A copy of the block, so that editing it leaves other instances as they are"), "canvas.make_own", "node", "", "mdi6.cube-off-outline", "instance", group=2),
    ActionSpec("share", mark("Share weights with…"), mark("Call the layer of another node of this kind instead of one of its own"), "canvas.composing.share", "node", "Ctrl+Alt+S", "mdi6.link-variant-plus", "one", canvas=True, group=2),
    # --- block
    ActionSpec("add_node", mark("Add a node…"), mark("Search layers, functions and blocks, and add one here"), "canvas.search_to_add", "block", "Tab", "mdi6.plus", toolbar=True, canvas=True),
    ActionSpec("new_block", mark("New block…"), mark("Make a block of your own, to be used many times"), "palette_panel.new_block", "block", "Ctrl+Shift+N", "mdi6.cube-outline"),
    ActionSpec("new_code", mark("New code block…"), mark("Write a block as a Python class"), "palette_panel.new_code", "block", icon="mdi6.language-python"),
    ActionSpec("enter", mark("Enter the block"), mark("Show what is inside the selected node"), "canvas.enter_selected", "block", "Ctrl+Down; Return; Enter", "mdi6.arrow-down-bold-box-outline", "enterable", canvas=True, group=1),
    ActionSpec("leave", mark("Leave the block"), mark("Go back to the block around this one"), "canvas.leave", "block", "Ctrl+Up", "mdi6.arrow-up-bold-box-outline", "inside", toolbar=True, group=1),
    ActionSpec("expand", mark("Expand in place"), mark("Show what is inside the selected blocks in their place, and work there; again: no longer"), "canvas.expanding.toggle", "block", "E", "mdi6.arrow-expand-all", "expandable", canvas=True, group=1),
    ActionSpec("peek", mark("Peek"), mark("What resting the pointer on it shows: facts, problems, a picture of the inside"), "canvas.focus.peek", "block", "P", "mdi6.eye-outline", "anything", canvas=True, group=1),
    ActionSpec("group", mark("Group into a block"), mark("Make a block of the selected nodes; their wires are kept"), "canvas.group", "block", "Ctrl+G", "mdi6.group", "selection", toolbar=True, group=2),
    ActionSpec("ungroup", mark("Take apart"), mark("Put the nodes inside the selected blocks and Sequentials in their places"), "canvas.ungroup", "block", "Ctrl+Shift+G", "mdi6.ungroup", "apart", toolbar=True, group=2),
    ActionSpec("move_into", mark("Move into a block…"), mark("Move the selected nodes into a block of this graph; their wires are kept"), "canvas.asking.block", "block", "Ctrl+PgDown", "mdi6.tray-arrow-down", "selection", canvas=True, group=2),
    ActionSpec("move_out", mark("Move out of the block"), mark("Move the selected nodes to where this block is used; their wires are kept"), "canvas.move_out_of_block", "block", "Ctrl+PgUp", "mdi6.tray-arrow-up", "inside", canvas=True, group=2),
    ActionSpec("expose", mark("Make an option a hyper-parameter…"), mark("An option of the selected node becomes one of this block, to be set where that is used"), "canvas.asking.option", "block", "H", "mdi6.tune", "one", canvas=True, group=2),
    ActionSpec("port_up", mark("Move the port up"), mark("The selected input or output comes earlier, here and wherever the block is used"), "canvas.port_up", "block", "Ctrl+Alt+Up", "mdi6.arrow-up", canvas=True, group=2),
    ActionSpec("port_down", mark("Move the port down"), mark("The selected input or output comes later, here and wherever the block is used"), "canvas.port_down", "block", "Ctrl+Alt+Down", "mdi6.arrow-down", canvas=True, group=2),
    ActionSpec("repeat", mark("Repeat it"), mark("Put the selected nodes into a Repeat: rounds in a row, each with weights of its own"), "canvas.composing.repeat", "block", "Ctrl+Alt+R", "mdi6.repeat", "selection", canvas=True, group=3),
    ActionSpec("only_if", mark("Only if…"), mark("Put the selected nodes into an If: they are there where a condition on hyper-parameters holds"), "canvas.composing.only_if", "block", "Ctrl+Alt+I", "mdi6.source-branch", "selection", canvas=True, group=3),
    ActionSpec("only_in_training", mark("Only in training"), mark("Put the selected nodes into an If: they run while the model trains, and are passed by in evaluation"), "canvas.composing.only_in_training", "block", "Ctrl+Alt+M", "mdi6.school-outline", "selection", canvas=True, group=3),
    ActionSpec("uses", mark("Where it is used…"), mark("Every use of the selected block or layer, or of the block that is shown"), "canvas.composing.show_uses", "block", "Ctrl+Alt+U", "mdi6.map-marker-multiple-outline", group=4),
    # --- arrange
    ActionSpec("tidy", mark("Tidy up"), mark("Lay the nodes out along the flow"), "canvas.tidy", "arrange", "Ctrl+L", "mdi6.auto-fix", toolbar=True),
    ActionSpec("align_left", mark("Align left"), mark("Bring the left edges into line"), "canvas.arranging.left", "arrange", "Ctrl+Shift+Left", "mdi6.align-horizontal-left", "several", canvas=True, group=1),
    ActionSpec("align_right", mark("Align right"), mark("Bring the right edges into line"), "canvas.arranging.right", "arrange", "Ctrl+Shift+Right", "mdi6.align-horizontal-right", "several", canvas=True, group=1),
    ActionSpec("align_top", mark("Align top"), mark("Bring the tops into line; wires between first ports become straight"), "canvas.arranging.top", "arrange", "Ctrl+Shift+Up", "mdi6.align-vertical-top", "several", canvas=True, group=1),
    ActionSpec("align_bottom", mark("Align bottom"), mark("Bring the lower edges into line"), "canvas.arranging.bottom", "arrange", "Ctrl+Shift+Down", "mdi6.align-vertical-bottom", "several", canvas=True, group=1),
    ActionSpec("align_column", mark("Centre in a column"), mark("Set the middles one above the other"), "canvas.arranging.column", "arrange", "Shift+C", "mdi6.align-horizontal-center", "several", canvas=True, group=1),
    ActionSpec("align_row", mark("Centre in a row"), mark("Set the middles at one height"), "canvas.arranging.row", "arrange", "Shift+R", "mdi6.align-vertical-center", "several", canvas=True, group=1),
    ActionSpec("spread_across", mark("Distribute across"), mark("Make the gaps from left to right equal"), "canvas.arranging.spread_across", "arrange", "Shift+H", "mdi6.distribute-horizontal-center", "several", canvas=True, group=2),
    ActionSpec("spread_down", mark("Distribute down"), mark("Make the gaps from top to bottom equal"), "canvas.arranging.spread_down", "arrange", "Shift+V", "mdi6.distribute-vertical-center", "several", canvas=True, group=2),
    ActionSpec("flow_down", mark("From top to bottom"), mark("Draw this block downwards, inputs above its nodes and outputs below, instead of to the right"), "canvas.turn", "arrange", "Ctrl+Shift+L", "mdi6.arrow-down-thin", "unordered", group=3, checkable=True),
    ActionSpec("snap_grid", mark("Snap to the grid"), mark("What is dragged goes by the steps of the grid; with Alt it moves freely"), "", "arrange", icon="mdi6.grid", setting=SNAP_TO_GRID, group=3),
    ActionSpec("snap_neighbours", mark("Snap to neighbours"), mark("What is dragged lines up with what stands near, and lines show it"), "", "arrange", icon="mdi6.magnet", setting=SNAP_TO_NEIGHBOURS, group=3),
    # --- model
    ActionSpec("run", mark("Run"), mark("Run the model forward on the example inputs"), "run_model", "model", "F5", "mdi6.play", "coming", toolbar=True),
    ActionSpec("stop", mark("Stop"), mark("Interrupt what the engine is doing"), "stop", "model", "Shift+F5", "mdi6.stop", "running", toolbar=True),
    ActionSpec("initialize", mark("Initialise again"), mark("Build the model afresh: every parameter gets a new starting value"), "rebuild", "model", "Ctrl+I", "mdi6.dice-5-outline", "ready", group=1),
    ActionSpec("training", mark("Training mode"), mark("On: dropout and batch norm train; off: eval()"), "switch_mode", "model", "Ctrl+T", enabled="ready", group=1, checkable=True),
    ActionSpec("restart", mark("Restart the engine"), mark("Start the engine process anew; the document stays as it is"), "restart_engine", "model", "Ctrl+Shift+R", "mdi6.restart", group=2),
    # --- view
    ActionSpec("zoom_in", mark("Zoom in"), mark("Make the nodes larger"), "canvas.zoom_in", "view", "Ctrl++; Ctrl+=", "mdi6.magnify-plus-outline"),
    ActionSpec("zoom_out", mark("Zoom out"), mark("Make the nodes smaller"), "canvas.zoom_out", "view", "Ctrl+-", "mdi6.magnify-minus-outline"),
    ActionSpec("zoom_reset", mark("Actual size"), mark("Show the nodes at their own size"), "canvas.zoom_reset", "view", "Ctrl+1"),
    ActionSpec("fit", mark("Show everything"), mark("Fit the whole block into the window"), "canvas.fit", "view", "Ctrl+0", "mdi6.fit-to-page-outline", toolbar=True),
    ActionSpec("fit_selection", mark("Show the selection"), mark("Fit the selected nodes into the window"), "canvas.fit_selection", "view", "Ctrl+2", enabled="anything"),
    ActionSpec("split", mark("Split the view"), mark("A second canvas beside this one, on the inside of the selected node or a use of this block; or one again"), "split.toggle", "view", "Ctrl+\\", "mdi6.view-split-vertical", group=1),
    ActionSpec("square_wires", mark("Square wires"), mark("Draw wires with right angles, instead of as curves"), "", "view", icon="mdi6.vector-polyline", setting=SQUARE_WIRES, group=1),
    ActionSpec("minimap", mark("Map of the block"), mark("Show the whole block in a corner of the canvas while only part of it is in view"), "", "view", "Ctrl+Shift+M", "mdi6.map-outline", setting=MINIMAP, group=1),
    ActionSpec("selection_bar", mark("Bar at the selection"), mark("Buttons above what is selected, for what is done most often, while the mouse rests"), "", "view", icon="mdi6.dots-horizontal", setting=SELECTION_BAR, group=1),
    ActionSpec("less_motion", mark("Reduce motion"), mark("Show changes at once, without movement"), "", "view", icon="mdi6.motion-pause-outline", setting=LESS_MOTION, group=1),
    ActionSpec("more_contrast", mark("More contrast"), mark("Colours that stand out more from what is behind them, as where the system is set to high contrast"), "", "view", icon="mdi6.contrast-circle", setting=MORE_CONTRAST, group=1),
    ActionSpec("canvas_only", mark("Only the canvas"), mark("Put every pane away, so that the canvas has all the room; again: show them as they were"), "arrangement.toggle", "view", "Ctrl+F11", "mdi6.arrow-expand", toolbar=True, group=2),
    ActionSpec("full_screen", mark("Full screen"), mark("Use the whole screen, or go back"), "toggle_full_screen", "view", "F11", group=2),
    ActionSpec("next_pane", mark("Next pane"), mark("Move the keyboard to the next pane"), "next_pane", "view", "F6", group=3),
    ActionSpec("previous_pane", mark("Previous pane"), mark("Move the keyboard to the pane before"), "previous_pane", "view", "Shift+F6", group=3),
    ActionSpec("reset_panes", mark("Reset the panes"), mark("Put every pane back in its first place"), "reset_panes", "view", group=3),
    # --- go
    ActionSpec("back", mark("Back"), mark("Go to the block that was shown before this one"), "going.back", "go", "Ctrl+[", "mdi6.arrow-left"),
    ActionSpec("forward", mark("Forward"), mark("Go where you came back from"), "going.forward", "go", "Ctrl+]", "mdi6.arrow-right"),
    ActionSpec("next_problem", mark("Next problem"), mark("Go to the next error or warning and say what it is"), "going.next_problem", "go", "F8", "mdi6.alert-circle-outline", group=1),
    ActionSpec("previous_problem", mark("Previous problem"), mark("Go to the error or warning before"), "going.previous_problem", "go", "Shift+F8", group=1),
    ActionSpec("add_bookmark", mark("Set a bookmark"), mark("Remember the place that is shown, to come back to it"), "going.add_bookmark", "go", "Ctrl+B", "mdi6.bookmark-plus-outline", group=2),
    ActionSpec("bookmarks", mark("Go to a bookmark…"), mark("Choose among the places remembered in this project"), "going.show_bookmarks", "go", "Ctrl+Shift+B", "mdi6.bookmark-multiple-outline", group=2),
    ActionSpec("forget_bookmarks", mark("Forget the bookmarks"), mark("Take all bookmarks of this project away"), "going.forget_bookmarks", "go", icon="mdi6.bookmark-remove-outline", group=2),
    # --- help
    ActionSpec("commands", mark("All actions…"), mark("Find any action by a few letters, and do it"), "show_commands", "help", "Ctrl+Shift+P; F3", "mdi6.text-search"),
    ActionSpec("shortcuts", mark("Keyboard shortcuts"), mark("Every action and its keys"), "show_shortcuts", "help", "F1", "mdi6.keyboard-outline"),
    ActionSpec("about", mark("About BlockStudio"), mark("Versions, and where the settings are"), "show_about", "help", icon="mdi6.information-outline", group=1),
)  # fmt: skip


def resolve(window: Any, handler: str) -> Any:
    """The method a handler names, "canvas.group", looked up when it is called."""
    target = window
    for part in handler.split("."):
        target = getattr(target, part)
    return target


def make_actions(window: QWidget, specs: Iterable[ActionSpec] = ACTIONS) -> dict[str, QAction]:
    """The QActions of the table. Errors a handler raises are reported by the window's `session`."""
    return {spec.id: _make(window, spec) for spec in specs}


def _make(window: Any, spec: ActionSpec) -> QAction:
    action = QAction(window)
    action.setObjectName(spec.id)
    action.setCheckable(spec.checkable or spec.setting is not None)
    action.setIconVisibleInMenu(not action.isCheckable())  # in its place is the sign whether it is on
    if spec.icon:
        action.setIcon(icon(spec.icon))
    if spec.shortcut:
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcut.split("; ")])
    if spec.canvas:
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    action.setMenuRole(
        {"quit": QAction.MenuRole.QuitRole, "about": QAction.MenuRole.AboutRole}.get(spec.id, QAction.MenuRole.NoRole)
    )

    if spec.setting is not None:
        _Switch(action, window.session.settings, spec.setting)
    else:
        action.triggered.connect(lambda: _call(window, spec.handler))
    translate(action, spec)
    return action


def _call(window: Any, handler: str) -> None:
    take_typed()
    with window.session.guard():
        resolve(window, handler)()


class _Switch(QObject):
    """Lets an action switch a setting, and show how it stands whoever switched it."""

    def __init__(self, action: QAction, settings: Settings, setting: Setting[bool]) -> None:
        super().__init__(action)
        self._action, self._settings, self._setting = action, settings, setting
        action.setChecked(settings.get(setting))
        action.triggered.connect(lambda checked: settings.set(setting, checked))
        settings.changed.connect(self._changed)

    def _changed(self, key: str) -> None:
        if key == self._setting.key:
            self._action.setChecked(self._settings.get(self._setting))


def translate(action: QAction, spec: ActionSpec) -> None:
    """Give an action its words in the current language."""
    text = tr(spec.text)
    action.setText(text)
    action.setIconText(text.rstrip("…"))
    action.setStatusTip(tr(spec.tooltip))
    keys = shown_keys(spec)
    title = text.rstrip("…")
    action.setToolTip(f"<b>{title}</b>{f'  <span>{keys}</span>' if keys else ''}<br>{tr(spec.tooltip)}")


def shown_keys(spec: ActionSpec) -> str:
    """The shortcut as the platform writes it."""
    first = spec.shortcut.split("; ")[0]
    return QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText) if first else ""
