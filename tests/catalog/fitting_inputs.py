"""Options and inputs that fit each entry of the catalog: what it can be placed, compiled and run with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from attrs import Factory, frozen

from blockstudio.catalog.spec import Entry
from blockstudio.graph.model import Options
from tests.catalog.numbered import integers, large, normal, positive_definite, signs, spectrum, truth, unit

Tensors = dict[str, torch.Tensor]


@frozen
class Case:
    """Values for the input ports, and options besides those of a fresh node."""

    inputs: Tensors
    options: Options = Factory(dict)
    training: bool = True


def fitting(entry: Entry) -> tuple[dict[str, Any], Tensors]:
    """Options and inputs by port that the entry runs on."""
    case = cases(entry)[0]
    return {**entry.fresh_options(), **case.options}, case.inputs


def cases(entry: Entry) -> list[Case]:
    """Every way the entry is tried: as it is placed first, then those with other ports."""
    found = SPECIAL.get(entry.type.removeprefix("torch.nn.").replace("functional.", "F."))
    if found is None:
        return [Case(_usual(entry))]
    if isinstance(found, Case):
        return [found]
    return [Case(found)] if isinstance(found, dict) else found


def _usual(entry: Entry) -> Tensors:
    """Inputs by category and the number of dimensions that the name ends in."""
    rank = int(entry.label[-2]) if entry.label[-2:] in ("1d", "2d", "3d") else 0
    if entry.category == "Loss":
        return {port.name: unit(4, 10) for port in entry.inputs if not port.optional}
    if rank:
        channels = 3 if entry.category == "Convolution" else 16
        return {"input": normal(2, channels, *[8] * rank)}
    values = unit if entry.category in ("Math", "Create") else normal
    return {port.name: values(4, 16) for port in entry.inputs if not port.optional and entry.option(port.name) is None}


def _image(channels: int, rank: int, size: int = 8) -> torch.Tensor:
    return normal(2, channels, *[size] * rank)


def _pooled(rank: int) -> list[Case]:
    return [Case({"input": _image(3, rank)}), Case({"input": _image(3, rank)}, {"return_indices": True})]


def _unpooled(rank: int) -> Case:
    pool = getattr(torch.nn.functional, f"max_pool{rank}d")
    output, indices = pool(_image(3, rank), 2, return_indices=True)
    return Case({"input": output, "indices": indices})


def _filters(rank: int) -> Case:
    return Case({"input": _image(3, rank), "weight": normal(5, 3, *[3] * rank), "bias": normal(5)})


def _transposed(rank: int) -> Case:
    return Case({"input": _image(3, rank), "weight": normal(3, 5, *[3] * rank), "bias": normal(5)})


def _two(values: Any = normal) -> list[Case]:
    """An operator on two tensors, on a tensor and a number, and on a number and a tensor."""
    a, b = values(2, 3), values(2, 3)
    return [Case({"input": a, "other": b}), Case({"input": a}, {"other": 2}), Case({"other": b}, {"input": 2})]


def _weighted(n: int = 4, classes: int = 10) -> list[Case]:
    return [
        Case({"input": normal(n, classes), "target": integers(classes, n)}),
        Case({"input": normal(n, classes), "target": integers(classes, n), "weight": unit(classes)}),
    ]


def _ctc() -> Tensors:
    return {
        "log_probs": torch.log_softmax(normal(12, 2, 8), -1),
        "targets": integers(7, 2, 5) + 1,
        "input_lengths": torch.tensor([12, 12]),
        "target_lengths": torch.tensor([5, 4]),
    }


def _values_and_indices() -> list[Case]:
    return [Case({"input": normal(3, 4)}), Case({"input": normal(3, 4)}, {"dim": 0})]


def _created() -> list[Case]:
    return [Case({}), Case({"like": normal(2)})]


def _sized(**inputs: torch.Tensor) -> list[Case]:
    """Without and with elements of a shape wired."""
    return [Case(inputs), Case({**inputs, "size.0": torch.tensor(3)})]


def _hidden(n: int) -> Tensors:
    return {"input": normal(5, 2, 16), **{name: normal(1, 2, 32) for name in ("h_0", "c_0")[:n]}}


SPECIAL: Mapping[str, Tensors | Case | list[Case]] = {
    # Layers
    "Bilinear": {"input1": normal(4, 16), "input2": normal(4, 16)},
    "Unfold": {"input": _image(3, 2)},
    "Fold": {"input": normal(2, 27, 36)},
    **{f"{kind}Pool{rank}d": _pooled(rank) for kind in ("Max", "AdaptiveMax") for rank in (1, 2, 3)},
    **{f"FractionalMaxPool{rank}d": _pooled(rank) for rank in (2, 3)},
    **{f"MaxUnpool{rank}d": _unpooled(rank) for rank in (1, 2, 3)},
    # It needs a GPU for training; in evaluation it is any other BatchNorm.
    "SyncBatchNorm": Case({"input": _image(16, 2)}, training=False),
    "GroupNorm": {"input": _image(16, 2)},
    "LocalResponseNorm": {"input": _image(3, 2)},
    "CrossMapLRN2d": {"input": _image(3, 2)},
    "Softmax2d": {"input": _image(3, 2)},
    "AlphaDropout": {"input": normal(4, 16)},
    "RNN": [Case(_hidden(0)), Case(_hidden(1))],
    "GRU": [Case(_hidden(0)), Case(_hidden(1)), Case(_hidden(0), {"bidirectional": True, "num_layers": 2})],
    "LSTM": [Case(_hidden(0)), Case(_hidden(2)), Case(_hidden(0), {"batch_first": True})],
    "RNNCell": [Case({"input": normal(2, 16)}), Case({"input": normal(2, 16), "hx": normal(2, 32)})],
    "GRUCell": [Case({"input": normal(2, 16)}), Case({"input": normal(2, 16), "hx": normal(2, 32)})],
    "LSTMCell": [
        Case({"input": normal(2, 16)}),
        Case({"input": normal(2, 16), "h_0": normal(2, 32), "c_0": normal(2, 32)}),
    ],
    "MultiheadAttention": [
        Case({name: normal(5, 2, 16) for name in ("query", "key", "value")}),
        Case({name: normal(5, 2, 16) for name in ("query", "key", "value")}, {"need_weights": False}),
        Case({**{name: normal(5, 2, 16) for name in ("query", "key", "value")}, "attn_mask": torch.zeros(5, 5)}),
    ],
    "Transformer": {"src": normal(5, 2, 16), "tgt": normal(4, 2, 16)},
    "TransformerEncoderLayer": {"src": normal(5, 2, 16)},
    "TransformerDecoderLayer": {"tgt": normal(4, 2, 16), "memory": normal(5, 2, 16)},
    "TransformerEncoder": [
        Case({"src": normal(5, 2, 16)}),
        Case({"src": normal(5, 2, 16), "mask": torch.zeros(5, 5)}, {"norm": True, "dropout": 0.0}),
    ],
    "TransformerDecoder": [
        Case({"tgt": normal(4, 2, 16), "memory": normal(5, 2, 16)}),
        Case({"tgt": normal(4, 2, 16), "memory": normal(5, 2, 16)}, {"norm": True}),
    ],
    "Embedding": {"input": integers(100, 2, 5)},
    "EmbeddingBag": [
        Case({"input": integers(100, 2, 5)}),
        Case(
            {"input": integers(100, 6), "offsets": torch.tensor([0, 3]), "per_sample_weights": unit(6)}, {"mode": "sum"}
        ),
    ],
    "PixelShuffle": {"input": _image(16, 2)},
    "PixelUnshuffle": {"input": _image(16, 2)},
    "ChannelShuffle": {"input": _image(16, 2)},
    "Upsample": {"input": _image(3, 2)},
    "CrossEntropyLoss": {"input": normal(4, 10), "target": integers(10, 4)},
    "LinearCrossEntropyLoss": {"input": normal(4, 16), "target": integers(10, 4)},
    "NLLLoss": {"input": normal(4, 10), "target": integers(10, 4)},
    "NLLLoss2d": {"input": normal(2, 10, 4, 4), "target": integers(10, 2, 4, 4)},
    "CTCLoss": _ctc(),
    "HingeEmbeddingLoss": {"input": normal(4, 10), "target": signs(4, 10)},
    "MultiLabelMarginLoss": {"input": normal(4, 10), "target": integers(10, 4, 10)},
    "MultiMarginLoss": {"input": normal(4, 10), "target": integers(10, 4)},
    "MarginRankingLoss": {"input1": normal(4), "input2": normal(4), "target": signs(4)},
    "SoftMarginLoss": {"input": normal(4, 10), "target": signs(4, 10)},
    "CosineEmbeddingLoss": {"input1": normal(4, 10), "input2": normal(4, 10), "target": signs(4)},
    "AdaptiveLogSoftmaxWithLoss": {"input": normal(4, 16), "target": integers(100, 4)},
    # torch.nn.functional
    "F.linear": [
        Case({"input": normal(4, 16), "weight": normal(5, 16)}),
        Case({"input": normal(4, 16), "weight": normal(5, 16), "bias": normal(5)}),
    ],
    "F.bilinear": {"input1": normal(4, 6), "input2": normal(4, 7), "weight": normal(5, 6, 7)},
    **{f"F.conv{rank}d": _filters(rank) for rank in (1, 2, 3)},
    **{f"F.conv_transpose{rank}d": _transposed(rank) for rank in (1, 2, 3)},
    "F.unfold": {"input": _image(3, 2)},
    "F.fold": {"input": normal(2, 27, 36)},
    **{f"F.{kind}pool{rank}d": _pooled(rank) for kind in ("max_", "adaptive_max_") for rank in (1, 2, 3)},
    **{f"F.fractional_max_pool{rank}d": _pooled(rank) for rank in (2, 3)},
    **{f"F.max_unpool{rank}d": _unpooled(rank) for rank in (1, 2, 3)},
    "F.batch_norm": {"input": _image(16, 2), "running_mean": normal(16), "running_var": large(16)},
    "F.instance_norm": {"input": _image(3, 2)},
    "F.layer_norm": [
        Case({"input": normal(4, 16)}),
        Case({"input": normal(4, 16), "weight": normal(16), "normalized_shape.0": torch.tensor(16)}),
    ],
    "F.group_norm": {"input": _image(16, 2)},
    "F.local_response_norm": {"input": _image(3, 2)},
    "F.prelu": {"input": normal(4, 16), "weight": normal(1)},
    "F.scaled_dot_product_attention": [
        Case({name: normal(2, 4, 5, 8) for name in ("query", "key", "value")}),
        Case({name: normal(2, 4, 5, 8) for name in ("query", "key", "value")}, {"dropout_p": 0.1, "is_causal": True}),
    ],
    "F.embedding": {"input": integers(10, 2, 5), "weight": normal(10, 4)},
    "F.embedding_bag": {"input": integers(10, 2, 5), "weight": normal(10, 4)},
    "F.one_hot": {"input": integers(10, 2, 5)},
    "F.pad": {"input": normal(2, 3)},
    "F.interpolate": [
        Case({"input": _image(3, 2)}),
        Case({"input": _image(3, 2), "size.0": torch.tensor(5), "size.1": torch.tensor(6)}, {"scale_factor": None}),
    ],
    "F.grid_sample": {"input": _image(3, 2), "grid": normal(2, 5, 5, 2)},
    "F.affine_grid": {"theta": normal(1, 2, 3)},
    "F.pixel_shuffle": {"input": _image(16, 2)},
    "F.pixel_unshuffle": {"input": _image(16, 2)},
    "F.channel_shuffle": {"input": _image(16, 2)},
    "F.cross_entropy": _weighted(),
    "F.linear_cross_entropy": {
        "input": normal(4, 16),
        "linear_weight": normal(10, 16),
        "target": integers(10, 4),
        "linear_bias": normal(10),
    },
    "F.nll_loss": _weighted(),
    "F.gaussian_nll_loss": [
        Case({"input": normal(4, 10), "target": normal(4, 10), "var": large(4, 10)}),
        Case({"input": normal(4, 10), "target": normal(4, 10)}, {"var": 1.0}),
    ],
    "F.ctc_loss": _ctc(),
    "F.hinge_embedding_loss": {"input": normal(4, 10), "target": signs(4, 10)},
    "F.multilabel_margin_loss": {"input": normal(4, 10), "target": integers(10, 4, 10)},
    "F.multi_margin_loss": _weighted(),
    "F.margin_ranking_loss": {"input1": normal(4), "input2": normal(4), "target": signs(4)},
    "F.soft_margin_loss": {"input": normal(4, 10), "target": signs(4, 10)},
    "F.cosine_embedding_loss": {"input1": normal(4, 10), "input2": normal(4, 10), "target": signs(4)},
    # Operators
    **{f"operator.{name}": _two() for name in "add sub mul truediv floordiv mod gt ge lt le eq ne".split()},
    "operator.pow": _two(large),
    **{f"operator.{name}": _two(lambda *shape: integers(8, *shape)) for name in ("and_", "or_", "xor")},
    **{f"torch.bitwise_{side}_shift": _two(lambda *shape: integers(8, *shape)) for side in ("left", "right")},
    "operator.invert": {"input": truth(4)},
    "operator.matmul": {"input": normal(2, 3), "other": normal(3, 4)},
    "operator.getitem": [
        Case({"input": normal(4, 5)}, {"index": "..., 1:3"}),
        Case({"input": normal(4, 5)}, {"index": ":, None, 0"}),
        Case({"input": normal(4, 5), "index": truth(4, 5)}),
    ],
    "torch.add": [
        Case({"input": normal(4), "other": normal(4)}, {"alpha": 2}),
        Case({"input": normal(4)}, {"other": 1}),
    ],
    "torch.lerp": [
        Case({"input": normal(4), "end": normal(4), "weight": unit(4)}),
        Case({"input": normal(4), "end": normal(4)}, {"weight": 0.5}),
    ],
    "torch.fmod": Case({"input": normal(4)}, {"other": 2}),
    "torch.xlogy": Case({"input": unit(4)}, {"other": 2.0}),
    "torch.acosh": {"input": large(4)},
    "torch.clamp": [
        Case({"input": normal(4)}),
        Case({"input": normal(4), "max": unit(4)}, {"min": None}),
        Case({"input": normal(4)}, {"min": -1, "max": 1}),
    ],
    "torch.heaviside": {"input": normal(4), "values": normal(4)},
    "torch.angle": {"input": spectrum(4)},
    "torch.real": {"input": spectrum(4)},
    "torch.imag": {"input": spectrum(4)},
    "torch.conj": {"input": spectrum(4)},
    "torch.view_as_real": {"input": spectrum(4)},
    "torch.view_as_complex": {"input": normal(4, 2)},
    **{f"torch.fft.{name}": {"input": spectrum(4, 8)} for name in ("ifft", "irfft", "ifft2")},
    # Matrices
    "torch.mm": {"input": normal(2, 3), "mat2": normal(3, 4)},
    "torch.matmul": {"input": normal(2, 3), "other": normal(3, 4)},
    "torch.bmm": {"input": normal(5, 2, 3), "mat2": normal(5, 3, 4)},
    "torch.mv": {"input": normal(2, 3), "vec": normal(3)},
    "torch.dot": {"input": normal(3), "tensor": normal(3)},
    "torch.outer": {"input": normal(3), "vec2": normal(4)},
    "torch.addmm": {"input": normal(4), "mat1": normal(2, 3), "mat2": normal(3, 4)},
    "torch.baddbmm": {"input": normal(4), "batch1": normal(5, 2, 3), "batch2": normal(5, 3, 4)},
    "torch.einsum": {"operands.0": normal(2, 3), "operands.1": normal(3, 4)},
    "torch.tensordot": {"a": normal(2, 3, 4), "b": normal(3, 4, 5)},
    "torch.cross": {"input": normal(4, 3), "other": normal(4, 3)},
    "torch.block_diag": {"tensors.0": normal(2, 2), "tensors.1": normal(3, 3)},
    **{f"torch.{name}": {"input": normal(4, 4)} for name in ("trace", "t", "matrix_exp", "rot90")},
    **{
        f"torch.linalg.{name}": {"A": positive_definite(4)}
        for name in "inv pinv det cholesky eigh matrix_power".split()
    },
    "torch.linalg.solve": {"A": positive_definite(4), "B": normal(4, 2)},
    # Reductions
    **{f"torch.{name}": _values_and_indices() for name in ("max", "min", "median", "sum", "mean", "std", "argmax")},
    "torch.quantile": [
        Case({"input": normal(3, 4)}),
        Case({"input": normal(3, 4), "q": torch.tensor([0.2, 0.8])}, {"q": 0.5}),
    ],
    "torch.bincount": {"input": integers(5, 20)},
    # Comparisons
    "torch.where": [
        Case({"condition": truth(4), "input": normal(4), "other": normal(4)}),
        Case({"condition": truth(4), "input": normal(4)}, {"other": 0.0}),
    ],
    # Shapes
    "torch.Tensor.view": [
        Case({"input": normal(2, 3, 4)}),
        Case({"input": normal(2, 3, 4), "shape.0": torch.tensor(6)}, {"shape": (6, -1)}),
    ],
    "torch.reshape": [
        Case({"input": normal(2, 3, 4)}, {"shape": (-1, 12)}),
        Case({"input": normal(2, 3, 4), "shape.0": torch.tensor(6), "shape.1": torch.tensor(4)}),
    ],
    "torch.flatten": {"input": normal(2, 3, 4)},
    "torch.permute": {"input": normal(2, 3, 4)},
    "torch.transpose": {"input": normal(2, 3, 4)},
    "torch.swapaxes": {"input": normal(2, 3, 4)},
    "torch.movedim": {"input": normal(2, 3, 4)},
    "torch.squeeze": [Case({"input": normal(2, 1, 4)}), Case({"input": normal(2, 1, 4)}, {"dim": 1})],
    "torch.Tensor.expand": Case({"input": normal(2, 1)}, {"size": (-1, 4)}),
    "torch.broadcast_to": Case({"input": normal(2, 1)}, {"size": (2, 4)}),
    "torch.Tensor.expand_as": {"input": normal(2, 1), "other": normal(2, 4)},
    "torch.repeat_interleave": [
        Case({"input": normal(2, 3)}),
        Case({"input": normal(2, 3), "repeats": torch.tensor([1, 2])}, {"dim": 0}),
    ],
    "torch.broadcast_tensors": {"tensors.0": normal(2, 1), "tensors.1": normal(3)},
    **{
        f"torch.{name}": {"tensors.0": normal(2, 3, 1), "tensors.1": normal(2, 3, 1)}
        for name in ("cat", "stack", "hstack", "vstack", "dstack")
    },
    "torch.unbind": {"input": normal(2, 3)},
    "torch.meshgrid": {"tensors.0": normal(2), "tensors.1": normal(3)},
    "torch.cartesian_prod": {"tensors.0": normal(2), "tensors.1": normal(3)},
    # Indices
    "torch.index_select": {"input": normal(4, 5), "index": torch.tensor([0, 2])},
    "torch.gather": {"input": normal(4, 5), "index": integers(5, 4, 2)},
    "torch.scatter": [
        Case({"input": normal(4, 5), "index": integers(5, 4, 2), "src": normal(4, 2)}),
        Case({"input": normal(4, 5), "index": integers(5, 4, 2)}, {"src": 1.0}),
    ],
    "torch.scatter_add": {"input": normal(4, 5), "index": integers(5, 4, 2), "src": normal(4, 2)},
    "torch.scatter_reduce": {"input": normal(4, 5), "index": integers(5, 4, 2), "src": normal(4, 2)},
    "torch.index_add": {"input": normal(4, 5), "index": torch.tensor([0, 2]), "source": normal(4, 2)},
    "torch.take_along_dim": {"input": normal(4, 5), "indices": integers(5, 4, 2)},
    "torch.take": {"input": normal(4, 5), "index": integers(20, 3)},
    "torch.masked_select": {"input": normal(4, 5), "mask": truth(4, 5)},
    "torch.masked_fill": {"input": normal(4, 5), "mask": truth(4, 5)},
    "torch.masked_scatter": {"input": normal(4, 5), "mask": truth(4, 5), "source": normal(20)},
    "torch.unique": [
        Case({"input": integers(3, 10)}),
        Case({"input": integers(3, 10)}, {"return_counts": True}),
        Case({"input": integers(3, 10)}, {"return_counts": True, "return_inverse": True}),
    ],
    "torch.searchsorted": {"sorted_sequence": torch.arange(5.0), "input": unit(4)},
    "torch.bucketize": {"input": unit(4), "boundaries": torch.arange(5.0)},
    "torch.isin": {"elements": integers(5, 4), "test_elements": integers(5, 3)},
    # Creation
    "value": [Case({}, {"value": 2}), Case({}, {"value": True})],
    "training": Case({}),
    **{f"torch.{name}": _created() for name in "arange linspace eye tensor randperm tril_indices triu_indices".split()},
    **{
        f"torch.{name}": [*_sized(), Case({"like": normal(2)})] for name in "zeros ones rand randn full randint".split()
    },
    **{f"torch.Tensor.new_{name}": _sized(input=normal(2)) for name in ("zeros", "ones", "full")},
    "torch.normal": {"mean": normal(4), "std": large(4)},
    "torch.Tensor.item": {"input": normal(1)},
}
