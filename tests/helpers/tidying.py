"""A graph laid out at once, as the window does in steps."""

from __future__ import annotations

from collections.abc import Collection

from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.layout.steps import at_once
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.canvas.scene.tidying import Tidied, sheet, tidying


def tidied(scene: CanvasScene, only: Collection[Key] | None = None) -> Tidied:
    """Nodes and pills laid out along the flow, at once."""
    return at_once(tidying(sheet(scene, only)))
