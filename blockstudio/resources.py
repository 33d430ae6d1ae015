"""Where the files of `resources/` are: in a checkout, in an installed wheel, or in a frozen app."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The directory that holds icons, i18n, themes, examples and help."""
    package = Path(__file__).resolve().parent
    candidates = [package / "_resources", package.parent / "resources"]
    if getattr(sys, "frozen", False):
        candidates.insert(0, Path(getattr(sys, "_MEIPASS", package)) / "resources")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"BlockStudio is incomplete: none of {', '.join(map(str, candidates))} exists")


def path(*parts: str) -> Path:
    """The path of one resource, such as `path("icons", "blockstudio.svg")`; it may not exist."""
    return root().joinpath(*parts)
