"""How well a few letters answer to a name."""

from __future__ import annotations

from blockstudio.gui.matching import MOST_SPELT, Choice, ranked


def labels(text: str, *names: str) -> list[str]:
    return [choice.label for choice in ranked([Choice(name, name) for name in names], text)]


def test_the_very_name_then_beginnings_then_parts_then_letters() -> None:
    names = ("Softmax2d", "LogSoftmax", "Softmax", "Softmin")
    assert labels("softmax", *names) == ["Softmax", "Softmax2d", "LogSoftmax"]
    assert labels("sfmax", *names) == ["Softmax2d", "Softmax"]
    assert labels("ls", *names) == ["LogSoftmax"]


def test_capitals_tell_a_layer_from_its_function_whichever_was_used_last() -> None:
    layer, function = Choice("torch.nn.ReLU", "ReLU"), Choice("torch.nn.functional.relu", "relu")
    for used in (layer, function):
        assert ranked([function, layer], "ReLU", [used.payload]) == [layer, function]
        assert ranked([function, layer], "relu", [used.payload])[0] == used


def test_an_operator_is_found_by_its_sign() -> None:
    for sign in (">", "*", "/"):
        assert labels(sign, f"a {sign}{sign} b", f"a {sign}= b", f"a {sign} b")[0] == f"a {sign} b"


def test_every_word_must_be_answered() -> None:
    assert labels("zoom in", "Zoom in", "Zoom out") == ["Zoom in"]


def test_misspelt_words_find_only_where_nothing_is_spelt_so() -> None:
    assert labels("dropuot", "Dropout", "Drop") == ["Dropout"]
    assert labels("drop", "Dropout", "Drop") == ["Drop", "Dropout"]
    many = [f"layer {i}" for i in range(MOST_SPELT + 1)]
    assert labels("leyer", *many) == []


def test_one_letter_of_chinese_is_a_word() -> None:
    choice = Choice("a", "Dropout", doc="随机丢弃元素")
    assert ranked([choice], "丢弃") == [choice]
    assert ranked([Choice("b", "Linear", doc="ab")], "ab") == []
