"""What a block written in Python takes and gives, read from its syntax tree; its code is never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping

from attrs import frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import OptionSpec, PortSpec
from blockstudio.catalog.values import option_from_text
from blockstudio.errors import CodeError, mark

LONGEST = 1_000_000

_USUAL_NAMES: Mapping[str, str] = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "Module": "torch.nn.Module",
}
"""What these names mean where the source does not import them: the generated file does."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@frozen
class CodeSignature:
    """One nn.Module class: `hyper_parameters` are the arguments of `__init__`, ports those of `forward`."""

    class_name: str
    hyper_parameters: tuple[OptionSpec, ...] = ()
    inputs: tuple[PortSpec, ...] = ()
    outputs: tuple[PortSpec, ...] = ()
    doc: str = ""
    line: int = 1


def read_code(source: str, name: str = "") -> CodeSignature:
    """The signature of the nn.Module class called `name`, or of the only one; CodeError with a line if none."""
    try:
        return _read(source, name)
    except RecursionError:
        raise _unreadable() from None


def _read(source: str, name: str) -> CodeSignature:
    tree = _parse(source)
    imports = dict(_USUAL_NAMES) | dict(_imports(tree))
    classes = {part.name: part for part in tree.body if isinstance(part, ast.ClassDef)}
    modules = [part for part in classes.values() if _torch_base(part, classes, imports)]
    chosen = _choose(modules, classes, name)
    return _signature(chosen, _lineage(chosen, classes), _torch_base(chosen, classes, imports))


def _parse(source: str) -> ast.Module:
    if len(source) > LONGEST:
        raise CodeError(mark("The code is longer than {limit} characters."), limit=LONGEST, line=1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an odd escape in a string; running the code will say so
            return ast.parse(source)
    except SyntaxError as error:
        raise CodeError(mark("Line {line}: {reason}"), line=error.lineno or 1, reason=error.msg) from None
    except (ValueError, RecursionError, MemoryError):
        raise _unreadable() from None


def _unreadable() -> CodeError:
    return CodeError(mark("The code cannot be read as Python."), line=1)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every imported name at the top, with the full name it stands for."""
    for part in tree.body:
        if isinstance(part, ast.Import):
            for item in part.names:
                yield (item.asname, item.name) if item.asname else (item.name.split(".")[0],) * 2
        elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
            for item in part.names:
                yield item.asname or item.name, f"{part.module}.{item.name}"


def _torch_base(part: ast.ClassDef, classes: Mapping[str, ast.ClassDef], imports: Mapping[str, str]) -> str:
    """The torch.nn class at the root of a class, such as "torch.nn.Module"; "" when there is none."""
    for ancestor in _lineage(part, classes):
        for base in ancestor.bases:
            first, _, rest = ast.unparse(base).partition(".")
            full = f"{imports.get(first, first)}.{rest}" if rest else imports.get(first, first)
            full = full.replace("torch.nn.modules.module.", "torch.nn.")
            if first not in classes and full.startswith("torch.nn."):
                return full
    return ""


def _lineage(part: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """The class and those of the source it inherits from, nearest first."""
    found = [part]
    for ancestor in found:
        for base in ancestor.bases:
            inherited = classes.get(base.id) if isinstance(base, ast.Name) else None
            if inherited is not None and inherited not in found:
                found.append(inherited)
    return found


def _choose(modules: list[ast.ClassDef], classes: Mapping[str, ast.ClassDef], name: str) -> ast.ClassDef:
    if not modules:
        last = next(reversed(list(classes.values())), None)
        if last is None:
            raise CodeError(mark("The code defines no class."), line=1)
        raise CodeError(mark("Line {line}: {name} is not an nn.Module."), line=last.lineno, name=last.name)
    if not name:
        if len(modules) > 1:
            names = ", ".join(part.name for part in modules)
            raise CodeError(mark("The code defines several blocks: {names}."), names=names, line=modules[1].lineno)
        return modules[0]
    for part in modules:
        if part.name == name:
            return part
    if name in classes:
        raise CodeError(mark("Line {line}: {name} is not an nn.Module."), line=classes[name].lineno, name=name)
    names = ", ".join(part.name for part in modules)
    raise CodeError(
        mark("The block is called {name}, but its code defines {names}."),
        name=name,
        names=names,
        line=modules[0].lineno,
    )


def _signature(part: ast.ClassDef, lineage: list[ast.ClassDef], base: str) -> CodeSignature:
    layer = catalog().get(base)
    forward, init = _method(lineage, "forward"), _method(lineage, "__init__")
    if forward is None and layer is None:
        raise CodeError(mark("Line {line}: {name} has no forward."), line=part.lineno, name=part.name)
    if init is not None:
        hyper_parameters = tuple(_hyper_parameters(init))
    else:
        hyper_parameters = tuple(option for option in layer.options if not option.forward) if layer else ()
    if forward is not None:
        inputs, outputs = tuple(_inputs(forward)), _outputs(forward)
    else:
        assert layer is not None
        inputs, outputs = layer.inputs, tuple(port for port in layer.outputs if not port.when)
    return CodeSignature(part.name, hyper_parameters, inputs, outputs, ast.get_docstring(part) or "", part.lineno)


def _method(lineage: list[ast.ClassDef], name: str) -> _Function | None:
    for part in lineage:
        for member in part.body:
            if isinstance(member, _Function) and member.name == name:
                return member
    return None


def _arguments(method: _Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """The arguments behind `self`, each with its default; not `*args` or `**kwargs`."""
    given = method.args
    positional = [*given.posonlyargs, *given.args]
    if not positional:
        raise CodeError(mark("Line {line}: {name} takes no self."), line=method.lineno, name=method.name)
    defaults = [None] * (len(positional) - len(given.defaults)) + given.defaults
    yield from zip(positional[1:], defaults[1:], strict=True)
    yield from zip(given.kwonlyargs, given.kw_defaults, strict=True)


def _hyper_parameters(method: _Function) -> Iterator[OptionSpec]:
    for argument, default in _arguments(method):
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        yield option_from_text(argument.arg, ast.unparse(default) if default else "", annotation)


def _inputs(method: _Function) -> Iterator[PortSpec]:
    for argument, default in _arguments(method):
        yield PortSpec(argument.arg, optional=default is not None)
    if method.args.vararg:
        yield PortSpec(method.args.vararg.arg, optional=True, variadic=True)


def _outputs(method: _Function) -> tuple[PortSpec, ...]:
    returned = list(_returned(method.body))
    if not returned:
        raise CodeError(mark("Line {line}: forward returns nothing."), line=method.lineno)
    first = returned[0]
    alike = all(
        isinstance(value, ast.Tuple) and len(value.elts) == len(getattr(first, "elts", ())) for value in returned
    )
    starred = any(isinstance(element, ast.Starred) for element in getattr(first, "elts", ()))
    if not alike or starred or not isinstance(first, ast.Tuple) or not first.elts:
        return (PortSpec("output"),)
    names = [element.id if isinstance(element, ast.Name) else "" for element in first.elts]
    unique = all(names) and len(set(names)) == len(names)
    return tuple(PortSpec(name if unique else f"output_{index}") for index, name in enumerate(names))


def _returned(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """What is returned in a function's body, leaving out the functions defined in it."""
    pending: list[ast.AST] = list(body)
    while pending:
        part = pending.pop(0)
        if isinstance(part, ast.Return) and part.value is not None:
            if not (isinstance(part.value, ast.Constant) and part.value.value is None):
                yield part.value
        elif not isinstance(part, _Function | ast.ClassDef | ast.Lambda):
            pending += ast.iter_child_nodes(part)
