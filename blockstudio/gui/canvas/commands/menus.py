"""The context menu of the canvas: the window's actions that fit what is selected, and a few of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from blockstudio.catalog.ports import node_options
from blockstudio.gui.canvas.commands import walking
from blockstudio.gui.fixes import fixes_of
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import caption
from blockstudio.gui.panels.look_rows import COLORS
from blockstudio.gui.panels.option_text import can_expose

if TYPE_CHECKING:
    from blockstudio.gui.canvas.facts.keys import Kind
    from blockstudio.gui.canvas.view import Canvas

ARRANGE = (
    "align_left",
    "align_right",
    "align_top",
    "align_bottom",
    "align_column",
    "align_row",
    "spread_across",
    "spread_down",
    "tidy",
)


def context_menu(canvas: Canvas, point: QPointF) -> QMenu:
    """The menu for what is selected; it deletes itself when closed."""
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    scene = canvas.canvas_scene
    kinds = {key.kind for key in scene.selection}
    port = canvas.focus.port
    if port is not None:
        menu.addAction(icon("mdi6.plus"), tr("Add a node here…"), canvas.search_to_add)
        wires = ("replug", "swap") if walking.wires_at(scene, port) else ()
        _add(menu, canvas, "connect", *wires, "delete", "rename", "port_up", "port_down")
    elif not kinds:
        _ground(canvas, menu, point)
    elif kinds == {"edge"}:
        menu.addAction(icon("mdi6.plus"), tr("Insert a node…"), lambda: canvas.search_to_insert(point))
        bent = any(edge.via for key in scene.selection if (edge := scene.edge(key)) is not None)
        _add(menu, canvas, "connect", "replug", "swap", "bend", *(["straighten"] if bent else []))
        _add(menu, canvas, "delete")
    else:
        _things(canvas, menu, kinds)
    return menu


def _ground(canvas: Canvas, menu: QMenu, point: QPointF) -> None:
    menu.addAction(icon("mdi6.plus"), tr("Add a node…"), lambda: canvas.search_to_add(point))
    if not canvas.canvas_scene.sequence:
        for payload, text, glyph in (
            ("node:input", tr("Add an input"), "mdi6.arrow-right-circle-outline"),
            ("node:output", tr("Add an output"), "mdi6.arrow-left-circle-outline"),
            ("node:note", tr("Add a note"), "mdi6.note-outline"),
        ):
            menu.addAction(icon(glyph), text, lambda payload=payload: canvas.drop_entry(payload, point))
    menu.addSeparator()
    _add(menu, canvas, "paste", "select_all")
    menu.addSeparator()
    _add(menu, canvas, "tidy", "flow_down", "fit", "leave")


def _things(canvas: Canvas, menu: QMenu, kinds: set[Kind]) -> None:
    scene = canvas.canvas_scene
    nodes = [key.name for key in scene.selection if key.kind == "node"]
    if len(nodes) == 1:
        fill_fixes(canvas, menu, nodes[0])
        _add(menu, canvas, "enter", "expand")
    _add(menu, canvas, "rename")
    menu.addSeparator()
    _add(menu, canvas, "cut", "copy", "duplicate", "duplicate_instance", "duplicate_shared", "delete")
    menu.addSeparator()
    if nodes:
        _add(menu, canvas, "replace", "bypass", "dissolve")
    if nodes and not scene.sequence:
        _add(
            menu,
            canvas,
            *(("wire",) if len(scene.selection) > 1 else ()),
            "swap",
            "take_out",
            "unplug",
            "group",
            "ungroup",
            "frame",
        )
        blocks = [name for name in canvas.blocks_here() if name not in nodes]
        if blocks:
            canvas.fill_blocks(menu.addMenu(icon("mdi6.tray-arrow-down"), tr("Move into")), nodes, blocks)
        _add(menu, canvas, "move_out")
    if nodes:
        _add(menu, canvas, "repeat", "only_if", "only_in_training")
    _more(menu, canvas, tr("Select"), "mdi6.select-search", "same_type", "upstream", "downstream", "connected")
    _more(menu, canvas, tr("Arrange"), "mdi6.align-horizontal-left", *ARRANGE)
    if kinds <= {"input", "output"} and len(scene.selection) == 1:
        _add(menu, canvas, "port_up", "port_down")
    if len(nodes) == 1:
        _one(canvas, menu, nodes[0])
    if kinds & {"node", "note"}:
        _colors(canvas, menu)


def _one(canvas: Canvas, menu: QMenu, name: str) -> None:
    scene = canvas.canvas_scene
    _add(menu, canvas, "independent", "own_inside", "share", "uses")
    exposed = QMenu(tr("Make hyper-parameter"), menu)
    exposed.setIcon(icon("mdi6.tune"))
    fill_options(canvas, exposed, name)
    if exposed.actions():
        menu.addMenu(exposed)
    face = scene.nodes[name].face
    if face.hidden_inputs or name in scene.all_ports:
        shown = name in scene.all_ports
        text = tr("Hide inputs seldom needed") if shown else tr("Show all inputs")
        menu.addAction(icon("mdi6.arrow-expand-vertical"), text, canvas.toggle_all_ports)


def fill_options(canvas: Canvas, menu: QMenu, name: str) -> None:
    """The options that could be hyper-parameters of the block, each an item of a menu."""
    node = canvas.session.graph.nodes[name]
    for option in node_options(canvas.session.document, node):
        if can_expose(option, node):
            menu.addAction(option.name, partial(canvas.expose, name, option.name))


def fill_fixes(canvas: Canvas, menu: QMenu, name: str) -> None:
    """What would mend the problems of a node, each an item of a menu; nothing for a node without."""
    session = canvas.session
    for problem in canvas.canvas_scene.problems.get(name, ()):
        for fix in fixes_of(session, problem):
            menu.addAction(icon("mdi6.auto-fix"), caption(fix.text), partial(canvas.push, fix.edit, fix.text))
    if menu.actions():
        menu.addSeparator()


def _colors(canvas: Canvas, menu: QMenu) -> None:
    fill_colors(canvas, menu.addMenu(icon("mdi6.palette-outline"), tr("Colour")))


def fill_colors(canvas: Canvas, colors: QMenu) -> None:
    """The colours that a node or note can have, each an item of a menu."""
    for value, name in COLORS:
        colors.addAction(_swatch(value), tr(name), lambda value=value: canvas.set_color(value))


def _swatch(value: str) -> QIcon:
    """A square of a colour; none for the colour of the kind."""
    if not value:
        return QIcon()
    square = QPixmap(14, 14)
    square.fill(QColor(value))
    return QIcon(square)


def _more(menu: QMenu, canvas: Canvas, title: str, glyph: str, *names: str) -> None:
    """A menu inside the menu, left out where it would be empty."""
    inner = QMenu(title, menu)
    inner.setIcon(icon(glyph))
    _add(inner, canvas, *names)
    if not inner.isEmpty():
        menu.addMenu(inner)


def _add(menu: QMenu, canvas: Canvas, *names: str) -> None:
    """Put actions of the window into the menu, those that cannot be used now left out."""
    known = actions_by_name(canvas)
    for name in names:
        action = known.get(name)
        if action is not None and action.isEnabled():
            menu.addAction(action)


def actions_by_name(canvas: Canvas) -> dict[str, QAction]:
    """The actions of the table, those of the window and those of the canvas."""
    return {action.objectName(): action for action in [*canvas.window().actions(), *canvas.actions()]}
