"""What the window remembers between runs: one table of settings, kept by QSettings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from attrs import frozen
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

T = TypeVar("T")


@frozen
class Setting(Generic[T]):
    """A key and the value that stands where nothing is kept, or what is kept makes no sense."""

    key: str
    default: T


COLOR_SCHEME = Setting("look/scheme", "system")
"""system, light or dark"""
MORE_CONTRAST = Setting("look/contrast", False)
"""Colours of more contrast, whatever the system says."""
LANGUAGE = Setting("look/language", "system")
GEOMETRY = Setting("window/geometry", b"")
DOCKS = Setting("window/docks", b"")
RECENT_FILES: Setting[list[str]] = Setting("files/recent", [])
LAST_FOLDER = Setting("files/folder", "")
LAST_EXPORT = Setting("files/export", ".py")
"""The suffix of the format."""
TRUSTED_CODE: Setting[list[str]] = Setting("code/trusted", [])
RECENT_ENTRIES: Setting[list[str]] = Setting("search/entries", [])
"""Payloads of what was added last, newest first."""
RECENT_COMMANDS: Setting[list[str]] = Setting("search/commands", [])
SNAP_TO_GRID = Setting("canvas/snap_to_grid", True)
SNAP_TO_NEIGHBOURS = Setting("canvas/snap_to_neighbours", True)
"""What is dragged lines up with what stands near."""
SQUARE_WIRES = Setting("canvas/square_wires", False)
"""Wires run with right angles, instead of as curves."""
MINIMAP = Setting("canvas/minimap", True)
SELECTION_BAR = Setting("canvas/selection_bar", True)
"""Buttons above what is selected."""
LESS_MOTION = Setting("look/less_motion", False)
"""Nothing moves by itself on the screen, whatever the system says."""
LIBRARY_FOLDER = Setting("files/library", "")
"""Where the user's own blocks are; "" for a folder in the place of the app's data."""
PALETTE_CLOSED: Setting[list[str]] = Setting("palette/closed", [])

LONGEST_LIST = 500


class Settings(QObject):
    """Typed access; `changed` carries the key."""

    changed = Signal(str)

    def __init__(self, parent: QObject | None = None, file: Path | None = None) -> None:
        """`file`: where to keep them; None for the user's own place."""
        super().__init__(parent)
        if file is not None:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)
        else:
            scope = QSettings.Scope.UserScope
            self._store = QSettings(QSettings.Format.IniFormat, scope, "BlockStudio", "BlockStudio")

    def get(self, setting: Setting[T]) -> T:
        raw = self._store.value(setting.key)
        default = setting.default
        if raw is None:
            return default
        if isinstance(default, bytes):
            return cast(T, bytes(cast(Any, raw))) if isinstance(raw, QByteArray | bytes) else default
        try:
            value = json.loads(str(raw))
        except ValueError:
            return default
        return value if isinstance(value, type(default)) else default

    def set(self, setting: Setting[T], value: T) -> None:
        if isinstance(value, list):
            del value[LONGEST_LIST:]
        raw = QByteArray(value) if isinstance(value, bytes) else json.dumps(value)
        self._store.setValue(setting.key, raw)
        self.changed.emit(setting.key)

    @property
    def file(self) -> str:
        """Where the settings are kept."""
        return self._store.fileName()

    def flush(self) -> None:
        self._store.sync()
