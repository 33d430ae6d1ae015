"""Every error a user can meet: a code, its English wording, the facts that fill it, and where it happened.

Wordings stand here once; the command line prints them in English and the window translates
the same text, so nothing is worded twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST = 400
"""Characters of a fact beyond which a sentence has only its beginning and its end."""


def worded(template: str, facts: Mapping[str, Any]) -> str:
    """A sentence filled with its facts, however long these are."""
    return template.format(**{name: shortened(fact) for name, fact in facts.items()})


def shortened(fact: Any) -> Any:
    """A fact as a sentence has room for it."""
    text = fact if isinstance(fact, str | int | float) else str(fact)
    if not isinstance(text, str) or len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST * 2 // 3]} … {text[-LONGEST // 4 :]}"


class BlockStudioError(Exception):
    """A problem a user can understand and act on.

    `template` is a translatable English sentence with `{fact}` fields, `facts` fills them,
    and `path` names the place in the document ("MLP/hidden"), empty when there is none.
    """

    def __init__(self, template: str, *, path: str = "", **facts: Any) -> None:
        self.template = template
        self.facts: Mapping[str, Any] = facts
        self.path = path
        super().__init__(template, path, facts)

    @property
    def message(self) -> str:
        """The English sentence, without the path."""
        return worded(self.template, self.facts)

    def __str__(self) -> str:
        return f"{shortened(self.path)}: {self.message}" if self.path else self.message


class EditError(BlockStudioError):
    """An edit the document refuses; the document is as it was."""


class ExpressionError(BlockStudioError):
    """Text that is not one of the expressions a document may hold."""


class OptionError(BlockStudioError):
    """A value that an option does not take."""


class CodeError(BlockStudioError):
    """Python of the user's own that is not the block it should be; the fact `line` says where."""


class ProjectError(BlockStudioError):
    """A project file that cannot be read or written."""


class CompileError(BlockStudioError):
    """A document that does not compile; `diagnostics` lists every reason."""

    def __init__(self, template: str, *, path: str = "", diagnostics: tuple[Any, ...] = (), **facts: Any) -> None:
        super().__init__(template, path=path, **facts)
        self.diagnostics = diagnostics


class RunError(BlockStudioError):
    """The user's model raised while it was built or run; `path` is the node that raised."""


class TensorFileError(BlockStudioError):
    """A file of tensors or parameters that cannot be read, written or loaded."""


class ExportError(BlockStudioError):
    """A model that the format of an export cannot hold; `path` is the node that it cannot hold."""


class DeviceError(BlockStudioError):
    """A device that is missing or out of memory; nothing was moved."""


class EngineError(BlockStudioError):
    """The engine process did not start, died, or was restarted."""


def mark(text: str) -> str:
    """Mark a wording as translatable where it is data; it is translated where it is shown."""
    return text
