"""Whatever valid document is drawn: it compiles, its source is clean and runs, and gives what its nodes give one by
one."""

from __future__ import annotations

from pathlib import Path

import torch
from hypothesis import given, settings

from blockstudio.compiler import check, compile_document
from blockstudio.graph.document import Document
from blockstudio.runtime.build import build_compiled
from blockstudio.runtime.recorder import Recorder
from tests.compiler.random_documents import documents
from tests.helpers.ruff import assert_clean


@settings(max_examples=200)
@given(documents())
def test_the_source_does_what_the_nodes_do_one_by_one(document: Document) -> None:
    assert [str(problem) for problem in check(document) if problem.severity == "error"] == []
    compiled = compile_document(document)
    model = build_compiled(compiled, 0)
    results = []
    for run in (model, lambda x, h: Recorder(compiled.program, document).run(model, {"x": x, "h": h})[0]):
        torch.manual_seed(1)  # of dropout: nodes that run in another order draw other numbers
        inputs = torch.randn(2, 8), torch.randn(2, 8)
        with torch.no_grad():
            results.append(run(*inputs))
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0, equal_nan=True)


@settings(max_examples=100)
@given(documents())
def test_every_key_of_the_state_dict_leads_to_its_node_and_tensor(document: Document) -> None:
    compiled = compile_document(document)
    net = build_compiled(compiled, 0)
    for key, tensor in net.state_dict(keep_vars=True).items():
        landing = compiled.follow(key)
        assert landing is not None and landing.node is not None, key
        assert eval(f"net{landing.python}", {"net": net}) is tensor


def test_the_source_is_clean_and_formatted(tmp_path: Path) -> None:
    number = 0

    @settings(max_examples=60, database=None)
    @given(documents())
    def write(document: Document) -> None:
        nonlocal number
        number += 1
        (tmp_path / f"net_{number}.py").write_text(compile_document(document).source, encoding="utf-8")

    write()
    # A branch or a loop that ignores what it is given leaves a variable that nobody reads.
    assert_clean(tmp_path, "E4,E7,E9,F,W,I,UP,B,C4,PIE,RET,SIM", ignore="F841")
