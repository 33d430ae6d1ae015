"""BlockStudio, a visual composer for PyTorch: the public API.

Each name is imported when it is first used, so that `import blockstudio` costs nothing and
`check` or `source` never load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from blockstudio.version import __version__

if TYPE_CHECKING:
    from blockstudio.compiler import source as source
    from blockstudio.compiler.check import Diagnostic as Diagnostic
    from blockstudio.compiler.check import check as check
    from blockstudio.errors import BlockStudioError as BlockStudioError
    from blockstudio.errors import CompileError as CompileError
    from blockstudio.errors import EditError as EditError
    from blockstudio.errors import ProjectError as ProjectError
    from blockstudio.formats.project import load as load
    from blockstudio.formats.project import save as save
    from blockstudio.graph.document import Document as Document
    from blockstudio.runtime.build import build as build
    from blockstudio.runtime.importer import from_module as from_module


_HOMES = {
    "BlockStudioError": "blockstudio.errors",
    "CompileError": "blockstudio.errors",
    "Diagnostic": "blockstudio.compiler.check",
    "Document": "blockstudio.graph.document",
    "EditError": "blockstudio.errors",
    "ProjectError": "blockstudio.errors",
    "build": "blockstudio.runtime.build",
    "check": "blockstudio.compiler.check",
    "from_module": "blockstudio.runtime.importer",
    "load": "blockstudio.formats.project",
    "save": "blockstudio.formats.project",
    "source": "blockstudio.compiler",
}

__all__ = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
