"""Why something could not be imported as it is."""

from __future__ import annotations

from blockstudio.errors import BlockStudioError


class ImportRefused(BlockStudioError):
    """A module that cannot come in at all; nothing was made of it."""


class Untraceable(Exception):
    """Why a forward cannot be drawn as a graph, as half a sentence in English."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
