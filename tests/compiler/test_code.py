"""Python of the user's own in the generated file: imports at the top, the rest as it was written."""

from __future__ import annotations

import pytest

from blockstudio.compiler import source
from blockstudio.compiler.code import bound_names, sorted_imports, split_imports
from blockstudio.graph.model import CodeDefinition, Definition
from tests.compiler.documents import document, graph, instance

LAYER = "class Mine(nn.Module):\n    def forward(self, x):\n        return x\n"


@pytest.mark.parametrize(
    ("text", "imports", "rest"),
    [
        ("x = 1\n", [], "x = 1"),
        ("import torch\nfrom torch import nn\n\nx = 1\n", ["from torch import nn", "import torch"], "x = 1"),
        ("import a, b as c\nx = 1", ["import a", "import b as c"], "x = 1"),
        ("from a import (\n    b,\n    c as d,\n)\nx = 1", ["from a import b", "from a import c as d"], "x = 1"),
        ("x = 1; import a", ["import a"], "x = 1;"),
        ("import a; x = '中'; import b\r\ny = 2\r\n", ["import a", "import b"], "x = '中';\ny = 2"),
        ("from torch.nn import functional as F\nx = F", ["import torch.nn.functional as F"], "x = F"),
        ("import torch.nn as nn\nx = nn", ["from torch import nn"], "x = nn"),
        ("from . import a\nfrom x import *\n", ["from . import a", "from x import *"], ""),
        ("def f():\n    import a\n    return a\n", [], "def f():\n    import a\n    return a"),
        ("not python (", [], "not python ("),
    ],
)
def test_imports_are_taken_out(text: str, imports: list[str], rest: str) -> None:
    found, left = split_imports(text)
    assert sorted(found) == sorted(imports)
    assert left == rest


def test_imports_are_sorted_as_formatters_do_it() -> None:
    lines = {
        "import torch",
        "from torch import nn",
        "import torch.nn.functional as F",
        "import math",
        "from collections import OrderedDict",
        "from collections import abc",
        "from __future__ import annotations",
        "import numpy as np",
    }
    assert sorted_imports(lines) == [
        "from __future__ import annotations",
        "",
        "import math",
        "from collections import OrderedDict, abc",
        "",
        "import numpy as np",
        "import torch",
        "import torch.nn.functional as F",
        "from torch import nn",
    ]


def test_what_a_source_binds() -> None:
    text = "import a.b, c as d\nfrom e import f as g\nX, y = 1, 2\ndef h(): z = 1\nclass I: pass\nif X:\n    j = 1\n"
    bound = bound_names(text)
    assert bound.defined == ("X", "y", "h", "I", "j")
    assert bound.imported == {"a": "a", "d": "c", "g": "e.f"}


def test_blocks_in_python_stand_in_the_file_as_they_were_written() -> None:
    text = f"import math\n\n# mine\nSCALE = math.pi\n\n\n{LAYER}    # the end\n"
    net = Definition("Net", graph("x", "y", [instance("mine", "Mine")], "x>mine.x mine>y"))
    made = source(document(CodeDefinition("Mine", text), net))
    assert made.startswith(
        "import math\n\nfrom torch import nn\n\n\n# mine\nSCALE = math.pi\n\n\nclass Mine(nn.Module):"
    )
    assert "return x\n    # the end\n\n\nclass Net" in made


def test_a_future_import_stays_first() -> None:
    text = f"from __future__ import annotations\nimport torch\n\n{LAYER}"
    net = Definition("Net", graph("x", "y", [instance("mine", "Mine")], "x>mine.x mine>y"))
    made = source(document(CodeDefinition("Mine", text), net))
    compile(made, "<test>", "exec")
    assert made.startswith("from __future__ import annotations\n\nfrom torch import nn\n")
