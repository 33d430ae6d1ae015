"""What an exception of the model is told as."""

from __future__ import annotations

import re
from typing import Any

from blockstudio.errors import RunError, mark
from blockstudio.runtime.devices import is_out_of_memory
from blockstudio.runtime.refusals import overflow

_WANTED = re.compile(r"allocate (\d+) bytes")


def raised(error: BaseException, path: str, **facts: Any) -> RunError:
    """The error of the node at `path`: in plain words where memory or numbers ran out, else what was raised."""
    facts = {"kind": type(error).__name__, "reason": str(error), **facts}
    if (template := overflow(str(error))) is not None:
        return RunError(template, path=path, **facts)
    if not is_out_of_memory(error):
        return RunError(mark("It raised {kind}: {reason}"), path=path, **facts)
    wanted = _WANTED.search(str(error))
    if wanted is None:
        return RunError(mark("There is not enough memory for it."), path=path, **facts)
    gigabytes = f"{int(wanted[1]) / 2**30:,.1f}"
    return RunError(
        mark("There is not enough memory for it: it needs {gigabytes} GB more."),
        path=path,
        gigabytes=gigabytes,
        **facts,
    )
