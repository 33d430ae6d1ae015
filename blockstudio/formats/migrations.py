"""Bringing project files of older versions up to this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Migration = Callable[[dict[str, Any]], dict[str, Any]]

VERSION = 1

MIGRATIONS: Mapping[int, Migration] = {}
"""The step that turns a project of version n into one of version n + 1."""


def migrate(data: dict[str, Any], version: int, migrations: Mapping[int, Migration] = MIGRATIONS) -> dict[str, Any]:
    """The project as the newest version writes it."""
    while version in migrations:
        data = migrations[version](data)
        version += 1
    return data
