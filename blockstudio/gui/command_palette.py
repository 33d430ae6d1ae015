"""Every action of the window, found by a few letters in any language; with its keys shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from blockstudio.gui import matching
from blockstudio.gui.actions import ACTIONS, MENUS, ActionSpec, shown_keys
from blockstudio.gui.i18n import in_every_language, tr, without_mnemonic
from blockstudio.gui.matching import Choice
from blockstudio.gui.settings import RECENT_COMMANDS

if TYPE_CHECKING:
    from blockstudio.gui.main_window import MainWindow

MOST_RECENT = 8
PANE = "pane:"
CHOICE = "choice:"
OWN = "commands"
"""The action that opens this palette is not listed in it."""


def open_palette(window: MainWindow) -> None:
    """Ask what to do, and do it."""
    every = [*_actions(window), *_panes(window), *_choices(window)]
    recent = window.session.settings.get(RECENT_COMMANDS)
    window.search_popup.open_large(
        lambda text: found(every, text, recent),
        lambda payload: _do(window, payload),
        prompt=tr("Type what you want to do"),
        title=tr("Actions"),
    )


def found(every: Sequence[Choice], text: str, recent: Sequence[str]) -> list[Choice]:
    """The actions a text finds, those that cannot be done now last."""
    if text.strip():
        result = matching.ranked(every, text, recent)
    else:
        rank = {payload: i for i, payload in enumerate(recent)}
        result = sorted(every, key=lambda choice: rank.get(choice.payload, len(rank)))
    return sorted(result, key=lambda choice: not choice.enabled)


def _actions(window: MainWindow) -> list[Choice]:
    return [_choice(window, spec) for spec in ACTIONS if spec.id != OWN]


def _choice(window: MainWindow, spec: ActionSpec) -> Choice:
    action = window.actions_by_id[spec.id]
    words = {word.lower() for text in (spec.text, spec.tooltip) for word in in_every_language(text)}
    choice = Choice(
        payload=spec.id,
        label=action.text().replace("&", "").rstrip("…"),
        group=shown_keys(spec),
        icon=spec.icon or "mdi6.chevron-right",
        category="action",
        doc=tr(spec.tooltip),
        words=tuple(sorted(word.rstrip("…") for word in words)),
        detail=without_mnemonic(tr(MENUS[spec.menu])),
    )
    if action.isEnabled():
        return choice
    return evolve(choice, enabled=False, detail=tr("not possible now"))


def _panes(window: MainWindow) -> list[Choice]:
    return [
        Choice(
            payload=f"{PANE}{name}",
            label=tr("Show {name}").format(name=pane.windowTitle()),
            icon="mdi6.dock-window",
            category="action",
            words=(name,),
            detail=tr("Panes"),
        )
        for name, pane in window.panes.items()
    ]


def _choices(window: MainWindow) -> list[Choice]:
    return [
        Choice(
            payload=f"{CHOICE}{title}:{text}",
            label=f"{tr(title)}: {action.text()}",
            icon="mdi6.check" if action.isChecked() else "mdi6.chevron-right",
            category="action",
            words=tuple(word.lower() for known in (title, text) for word in in_every_language(known)),
            detail=without_mnemonic(tr(MENUS["view"])),
        )
        for (title, text), action in window.choices.items()
    ]


def _do(window: MainWindow, payload: str) -> None:
    settings = window.session.settings
    others = [other for other in settings.get(RECENT_COMMANDS) if other != payload]
    settings.set(RECENT_COMMANDS, [payload, *others][:MOST_RECENT])
    if payload.startswith(PANE):
        window.panes[payload.removeprefix(PANE)].bring_up()
    elif payload.startswith(CHOICE):
        title, text = payload.removeprefix(CHOICE).split(":", 1)
        window.choices[title, text].trigger()
    elif window.actions_by_id[payload].isEnabled():
        window.actions_by_id[payload].trigger()
    else:
        text = window.actions_by_id[payload].text().replace("&", "").rstrip("…")
        window.session.notify(tr("“{name}” is not possible now.").format(name=text), "info", key="not-now")
