"""The table of actions: complete, reachable, free of clashes; and the menus made from it."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from blockstudio.gui.actions import ACTIONS, MENUS, resolve
from blockstudio.gui.icons import glyph
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.menus import TOOLBAR_GROUPS


def test_every_action_is_complete(window: MainWindow) -> None:
    for spec in ACTIONS:
        assert spec.text and spec.tooltip and spec.menu in MENUS, spec.id
        assert spec.setting is not None or callable(resolve(window, spec.handler)), spec.id
        action = window.actions_by_id[spec.id]
        assert action.text() and action.toolTip() and action.statusTip(), spec.id
        assert action in window.menus[spec.menu].actions(), spec.id
        assert not spec.icon or glyph(spec.icon), spec.id


def test_ids_and_shortcuts_are_unique() -> None:
    assert max(Counter(spec.id for spec in ACTIONS).values()) == 1
    keys = [QKeySequence(part).toString() for spec in ACTIONS for part in spec.shortcut.split("; ") if part]
    assert all(keys)
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_groups_of_a_menu_stand_together() -> None:
    for menu in MENUS:
        groups = [spec.group for spec in ACTIONS if spec.menu == menu]
        assert groups == sorted(groups), menu


def test_the_toolbar_is_what_the_table_says(window: MainWindow) -> None:
    names = [name for group in TOOLBAR_GROUPS for name in group]
    assert sorted(names) == sorted(spec.id for spec in ACTIONS if spec.toolbar)
    for name in names:
        button = window.toolbar.widgetForAction(window.actions_by_id[name])
        assert button is not None and button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_every_item_of_every_menu_has_words(window: MainWindow) -> None:
    def visit(menu: QMenu) -> None:
        for action in menu.actions():
            assert action.isSeparator() or action.text(), menu.title()
            if isinstance(action.menu(), QMenu):
                visit(action.menu())

    for menu in window.menus.values():
        visit(menu)


def test_a_switch_follows_its_setting(window: MainWindow) -> None:
    switches = [spec for spec in ACTIONS if spec.setting is not None]
    assert switches
    for spec in switches:
        assert spec.setting is not None
        action, settings = window.actions_by_id[spec.id], window.session.settings
        before = settings.get(spec.setting)
        assert action.isCheckable() and action.isChecked() == before
        action.trigger()
        assert settings.get(spec.setting) is not before
        settings.set(spec.setting, before)
        assert action.isChecked() == before


def test_actions_follow_what_is_possible(window: MainWindow) -> None:
    enabled = {name: action.isEnabled() for name, action in window.actions_by_id.items()}
    assert not enabled["undo"] and not enabled["group"] and not enabled["leave"] and not enabled["initialize"]
    assert enabled["run"]  # it waits for the engine
    assert enabled["new"] and enabled["add_node"] and enabled["fit"]


def test_what_is_on_is_seen_in_its_menu(window: MainWindow) -> None:
    """An icon in the place of the sign would hide it."""
    panes = next(
        action.menu()
        for action in window.menus["view"].actions()
        if isinstance(action.menu(), QMenu) and window.panes["palette"].toggleViewAction() in action.menu().actions()
    )
    menus = [*window.menus.values(), panes]
    found = [(menu, action) for menu in menus for action in menu.actions() if action.isCheckable()]
    assert len(found) > 15
    for menu, action in found:
        action.setEnabled(True)
        menu.popup(QPoint(10, 10))  # laid out when it is shown
        seen = []
        for on in (False, True):
            action.blockSignals(True)
            action.setChecked(on)
            action.blockSignals(False)
            seen.append(menu.grab(menu.actionGeometry(action)).toImage())
        menu.close()
        assert not seen[0].isNull() and seen[0] != seen[1], action.text()
