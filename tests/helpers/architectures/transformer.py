"""The Transformer: encoder and decoder."""

from __future__ import annotations

from blockstudio.graph.model import Constant, Definition, Example, Node, Port
from tests.helpers.architectures.attention import ATTEND, DROPOUT, embedding, layer_norm, merged, split_heads
from tests.helpers.architectures.drawing import (
    Architecture,
    architecture,
    block,
    chain,
    drawn,
    dropout,
    function,
    graph,
    layer,
    linear,
    plus,
    repeat,
    use,
)


def multi_head_attention() -> Definition:
    nodes: list[Node] = [linear(name, "=width", "=width") for name in ("query", "key", "value")]
    nodes += [use(f"{name}_heads", "SplitHeads", heads="=heads") for name in ("query", "key", "value")]
    nodes += [function("attend", ATTEND, is_causal="=causal"), *merged(), linear("out", "=width", "=width")]
    found = block(
        "MultiHeadAttention",
        graph(
            "x memory",
            "output",
            nodes,
            "x > query > query_heads > attend:query",
            "memory > key > key_heads > attend:key",
            "memory > value > value_heads > attend:value",
            "attend > heads_last > merge > out > output",
        ),
        doc="Every place of `x` looks at all places of `memory`, in several heads.",
        width=None,
        heads=None,
        causal=(False, "Whether a place looks only at those before it."),
    )
    drawn(
        found.graph,
        "x query query_heads",
        "memory key key_heads attend heads_last merge out output",
        ". value value_heads",
    )
    return found


def feed_forward(activation: str) -> Definition:
    return chain(
        "FeedForward",
        linear("0", "=width", "=hidden"),
        layer("1", activation),
        dropout("2"),
        linear("3", "=hidden", "=width"),
        doc="Two linear layers at every place by itself.",
        width=None,
        hidden=None,
        dropout=DROPOUT,
    )


def encoder_layer() -> Definition:
    found = block(
        "EncoderLayer",
        graph(
            "x",
            "output",
            [
                use("attention", "MultiHeadAttention", width="=width", heads="=heads"),
                dropout("dropout1"),
                plus("add1"),
                layer_norm("norm1"),
                use("feed_forward", "FeedForward", width="=width", hidden="=hidden", dropout="=dropout"),
                dropout("dropout2"),
                plus("add2"),
                layer_norm("norm2"),
            ],
            "x > attention > dropout1 > add1 > norm1 > feed_forward > dropout2 > add2 > norm2 > output",
            "x > attention:memory",
            "x > add1:other",
            "norm1 > add2:other",
        ),
        doc="Self-attention, then a feed-forward network; each is added to what went in, and normalised.",
        width=None,
        heads=None,
        hidden=None,
        dropout=DROPOUT,
    )
    drawn(
        found.graph,
        ". attention dropout1 . . feed_forward dropout2",
        "x . . add1 norm1 . . add2 norm2 output",
    )
    return found


def decoder_layer() -> Definition:
    options = {"width": "=width", "heads": "=heads"}
    nodes: list[Node] = [
        use("self_attention", "MultiHeadAttention", **options, causal=True),
        use("cross_attention", "MultiHeadAttention", **options),
        use("feed_forward", "FeedForward", width="=width", hidden="=hidden", dropout="=dropout"),
    ]
    for number in (1, 2, 3):
        nodes += [dropout(f"dropout{number}"), plus(f"add{number}"), layer_norm(f"norm{number}")]
    found = block(
        "DecoderLayer",
        graph(
            "x memory",
            "output",
            nodes,
            "x > self_attention > dropout1 > add1 > norm1",
            "x > self_attention:memory",
            "x > add1:other",
            "norm1 > cross_attention > dropout2 > add2 > norm2",
            "memory > cross_attention:memory",
            "norm1 > add2:other",
            "norm2 > feed_forward > dropout3 > add3 > norm3 > output",
            "norm2 > add3:other",
        ),
        doc="As an encoder layer, with a look at the encoder's output in between.",
        width=None,
        heads=None,
        hidden=None,
        dropout=DROPOUT,
    )
    drawn(
        found.graph,
        ". self_attention dropout1",
        "x . . add1 norm1",
        "memory cross_attention dropout2",
        ". . . add2 norm2",
        ". feed_forward dropout3",
        ". . . add3 norm3 output",
    )
    return found


def positional_encoding() -> Definition:
    angles = "torch.outer(torch.arange(longest), 10000 ** (-torch.arange(0, width, 2) / width))"
    found = block(
        "PositionalEncoding",
        graph(
            "x",
            "output",
            [
                Constant(name="angles", value=angles, persistent=False),
                function("length", "torch.Tensor.size", dim=1),
                function("places", "torch.arange", start=0),
                function("rows", "operator.getitem"),
                function("sin", "torch.sin"),
                function("cos", "torch.cos"),
                function("stack", "torch.stack", dim=-1),
                function("flatten", "torch.flatten", start_dim=1),
                plus(),
                dropout(),
            ],
            "x > length > places:end",
            "x > places:like",
            "angles > rows",
            "places > rows:index",
            "rows > sin > stack:tensors.0",
            "rows > cos > stack:tensors.1",
            "x > add > dropout > output",
            "stack > flatten > add:other",
        ),
        doc="Adds waves of different lengths, which tell the places apart.",
        width=None,
        longest=(512, "Longest sequence."),
        dropout=DROPOUT,
    )
    drawn(
        found.graph,
        "x . . . . . . add dropout output",
        ". . angles . sin",
        ". length places rows cos stack flatten",
    )
    return found


def transformer() -> Architecture:
    options = {"width": "=width", "heads": "=heads", "hidden": "=hidden", "dropout": "=dropout"}
    decoder = graph(
        "x memory",
        "x memory",
        [use("decoder", "DecoderLayer", **options)],
        "x > decoder > x",
        "memory > decoder:memory",
    )
    tokens = Example((2, 12), "int64", "integers", 0, 1000)
    root = block(
        "EncoderDecoder",
        graph(
            [Port("source", example=tokens), Port("target", example=Example((2, 9), "int64", "integers", 0, 1000))],
            "output",
            [
                embedding("source_embedding", "=vocabulary"),
                function("source_scaled", "operator.mul", other="=width ** 0.5"),
                use("source_places", "PositionalEncoding", width="=width", dropout="=dropout"),
                repeat("encoders", "=layers", use("encoder", "EncoderLayer", **options)),
                embedding("target_embedding", "=vocabulary"),
                function("target_scaled", "operator.mul", other="=width ** 0.5"),
                use("target_places", "PositionalEncoding", width="=width", dropout="=dropout"),
                repeat("decoders", "=layers", decoder),
                linear("generator", "=width", "=vocabulary"),
            ],
            "source > source_embedding > source_scaled > source_places > encoders > decoders:memory",
            "target > target_embedding > target_scaled > target_places > decoders > generator > output",
        ),
        doc="Vaswani and others, 2017: encoder and decoder.",
        vocabulary=(1000, "How many tokens there are."),
        width=128,
        heads=4,
        hidden=(512, "Width inside the feed-forward networks."),
        layers=(3, "How many layers encoder and decoder have."),
        dropout=DROPOUT,
    )
    drawn(
        root.graph,
        "source source_embedding source_scaled source_places encoders",
        "target target_embedding target_scaled target_places . decoders generator output",
    )
    return architecture(
        "14-transformer",
        "Transformer: encoder and decoder",
        root,
        positional_encoding(),
        encoder_layer(),
        decoder_layer(),
        multi_head_attention(),
        feed_forward("ReLU"),
        split_heads(),
    )
