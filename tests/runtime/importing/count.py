"""How many of torchvision's models come in, and how: `python -m tests.runtime.importing.count [NAME ...]`."""

from __future__ import annotations

import sys
import time

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
    counts = {"drawn": 0, "with functions as Python": 0, "with opaque blocks": 0, "refused": 0}
    for name in names or zoo.torchvision().models.list_models():
        with zoo.quiet():
            said = _count(name, counts)
        print(f"{name}: {said}", flush=True)
    print(counts)


def _count(name: str, counts: dict[str, int]) -> str:
    target, arguments = zoo.target_of(name)
    started = time.monotonic()
    try:
        result = import_target(target, arguments)
    except BlockStudioError as error:
        counts["refused"] += 1
        return f"refused: {error}"
    seconds = time.monotonic() - started
    inputs = None if name in HUGE else zoo.inputs_for(name)
    if inputs is None:
        built = build(result.document)
        assert set(built.state_dict()) == set(result.state_dict)
        checked = "keys"
    else:
        assert_same(make(target, arguments).module, result.document, inputs, gradients=False)
        checked = "outputs"
    functions = [note for note in result.report if note.code == "function"]
    kind = "with opaque blocks" if result.opaque else "with functions as Python" if functions else "drawn"
    counts[kind] += 1
    more = "".join(f"\n    {note}" for note in result.opaque)
    return f"{kind}, same {checked}, {len(result.document.definitions)} definitions, {seconds:.1f} s{more}"


if __name__ == "__main__":
    main(sys.argv[1:])
