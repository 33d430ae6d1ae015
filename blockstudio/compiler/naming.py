"""Names in the generated source: which ones a document may use, and fresh ones for local variables."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from blockstudio.graph.expressions import OPTION_FUNCTIONS, is_identifier

MODULE_ATTRIBUTES = frozenset(
    "T_destination _apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl "
    "_forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks "
    "_forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_name "
    "_is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks _load_state_dict_pre_hooks "
    "_maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters "
    "_register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel "
    "_save_to_state_dict _slow_forward _state_dict_hooks _state_dict_pre_hooks _version "
    "_wrapped_call_impl add_module apply bfloat16 buffers call_super_init children compile cpu cuda double "
    "dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule "
    "half init_weights ipu load_state_dict modules mtia named_buffers named_children named_modules "
    "named_parameters parameters register_backward_hook register_buffer register_forward_hook "
    "register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module "
    "register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ "
    "set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu "
    "zero_grad".split()
)
"""What every nn.Module has already (a test compares it with torch), and the `init_weights` of ours."""

CONTAINER_ATTRIBUTES = frozenset(
    "_get_item_by_idx append clear copy extend fromkeys get has_key insert items keys pop popitem setdefault "
    "update values".split()
)
"""What an nn.Sequential or an nn.ModuleDict has besides, which no member of theirs may be called."""

IMPORTED = frozenset({"torch", "nn", "F", "OrderedDict"})
"""What the generated file imports."""

LOCAL_RESERVED = frozenset({"self", "super", "range", "getattr", "isinstance", *IMPORTED, *OPTION_FUNCTIONS})
"""Names that `__init__` and `forward` need for something else than an argument or a variable."""

CLASS_RESERVED = LOCAL_RESERVED | frozenset(dir(builtins))

_WORD = re.compile(r"\W+")


def is_plain(name: str) -> bool:
    """Whether Python keeps a name as it is: an identifier in normal form that no class mangles."""
    return is_identifier(name) and unicodedata.normalize("NFKC", name) == name and not name.startswith("__")


def is_attribute(name: str) -> bool:
    """Whether the first segment of a node name can be an attribute of a module."""
    return is_plain(name) and name not in MODULE_ATTRIBUTES


def is_index(text: str) -> bool:
    """Whether a segment of a path is the number of a member."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def variable(text: str) -> str:
    """A name for a local variable that resembles a text."""
    name = _WORD.sub("_", text).strip("_") or "value"
    if name[0].isdigit():
        name = f"_{name}"
    name = unicodedata.normalize("NFKC", name)
    return f"{name}_" if keyword.iskeyword(name) or not name.isidentifier() else name


class Namer:
    """Gives out names, each at most once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)

    def fresh(self, wanted: str) -> str:
        """`wanted`, or the first of `wanted_2`, `wanted_3`, ... that is free."""
        base = name = variable(wanted)
        number = 2
        while name in self.taken:
            name = f"{base}_{number}"
            number += 1
        self.taken.add(name)
        return name
