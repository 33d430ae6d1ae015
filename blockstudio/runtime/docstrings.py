"""Docstrings of torch, taken apart: the first paragraph, and what is said of each argument."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Keyword [Aa]rg(?:ument)?s|Inputs|Outputs)\b.*:")
_ARGUMENT = re.compile(
    r"^(?P<indent>\s+)(?:\*\s+)?\**(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\**\s*(?:\((?P<type>[^:]*|.*?)\))?\s*:\s*(?P<text>.*)$"
)
_SIGNATURE = re.compile(r"^[\w.]+\(.*\)(\s*->.*)?$")
_ROLE = re.compile(r":(?:\w+:)?\w+:`([^`]*)`")


def summary(object: Any) -> str:
    """The first paragraph of a docstring, as plain text on one line."""
    for paragraph in re.split(r"\n\s*\n", inspect.getdoc(object) or ""):
        lines = [line for line in paragraph.splitlines() if not _SIGNATURE.match(line.strip())]
        text = " ".join(line.strip() for line in lines)
        if text and not text.startswith("..") and not text.startswith("torch."):
            return _whole_sentences(plain(text))
    return ""


def _whole_sentences(text: str) -> str:
    """The text without a last sentence that only leads over to a formula."""
    if text.endswith(":"):
        kept = text.rpartition(". ")[0]
        return f"{kept}." if kept else text.rstrip(":") + "."
    return text


def argument_docs(object: Any) -> dict[str, str]:
    """What a docstring says of each argument, input and output, by name."""
    found: dict[str, list[str]] = {}
    for lines in _sections(inspect.getdoc(object) or ""):
        current: list[str] | None = None
        depth = 0
        for line in lines:
            item = _ARGUMENT.match(line)
            if item and (not depth or len(item["indent"]) <= depth):
                depth = depth or len(item["indent"])
                current = [item["text"]]
                for name in item["names"].split(","):
                    found.setdefault(name.strip(), current)
            elif current is not None and (not line.strip() or len(line) - len(line.lstrip()) > depth):
                current.append(line)
            else:
                current = None
    return {name: text for name, lines in found.items() if (text := plain(_first_part(lines)))}


def _sections(text: str) -> Iterator[list[str]]:
    """The lines of every section on arguments."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if _SECTION.match(line):
            body = []
            for following in lines[number + 1 :]:
                if following.strip() and not following.startswith(" "):
                    break
                body.append(following)
            yield body


def _first_part(lines: list[str]) -> str:
    """An argument's text up to the first directive or list in it."""
    kept = []
    for line in lines:
        if line.strip().startswith((".. ", "- ", "* ")):
            break
        kept.append(line.strip())
    return " ".join(kept)


def plain(text: str) -> str:
    """reStructuredText without its marks."""
    text = _ROLE.sub(lambda found: _role_text(found[1]), text)
    text = re.sub(r"`([^`<]+?)\s*<[^>]*>`__?", r"\1", text)
    text = text.replace("``", "").replace("`", "").replace("**", "")
    text = re.sub(r"\\ (?=s\b)|\\(?=s\b)", "", text).replace("\\ ", " ")
    return re.sub(r"\s+", " ", text).strip()


def _role_text(text: str) -> str:
    text = re.sub(r"\s*<[^>]*>$", "", text)
    if text.startswith("~"):
        text = text.rpartition(".")[2]
    return _formula(text)


def _formula(text: str) -> str:
    """A TeX formula in characters, as far as short ones go."""
    for command in ("text", "mathrm", "mathbf", "operatorname", "mathcal", "mathbin"):
        text = re.sub(rf"\\{command}\s*\{{([^{{}}]*)\}}", r"\1", text)
    text = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"√(\1)", text)
    text = re.sub(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1) / (\2)", text)
    for command, character in _CHARACTERS.items():
        text = re.sub(rf"\\{command}(?![a-zA-Z])", character, text)
    text = text.replace(r"\_", "_").replace(r"\{", "{").replace(r"\}", "}").replace(r"\,", " ").replace("\\\\", " ")
    return re.sub(r"[_^]\{(\w+)\}", lambda found: found[0][0] + found[1], text)


_CHARACTERS = {
    "times": "×",
    "cdot": "·",
    "ast": "*",
    "star": "⋆",
    "geq": "≥",
    "leq": "≤",
    "ge": "≥",
    "le": "≤",
    "neq": "≠",
    "in": "∈",
    "infty": "∞",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "Phi": "Φ",
    "pi": "π",
    "theta": "θ",
    "sum": "Σ",
    "prod": "Π",
    "max": "max",
    "min": "min",
    "log": "log",
    "exp": "exp",
    "tanh": "tanh",
    "ldots": "…",
    "dots": "…",
    "cdots": "…",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lVert": "‖",
    "rVert": "‖",
    "left": "",
    "right": "",
    "quad": " ",
    "odot": "⊙",
    "oplus": "⊕",
    "rightarrow": "→",
    "to": "→",
    "pm": "±",
    "sim": "~",
    "otimes": "⊗",
    "lceil": "⌈",
    "rceil": "⌉",
}
