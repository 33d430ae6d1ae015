"""Parameters that do not train, as rules of the block that holds them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from blockstudio.compiler.check import analyse
from blockstudio.compiler.paths import Paths
from blockstudio.graph.document import Document
from blockstudio.graph.model import Definition, Initializer
from blockstudio.runtime.build import build
from blockstudio.runtime.importing.tree import joined


def freeze(document: Document, module: nn.Module) -> list[str]:
    """Let what does not train in a module not train in its document; gives the names of what no rule reaches."""
    found = list(_frozen("", module, set()))
    root = document.definitions[document.root]
    if not found:
        return []
    if not isinstance(root, Definition):  # a class of the user's own, which may have frozen them itself
        trains = {name for name, parameter in build(document).named_parameters() if parameter.requires_grad}
        return [path for path, _ in found if any(not path or f"{name}.".startswith(f"{path}.") for name in trains)]
    paths = Paths(analyse(document).scopes)
    missed = []
    for path, inner in found:
        missed += _add(root, paths, path, inner)
    return missed


def _frozen(path: str, module: nn.Module, seen: set[int]) -> Iterator[tuple[str, nn.Module | nn.Parameter]]:
    """The largest modules of which nothing trains, and single parameters of others, by their paths."""
    if id(module) in seen:
        return
    seen.add(id(module))
    if _is_frozen(module):
        yield path, module
        return
    for name, parameter in module._parameters.items():
        if parameter is not None and not _trains(parameter) and id(parameter) not in seen:
            seen.add(id(parameter))
            yield joined(path, name), parameter
    for name, child in module._modules.items():
        if child is not None:
            yield from _frozen(joined(path, name), child, seen)


def _is_frozen(module: nn.Module) -> bool:
    could = [parameter for parameter in module.parameters() if _can_train(parameter)]
    return bool(could) and not any(map(_trains, could))


def _can_train(parameter: nn.Parameter) -> bool:
    return parameter.is_floating_point() or parameter.is_complex()


def _trains(parameter: nn.Parameter) -> bool:
    """Whether it trains; of whole numbers, which cannot, there is nothing to say."""
    return parameter.requires_grad or not _can_train(parameter)


def _add(root: Definition, paths: Paths, path: str, part: nn.Module | nn.Parameter) -> list[str]:
    """Rules for a module or parameter, or for the modules in it where it is a mere list; what they do not reach."""
    if isinstance(part, nn.Parameter):
        target, _, name = path.rpartition(".")
        if paths.follow(root.name, target) is None:
            return [path]
        root.initializers.append(Initializer(target=target, parameter=name, trainable=False))
        return []
    if paths.follow(root.name, path) is not None:
        root.initializers.append(Initializer(target=path, trainable=False))
        return []
    parts: list[tuple[str, nn.Module | nn.Parameter | None]] = [*part._modules.items(), *part._parameters.items()]
    missed = []
    for name, child in parts:
        if isinstance(child, nn.Parameter) or (child is not None and any(map(_can_train, child.parameters()))):
            missed += _add(root, paths, joined(path, name), child)
    return missed
