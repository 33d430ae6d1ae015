"""Requests and replies survive the trip as JSON."""

from __future__ import annotations

import math

import pytest

from blockstudio.engine import protocol as p
from blockstudio.engine.codec import decode, decode_request, encode
from blockstudio.errors import EngineError
from blockstudio.graph.model import Example, Expression, Initializer

STATISTICS = p.Statistics(6, 1.5, None, -1.0, math.inf, nan=1, inf=2, zeros=3)
HISTOGRAM = p.Histogram(-1.0, 2.0, (1, 2, 3))
SHAPE = p.TensorShape((2, 10), "float32", device="cpu")
PROBLEM = p.Problem("shape-mismatch", "error", "Net/a", "{got} is not {wanted}", {"got": [2, 30], "fix": {"value": 30}})
RULE = Initializer(
    target="net.0",
    function="torch.nn.init.normal_",
    arguments={"std": 0.01, "mean": Expression("a * 2"), "shape": (1, (2, Expression("b")))},
)

MESSAGES = [
    p.UpdateDocument({"format": "blockstudio", "definitions": [{"name": "Net"}]}, 3, True, ("Net", "Other")),
    p.Shapes(3, (p.PortShape("Net/a", "y", SHAPE), p.PortShape("Net", "x", p.TensorShape(None))), (PROBLEM,)),
    p.ImportModel("net.py:Net", "channels=3", "2, 3", "/home"),
    p.Imported({"format": "blockstudio", "import": {"from": "net.py"}}, 4),
    p.LoadImported(),
    p.BuildModel(),
    p.ListParameters(),
    p.ShowTensor("0.weight", "gradient", "0, :5", (0, 3), (1, 4), 7),
    p.TensorView(
        "0.weight", (2, 3), "float32", "cpu", STATISTICS, HISTOGRAM, (2, 3), "",
        ((1.0, "nan", True), (2, "inf", False)), ((None, 1.5), (2.5, 3.5)),
    ),
    p.ApplyInitializers((RULE,), "Net", 4),
    p.Changed("t", (p.TensorChange("a", HISTOGRAM, None, STATISTICS, STATISTICS, ((0.0, 0.5),), (-1.0, 1.0)),)),
    p.RunModel({"x": Example((2, 20), "int64", "integers", 1, 5)}, None, "sum", True, 3),
    p.RunResult(
        (p.OutputResult("y", SHAPE, STATISTICS, "tensor(1)"),), (p.Activation("Net/a", "output", SHAPE, None),), (),
        0.1, None, 12, "cpu", False,
    ),
    p.LoadReport("f", 2, (p.KeyReport("a", "shape", "2x3", "3x2"),)),
    p.TensorFile("f", "list", (p.TensorEntry("0", (2,), "float32", 8),)),
    p.Devices((p.DeviceRow("cpu", "CPU", None, 12, True),)),
    p.Failure("RunError", "{a}", {"a": 1}, "Net/a", "traceback", True),
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_comes_back_equal(message: object) -> None:
    assert decode(encode(message)) == message


def test_every_request_has_a_reply_that_can_cross() -> None:
    for request, reply in p.REPLIES.items():
        assert request.__name__ and reply.__name__
    assert set(p.MODEL_REQUESTS) <= set(p.REPLIES)


def test_facts_without_a_form_in_json_go_as_text() -> None:
    sent = p.Failure("RunError", "{a}", {"a": {"x": {1}}, "b": ValueError("no"), "c": (1, 2)})
    assert decode(encode(sent)).facts == {"a": {"x": [1]}, "b": "no", "c": [1, 2]}


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '{"kind": "Nothing", "data": {}}', '{"kind": "Saved", "data": {}}']
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(EngineError):
        decode(text)


def test_a_reply_is_no_request() -> None:
    with pytest.raises(EngineError, match="no request"):
        decode_request(encode(p.Saved("f", 1, 2)))
