"""Networks of self-attention: a small GPT, a vision transformer."""

from __future__ import annotations

from blockstudio.graph.model import Definition, Example, Initializer, Node, Parameter, Port
from tests.helpers.architectures.drawing import (
    Architecture,
    architecture,
    block,
    chain,
    conv,
    drawn,
    dropout,
    every,
    function,
    graph,
    layer,
    linear,
    plus,
    repeat,
    use,
)

DROPOUT = (0.1, "Share of the values that is zeroed in training.")
ATTEND = "torch.nn.functional.scaled_dot_product_attention"


def layer_norm(name: str, width: str = "=width", **options: object) -> Node:
    return layer(name, "LayerNorm", normalized_shape=width, **options)


def embedding(name: str, count: str, width: str = "=width") -> Node:
    return layer(name, "Embedding", num_embeddings=count, embedding_dim=width)


def split_heads() -> Definition:
    return chain(
        "SplitHeads",
        function("unflatten", "torch.unflatten", dim=-1, sizes=("=heads", -1)),
        function("transpose", "torch.transpose", dim0=1, dim1=2),
        doc="From (batch, time, width) to (batch, heads, time, width of a head).",
        heads=None,
    )


def merged() -> list[Node]:
    """From heads back to one width."""
    return [
        function("heads_last", "torch.transpose", dim0=1, dim1=2),
        function("merge", "torch.flatten", start_dim=2),
    ]


def self_attention(*, causal: bool, name: str) -> Definition:
    heads = [use(f"{letter}_heads", "SplitHeads", heads="=heads") for letter in "qkv"]
    attend = function("attend", ATTEND, is_causal=True) if causal else function("attend", ATTEND)
    found = block(
        name,
        graph(
            "x",
            "output",
            [
                linear("qkv", "=width", "=3 * width"),
                function("chunk", "torch.chunk", chunks=3, dim=-1),
                *heads,
                attend,
                *merged(),
                linear("proj", "=width", "=width"),
            ],
            "x > qkv > chunk",
            "chunk:chunks.0 > q_heads > attend:query",
            "chunk:chunks.1 > k_heads > attend:key",
            "chunk:chunks.2 > v_heads > attend:value",
            "attend > heads_last > merge > proj > output",
        ),
        doc="Every place looks at those before it." if causal else "Every place looks at every other.",
        width=None,
        heads=None,
    )
    drawn(
        found.graph,
        ". . . q_heads",
        "x qkv chunk k_heads attend heads_last merge proj output",
        ". . . v_heads",
    )
    return found


def transformer_block(attention: str, attribute: str, **norm: object) -> Definition:
    found = block(
        "Block",
        graph(
            "x",
            "output",
            [
                layer_norm("norm1", **norm),
                use(attribute, attention, width="=width", heads="=heads"),
                plus("add1"),
                layer_norm("norm2", **norm),
                use("mlp", "MLP", width="=width"),
                plus("add2"),
            ],
            f"x > norm1 > {attribute} > add1:other",
            "x > add1 > norm2 > mlp > add2:other",
            "add1 > add2 > output",
        ),
        doc="Attention, then an MLP; each is added to what went in.",
        width=None,
        heads=None,
    )
    drawn(found.graph, f". norm1 {attribute} . norm2 mlp", "x . . add1 . . add2 output")
    return found


def mlp() -> Definition:
    return chain(
        "MLP",
        linear("fc1", "=width", "=4 * width"),
        layer("act", "GELU"),
        linear("fc2", "=4 * width", "=width"),
        doc="Two linear layers at every place by itself, four times as wide in the middle.",
        width=None,
    )


def gpt() -> Architecture:
    root = block(
        "GPT",
        graph(
            [Port("tokens", example=Example((2, 32), "int64", "integers", 0, 256))],
            "logits",
            [
                embedding("token_embedding", "=vocabulary"),
                function("length", "torch.Tensor.size", dim=1),
                function("places", "torch.arange", start=0),
                embedding("place_embedding", "=longest"),
                plus(),
                dropout(),
                repeat("stack", "=layers", use("blocks", "Block", width="=width", heads="=heads")),
                layer_norm("norm"),
                linear("head", "=width", "=vocabulary", bias=False),
            ],
            "tokens > token_embedding > add > dropout > stack > norm > head > logits",
            "tokens > length > places:end",
            "tokens > places:like",
            "places > place_embedding > add:other",
        ),
        doc="A small language model over bytes.",
        rules=[
            every("Linear", "weight", "normal_", std=0.02),
            every("Linear", "bias", "zeros_"),
            every("Embedding", "weight", "normal_", std=0.02),
            Initializer(target="head", parameter="weight", same_as="token_embedding.weight"),
        ],
        vocabulary=(256, "How many tokens there are."),
        longest=(64, "Longest sequence."),
        width=128,
        heads=4,
        layers=(4, "How many blocks."),
        dropout=DROPOUT,
    )
    drawn(
        root.graph,
        "tokens . . token_embedding add dropout",
        ". length places place_embedding",
        ". . stack norm head logits",
    )
    parts = (
        transformer_block("CausalSelfAttention", "attention"),
        self_attention(causal=True, name="CausalSelfAttention"),
        mlp(),
        split_heads(),
    )
    return architecture("15-gpt", "GPT: a small language model with a tied embedding", root, *parts)


def vit() -> Architecture:
    patches = chain(
        "PatchEmbedding",
        conv("proj", 3, "=width", "=patch", stride="=patch"),
        function("flatten", "torch.flatten", start_dim=2),
        function("transpose", "torch.transpose", dim0=1, dim1=2),
        doc="A vector for every patch of the image.",
        width=None,
        patch=None,
    )
    root = block(
        "VisionTransformer",
        graph(
            "x",
            "output",
            [
                use("patch_embed", "PatchEmbedding", width="=width", patch="=patch"),
                Parameter(name="cls_token", value="torch.zeros(1, 1, width)"),
                function("first", "operator.getitem", index=":, :1"),
                function("class_tokens", "torch.Tensor.expand_as"),
                function("cat", "torch.cat", dim=1),
                Parameter(name="pos_embed", value="0.02 * torch.randn(1, (image // patch) ** 2 + 1, width)"),
                plus(),
                repeat("stack", "=layers", use("blocks", "Block", width="=width", heads="=heads")),
                layer_norm("norm", eps=1e-6),
                function("class_only", "operator.getitem", index=":, 0"),
                linear("head", "=width", "=num_classes"),
            ],
            "x > patch_embed > cat:tensors.1",
            "patch_embed > first > class_tokens:other",
            "cls_token > class_tokens > cat:tensors.0",
            "cat > add > stack > norm > class_only > head > output",
            "pos_embed > add:other",
        ),
        doc="Dosovitskiy and others, 2020; the tiny one.",
        image=(224, "Side of the image."),
        patch=(16, "Side of a patch."),
        width=192,
        heads=3,
        layers=(12, "How many blocks."),
        num_classes=(1000, "Number of classes."),
    )
    drawn(
        root.graph,
        ". . cls_token . pos_embed",
        ". . first class_tokens",
        "x patch_embed . . cat add stack",
        ". . . . norm class_only head output",
    )
    parts = (
        patches,
        transformer_block("SelfAttention", "attn", eps=1e-6),
        self_attention(causal=False, name="SelfAttention"),
        mlp(),
        split_heads(),
    )
    return architecture("17-vit", "ViT: a vision transformer", root, *parts)
