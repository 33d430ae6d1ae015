"""How many of other people's models come in, and how: `python -m tests.runtime.importing.count [NAME ...]`.

NAME is a model of torchvision, or of timm as "timm.resnet18"; without any, all of torchvision's are counted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import torch

from blockstudio.errors import BlockStudioError
from blockstudio.runtime.build import build
from blockstudio.runtime.importer import import_target
from blockstudio.runtime.importing.target import make
from tests.helpers import zoo
from tests.runtime.importing.oracle import assert_same

HUGE = ("vit_h_14", "regnet_y_128gf")
"""Of these only the keys are compared: they need more memory than tests should."""


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    for name in names or zoo.torchvision().models.list_models():
        with zoo.quiet():
            kind, said = _count(name)
        counts[kind] += 1
        print(f"{name}: {kind}{said}", flush=True)
    print(dict(counts))


def _count(name: str) -> tuple[str, str]:
    """How a model comes in, and more about it."""
    target, arguments = zoo.target_of(name)
    started = time.monotonic()
    try:
        result = import_target(target, arguments)
    except BlockStudioError as error:
        return "refused", f": {error}"
    seconds = time.monotonic() - started
    inputs = None if name in HUGE else zoo.inputs_for(name)
    try:
        if inputs is None:
            assert set(build(result.document).state_dict()) == set(result.state_dict)
        else:
            assert_same(make(target, arguments).module, result.document, inputs, gradients=False)
    except (AssertionError, BlockStudioError, RuntimeError) as error:
        return "differs", f": {type(error).__name__}: {error}"
    functions = [note for note in result.report if note.code == "function"]
    kind = "with opaque blocks" if result.opaque else "with functions as Python" if functions else "drawn"
    checked = "keys" if inputs is None else "outputs"
    more = "".join(f"\n    {note}" for note in result.opaque)
    return kind, f", same {checked}, {len(result.document.definitions)} definitions, {seconds:.1f} s{more}"


if __name__ == "__main__":
    main(sys.argv[1:])
