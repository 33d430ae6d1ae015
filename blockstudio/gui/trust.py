"""Which Python of the user's own may run: known by the hash of its text, agreed to once."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from blockstudio.gui.settings import TRUSTED_CODE, Settings


def fingerprint(source: str) -> str:
    return sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def is_trusted(sources: Iterable[str], settings: Settings) -> bool:
    """Whether the user agreed to, or wrote, every one of these."""
    known = settings.get(TRUSTED_CODE)
    return all(fingerprint(source) in known for source in sources)


def trust(sources: Iterable[str], settings: Settings) -> None:
    """The user agrees to these being run, here and in every project that holds the same text."""
    before = settings.get(TRUSTED_CODE)
    added = [mark for source in sources if (mark := fingerprint(source)) not in before]
    if added:
        settings.set(TRUSTED_CODE, list(dict.fromkeys([*added, *before])))
