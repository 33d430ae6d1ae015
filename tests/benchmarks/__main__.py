"""Every benchmark, each in a process of its own, as one table: `python -m tests.benchmarks [NAME...] [--plot FILE]`.

With `--plot`, the cost against the size of a model is drawn as a PNG.
The exit status is 0 when every target is met.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.benchmarks.rows import Row, measured

NAMES = ("forward", "building", "resnet", "startup", "histogram", "answering", "shapes", "canvas", "opening", "size")
ROOT = Path(__file__).resolve().parent.parent.parent


def line(row: Row) -> str:
    value = f"{row.value:.3g} {row.unit}".strip() if row.value < 100 else f"{row.value:.0f} {row.unit}"
    target = "" if row.target is None else f"<= {row.target:g} {row.unit}".strip()
    return f"{row.name:<68} {value:>9}  {target:<10} {'' if row.target is None else 'met' if row.met else 'MISSED'}"


def main(names: tuple[str, ...]) -> int:
    if unknown := set(names) - set(NAMES):
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    met = True
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "IPYTHONDIR"):
            os.environ[name] = str(Path(home, name))
        os.environ |= {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}
        os.environ["QT_LOGGING_RULES"] = "default.warning=false"  # what the platform without a screen cannot do
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as processes:
            for rows in processes.map(measured, names or NAMES):
                for row in rows:
                    print(line(row).rstrip(), flush=True)
                    met = met and row.met
    return 0 if met else 1


def run(arguments: list[str]) -> int:
    if "--plot" in arguments:
        place = arguments.index("--plot")
        if len(arguments) == place + 1:
            print("--plot needs a file", file=sys.stderr)
            return 2
        os.environ["BLOCKSTUDIO_PLOT"] = str(Path(arguments[place + 1]).resolve())
        del arguments[place : place + 2]
    return main(tuple(arguments))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
