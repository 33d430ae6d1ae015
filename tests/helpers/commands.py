"""The command line as a user runs it, in a process of its own, and a quicker way to what a command says."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from unittest.mock import patch

from blockstudio import cli

Result = subprocess.CompletedProcess[str]


def started(*arguments: str) -> Result:
    """Run `blockstudio` in a process of its own, without a display."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "blockstudio", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def called(*arguments: str) -> Result:
    """Run `blockstudio` in this process, which need not import torch again: seconds less for each command."""
    status: object = 0
    command = patch.object(sys, "argv", ["blockstudio", *arguments])
    with command, redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int), status
    return Result(arguments, status, out.getvalue(), err.getvalue())


def refused(*arguments: str) -> str:
    """Call what must fail with exit status 1 and one line; returns the line."""
    result = called(*arguments)
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr
