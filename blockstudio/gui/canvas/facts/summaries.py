"""The options that matter, in one readable line: `20 → 256`, `3×3, 64, stride 2`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.control_commands import condition_of
from blockstudio.graph.expressions import is_number
from blockstudio.graph.model import (
    Expression,
    Graph,
    If,
    Instance,
    Layer,
    Options,
    OptionValue,
    Parameter,
    Repeat,
    Sequential,
)
from blockstudio.gui.i18n import language, tr

TIMES = "×"
ARROW = " → "
LONGEST = 44
"""Characters of one value; what is longer is better read in the inspector."""

MOST_REMEMBERED = 5000
MOST_ROUNDS = 100
"""Of more rounds it is not worked out which of them have a layer."""

_Test = tuple[OptionValue, bool]
"""The condition of an If, and whether it must hold."""

_FROM_TO = (
    ("in_features", "out_features"),
    ("in_channels", "out_channels"),
    ("input_size", "hidden_size"),
)
_TABLE = ("num_embeddings", "embedding_dim")
_SIZES = frozenset(
    "kernel_size stride padding dilation output_size size shape normalized_shape output_padding "
    "unflattened_size".split()
)
_BARE = frozenset(
    "kernel_size num_features num_channels normalized_shape output_size embed_dim d_model p shape size other "
    "index negative_slope out_features out_channels hidden_size alpha upscale_factor downscale_factor".split()
)
"""Options that need no name to be understood."""
_ALWAYS = frozenset({"p"})
"""Options worth showing even at their default."""
_RANK = re.compile(r"(\d)d$")


_summaries: dict[tuple[str, str, tuple[tuple[str, OptionValue], ...]], str] = {}


def summary(entry: Entry, options: Options) -> str:
    """The options of a node that differ from their defaults, or have none."""
    # Large models repeat few layers: remembered by language, for some words are translated.
    key = (language(), entry.type, tuple(options.items()))
    found = _summaries.get(key)
    if found is None:
        if len(_summaries) > MOST_REMEMBERED:
            _summaries.clear()
        found = _summaries[key] = ", ".join(_parts(entry, options))
    return found


def arguments(options: Options) -> str:
    """The values given to an instance's hyper-parameters: `hidden=256, out=10`."""
    return ", ".join(
        name if _says_its_name(name, value) else f"{name} = {shown(name, value)}" for name, value in options.items()
    )


def round_keys(node: Repeat) -> str:
    """How the parameters of an unshared Repeat are keyed: `conv.0 … conv.3`; "" where each round has the same."""
    if node.shared:
        return ""
    names: dict[str, tuple[_Test, ...]] = {}
    pending: list[tuple[Graph, tuple[_Test, ...]]] = [(node.body, ())]
    while pending:
        graph, tests = pending.pop()
        for inner in graph.nodes.values():
            if isinstance(inner, Layer | Instance | Sequential | Parameter):
                always = isinstance(inner, Parameter)  # whatever is asked, each round has its own
                names.setdefault("" if is_number(inner.name) else f"{inner.name}.", () if always else tests)
                continue
            value = condition_of(inner) if isinstance(inner, If) else None
            for slot, inside in inner.graphs():
                more = () if value is None or isinstance(value, Graph) else ((value, slot == "then"),)
                pending.append((inside, (*tests, *more)))
    found = (_round_keys(name, node, tests) for name, tests in names.items())
    return ", ".join(filter(None, found))


def _round_keys(stem: str, node: Repeat, tests: Sequence[_Test]) -> str:
    count = node.count
    if tests:
        rounds = range(count) if isinstance(count, int) and count <= MOST_ROUNDS else range(1)
        found = [_has(tests, {node.index: number}) for number in rounds]
        if None in found or len(rounds) != count:
            return f"{stem}…"
        numbers = [number for number in rounds if found[number]]
        if len(numbers) < len(rounds):
            last = f" … {stem}{numbers[-1]}" if len(numbers) > 3 else ""
            return ", ".join(f"{stem}{number}" for number in (numbers[:2] if last else numbers)) + last
    if isinstance(count, int) and count <= 3:
        return ", ".join(f"{stem}{number}" for number in range(count))
    return f"{stem}0 … {stem}{count - 1}" if isinstance(count, int) else f"{stem}0, {stem}1, …"


def _has(tests: Sequence[_Test], values: Mapping[str, int]) -> bool | None:
    """Whether a layer is there in a round; None where more than its number tells."""
    from blockstudio.compiler.paths import evaluated  # which the window's start does without

    found = [(evaluated(value, values), wanted) for value, wanted in tests]
    if any(value is None for value, _ in found):
        return None
    return all(value is not None and bool(value[0]) == wanted for value, wanted in found)


def shape_text(value: TensorShape | None) -> str:
    """What flows on a wire: `2×256`; "" when it is not known."""
    if value is None:
        return ""
    if value.shape is None:
        return tr(value.text)
    return TIMES.join(map(str, value.shape)) if value.shape else tr("scalar")


def others_text(value: TensorShape | None) -> str:
    """Which other sizes there are in other uses of the block, or in the other mode; "" for none."""
    if value is None or value.shape is None or not value.text:
        return ""
    return tr("also {sizes}").format(sizes=value.text)


def expression_text(text: str) -> str:
    """A tensor expression as short as it can be read: `rand(20, 20)`."""
    return _shortened(" ".join(text.replace("torch.", "").split()))


def shown(name: str, value: OptionValue, rank: int = 0) -> str:
    """An option's value as a person writes it: sizes with ×, tuples with commas."""
    match value:
        case Expression():
            return _shortened(value.text)
        case tuple():
            separator = TIMES if name in _SIZES and len(value) > 1 else ", "
            return _shortened(separator.join(shown("", part) for part in value))
        case bool():
            return tr("yes") if value else tr("no")
        case int() if name == "kernel_size" and rank > 1:
            return TIMES.join([str(value)] * rank)
        case float():
            return f"{value:g}"
        case None:
            return "–"
        case str() if name == "index":
            return f"[{_shortened(value)}]"
    return _shortened(str(value))


def _parts(entry: Entry, options: Options) -> Iterator[str]:
    rest: dict[str, OptionSpec] = {option.name: option for option in entry.options}
    values = {name: options.get(name, option.when_unset) for name, option in rest.items()}
    found = _RANK.search(entry.label)
    rank = int(found[1]) if found else 0
    inputs = {port.name for port in entry.inputs}
    yield from _sizes(rest, values)
    # A kernel is what one looks for first in a convolution or a pooling.
    names = sorted(rest, key=lambda name: name != "kernel_size")
    for name in names:
        option, value = rest[name], values[name]
        if not (_matters(option, options) or name in _ALWAYS):
            continue
        if isinstance(value, bool):
            yield _words(name) if value else tr("no {option}").format(option=_words(name))
        elif value is None:
            if option.required and name not in inputs:
                yield f"{_words(name)} ?"
        elif name in _BARE or (option.positional and len(entry.options) == 1):
            yield shown(name, value, rank)
        else:
            yield _words(name) if _says_its_name(name, value) else f"{_words(name)} {shown(name, value, rank)}"


def _sizes(rest: dict[str, OptionSpec], values: Mapping[str, OptionValue]) -> Iterator[str]:
    for source, target in _FROM_TO:
        if source in rest and target in rest:
            yield shown("", values[source]) + ARROW + shown("", values[target])
            del rest[source], rest[target]
    if "in1_features" in rest:
        pair = f"{shown('', values['in1_features'])}, {shown('', values['in2_features'])}"
        yield pair + ARROW + shown("", values["out_features"])
        del rest["in1_features"], rest["in2_features"], rest["out_features"]
    if all(name in rest for name in _TABLE):
        yield TIMES.join(shown("", values[name]) for name in _TABLE)
        for name in _TABLE:
            del rest[name]


def _matters(option: OptionSpec, options: Options) -> bool:
    if option.required:
        return True
    return option.name in options and options[option.name] != option.default


def _says_its_name(name: str, value: OptionValue) -> bool:
    """Whether an option is the hyper-parameter that is called as it is: one word says it."""
    return isinstance(value, Expression) and value.text.strip() == name


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
