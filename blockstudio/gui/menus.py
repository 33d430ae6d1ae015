"""Menu bar and toolbar, made from the table of actions, and the menus whose items come and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu, QToolBar, QWidget

from blockstudio.errors import mark
from blockstudio.gui import theme
from blockstudio.gui.actions import ACTIONS, MENUS
from blockstudio.gui.i18n import LANGUAGES, SYSTEM, tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import caption, plain
from blockstudio.gui.project_files import ARCHITECTURES, examples
from blockstudio.gui.settings import COLOR_SCHEME, LANGUAGE

if TYPE_CHECKING:
    from blockstudio.gui.main_window import MainWindow

SCHEME_NAMES = {"system": mark("Like the system"), "light": mark("Light"), "dark": mark("Dark")}

TOOLBAR_GROUPS = (
    ("new", "open", "save"),
    ("undo", "redo"),
    ("add_node", "group", "ungroup", "leave", "tidy", "fit"),
    ("run", "stop"),
    ("canvas_only",),
)


def fill_menu_bar(window: MainWindow) -> Mapping[str, QMenu]:
    """The menus of the window, by the names in the table."""
    bar = window.menuBar()
    bar.clear()
    menus: dict[str, QMenu] = {}
    for name, title in MENUS.items():
        menu = bar.addMenu(tr(title))
        menu.setToolTipsVisible(True)
        menus[name] = menu
        group = 0
        for spec in ACTIONS:
            if spec.menu != name:
                continue
            if spec.group != group:
                menu.addSeparator()
                group = spec.group
            menu.addAction(window.actions_by_id[spec.id])
            if spec.id == "open":
                _add_file_menus(window, menu)
    _add_view_menus(window, menus["view"])
    _add_device_menu(window, menus["model"])
    return menus


def fill_toolbar(window: MainWindow, toolbar: QToolBar) -> None:
    toolbar.clear()
    toolbar.setIconSize(QSize(20, 20))
    toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    for i, names in enumerate(TOOLBAR_GROUPS):
        if i:
            toolbar.addSeparator()
        for name in names:
            action = window.actions_by_id[name]
            toolbar.addAction(action)
            button = toolbar.widgetForAction(action)
            if button is not None:
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setObjectName(f"tool_{name}")


def _add_file_menus(window: MainWindow, menu: QMenu) -> None:
    recent = menu.addMenu(icon("mdi6.history"), tr("Open recent"))
    recent.setToolTipsVisible(True)
    recent.aboutToShow.connect(lambda: _fill_recent(window, recent))
    window.files.recent_changed.connect(lambda: recent.setEnabled(bool(window.files.recent())))
    recent.setEnabled(bool(window.files.recent()))
    window.example_menu = menu.addMenu(icon("mdi6.lightbulb-outline"), tr("Examples"))
    window.example_menu.setToolTipsVisible(True)
    window.example_menu.aboutToShow.connect(lambda: fill_examples(window, window.example_menu))


def _fill_recent(window: MainWindow, menu: QMenu) -> None:
    menu.clear()
    for i, path in enumerate(window.files.recent()):
        name = caption(path.name)
        action = menu.addAction(f"&{i + 1}  {name}" if i < 9 else name)
        action.setToolTip(plain(str(path)))
        action.triggered.connect(lambda _=False, path=path: window.files.open_path(path))
    menu.addSeparator()
    clear = menu.addAction(tr("Clear this list"), window.files.clear_recent)
    clear.setToolTip(tr("Forget the files opened before"))


def fill_examples(window: MainWindow, menu: QMenu) -> None:
    """List the example projects; a menu that has them keeps them."""
    if menu.actions():
        return
    _add_examples(window, menu, "")
    menu.addSeparator()
    architectures = menu.addMenu(icon("mdi6.sitemap-outline"), tr("Architectures"))
    architectures.setToolTipsVisible(True)
    architectures.aboutToShow.connect(lambda: _add_examples(window, architectures, ARCHITECTURES))


def _add_examples(window: MainWindow, menu: QMenu, folder: str) -> None:
    if menu.actions():
        return
    found = examples(folder)
    for example in found:
        action = menu.addAction(tr(example.title))
        action.setToolTip(example.path.name)
        action.triggered.connect(lambda _=False, path=example.path: window.files.open_example(path))
    if not found:
        menu.addAction(tr("There are no examples here")).setEnabled(False)


def _add_view_menus(window: MainWindow, menu: QMenu) -> None:
    before = window.actions_by_id["full_screen"]
    panes = QMenu(tr("Panes"), menu)
    for pane in window.panes.values():
        action = pane.toggleViewAction()
        action.setIcon(pane.windowIcon())
        action.setIconVisibleInMenu(False)  # in its place is the sign whether it is shown
        action.setToolTip(tr("Show or hide this pane"))
        panes.addAction(action)
    menu.insertSeparator(before)
    menu.insertMenu(before, panes)
    languages = {name: mark("System") if name == SYSTEM else text for name, text in LANGUAGES.items()}
    window.choices = {}
    for title, names, setting, choose in (
        (mark("Colours"), SCHEME_NAMES, COLOR_SCHEME, lambda name: choose_scheme(window, name)),
        (mark("Language"), languages, LANGUAGE, lambda name: window.choose_language(name)),
    ):
        choices = _choice_menu(menu, tr(title), names, window.session.settings.get(setting), choose)
        window.choices |= {(title, text): a for text, a in zip(names.values(), choices.actions(), strict=True)}
        menu.insertMenu(before, choices)


def choose_scheme(window: MainWindow, name: str) -> None:
    """Use a colour scheme from now on."""
    window.session.settings.set(COLOR_SCHEME, name)
    application = QApplication.instance()
    if isinstance(application, QApplication):
        theme.set_scheme(application, name)


def some_actions(window: MainWindow, *names: str) -> QMenu:
    """A menu of actions that have their place in the menu bar, too."""
    menu = QMenu(window)
    for name in names:
        menu.addAction(window.actions_by_id[name])
    return menu


def _choice_menu(
    parent: QWidget, title: str, names: Mapping[str, str], current: str, choose: Callable[[str], object]
) -> QMenu:
    menu = QMenu(title, parent)
    group = QActionGroup(menu)
    for name, text in names.items():
        action = QAction(tr(text), menu)
        action.setCheckable(True)
        action.setChecked(name == current)
        action.triggered.connect(lambda _=False, name=name: choose(name))
        group.addAction(action)
        menu.addAction(action)
    return menu


def _add_device_menu(window: MainWindow, menu: QMenu) -> None:
    before = window.actions_by_id["restart"]
    window.device_menu = QMenu(tr("Device"), menu)
    window.device_menu.setIcon(icon("mdi6.chip"))
    menu.insertMenu(before, window.device_menu)
