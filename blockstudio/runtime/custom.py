"""Blocks written in Python, made and called where their shapes are worked out: trusted, and never for ever."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import Factory, define, frozen

from blockstudio.compiler import ir
from blockstudio.errors import mark
from blockstudio.runtime.misfits import Fault, lacks_kernel, needs_data
from blockstudio.runtime.steps import GLOBALS
from blockstudio.runtime.time_limit import OutOfTime, TimeLimit

SECONDS = 5.0
"""How long a block may take to be made or to work on meta tensors."""

T = TypeVar("T")


@frozen
class Namespace:
    """What the Python of a document defines; or why it could not be run."""

    key: tuple[tuple[str, str], ...]
    values: Mapping[str, Any]
    fault: Fault | None = None


@define
class CustomCode:
    """The user's Python, run once for each version of it."""

    seconds: float = SECONDS
    _last: Namespace = Factory(lambda: Namespace((), {}))

    def namespace(self, program: ir.Program) -> Namespace:
        """The classes of a program's blocks in Python. They share their names, as in the generated file."""
        key = tuple((m.name, m.source) for m in program.modules.values() if isinstance(m, ir.CodeModule))
        if key != self._last.key:
            self._last = self._run(key)
        return self._last

    @property
    def classes(self) -> Mapping[str, Any]:
        """What the last namespace defines."""
        return self._last.values

    def _run(self, key: tuple[tuple[str, str], ...]) -> Namespace:
        values: dict[str, Any] = {**GLOBALS, "__name__": "__blockstudio__"}
        for name, source in key:
            file = _file(name)
            linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)

            def define(source: str = source, file: str = file) -> None:
                exec(compile(source, file, "exec"), values)

            fault = self.guarded(name, define)
            if isinstance(fault, Fault):
                return Namespace(key, {}, fault)
        return Namespace(key, values)

    def guarded(self, name: str, work: Callable[[], T]) -> T | Fault:
        """What `work`, which runs the user's code of the block `name`, gives; a fault where it fails.

        What fails for want of numbers in meta tensors is raised as it is.
        """
        try:
            return TimeLimit(self.seconds).run(work)
        except OutOfTime:
            return Fault(
                "code-endless",
                mark("“{name}” did not finish within {seconds} seconds, so its shapes are not known."),
                {"name": name, "seconds": f"{self.seconds:g}"},
            )
        except (Exception, SystemExit) as error:
            if needs_data(error) or lacks_kernel(error):
                raise
            return _fault(name, error)


def _fault(name: str, error: BaseException) -> Fault:
    file = _file(name)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    reason = str(error).strip().splitlines()
    facts = {"name": name, "error": f"{type(error).__name__}: {reason[0]}" if reason else type(error).__name__}
    detail = "".join(["Traceback:\n", *traceback.format_list(frames), *traceback.format_exception_only(error)])
    if not frames:
        return Fault("code-error", mark("“{name}” failed: {error}"), facts, detail)
    line = frames[-1].lineno
    return Fault("code-error", mark("“{name}” failed in line {line}: {error}"), {**facts, "line": line}, detail)


def _file(name: str) -> str:
    return f"<{name}>"
