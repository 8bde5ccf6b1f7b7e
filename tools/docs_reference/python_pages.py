"""python-api.md and python/*.md: the public names of the package, with signatures and docstrings.

The lists of names are the ``__init__.pyi`` files: what isn't there is not public.
"""

from __future__ import annotations

import importlib
import inspect
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from docs_reference.docstrings import docstring_markdown, first_sentence
from docs_reference.markdown import fenced, link, page, table
from docs_reference.signature_types import Alias, named_types, type_text
from sfn_release.lazy_names import public_names

_KINDS = (types.FunctionType, property, classmethod, staticmethod)
_WIDEST = 88  # columns of a signature; a longer one has a line for each parameter
_PACKAGES = {
    # module → title, page, introduction
    "sfn_release": (
        "Write workflows",
        "python/authoring.md",
        "`import sfn_release as sfn`. [The language in Python](../language.md) shows how these"
        " names"
        " work together.",
    ),
    "sfn_release.testing": (
        "Test workflows",
        "python/testing.md",
        "`from sfn_release.testing import simulate, Payload`."
        " [Test your workflows](../../how-to/testing.md) shows how to use them.",
    ),
    "sfn_release.operations": (
        "Run commands from Python",
        "python/operations.md",
        "One function for each command. Open a workspace first:\n\n"
        "```py\n"
        "from pathlib import Path\n\n"
        "from sfn_release import operations\n\n\n"
        "class Progress:\n"
        '    """Receives the progress of deployments, and prints its lines."""\n\n'
        "    def say(self, text):\n"
        "        print(text)\n\n"
        "    planned = applying = applied = seen = lambda self, _: None\n\n\n"
        "runtime = operations.system_runtime(Progress())\n"
        "workspace = operations.open_workspace(Path.cwd(), runtime)\n"
        'record = operations.rollback(workspace, environment="local")\n'
        "```\n\n"
        "Errors are the classes of `sfn_release.errors`, each with a code: see"
        " [Error codes](../error-codes.md). An error has the attributes `code`, `exit_code`,"
        " `message`, `why` and `fix`, all of them text but for the exit code.\n\n"
        "**Nothing here asks before a change.** Questions belong to the command line, and so does"
        " `confirm = true` of an environment: these functions ignore it, and need no `--yes`."
        " Policies, locks and yanks apply as always.",
    ),
}


@dataclass(frozen=True)
class PublicName:
    """A public *name* and its *value*."""

    name: str
    value: object

    @property
    def kind(self) -> str:
        """The kind of value, in a word."""
        match self.value:
            case type():
                return "class"
            case types.FunctionType():
                return "function"
            case types.ModuleType():
                return "module"
            case _:
                return "value"

    @property
    def doc(self) -> str:
        """Its docstring, "" without one."""
        if not isinstance(self.value, type | types.FunctionType | types.ModuleType):
            return inspect.getdoc(type(self.value)) or ""
        return inspect.getdoc(self.value) or ""

    @property
    def members(self) -> Iterator[tuple[str, object]]:
        """The public functions of a module, the public methods and properties of a class."""
        for name, value in vars(self.value).items() if _has_members(self.value) else ():
            if name.startswith("_") or not isinstance(value, _KINDS):
                continue
            home = getattr(value, "__module__", None)
            if isinstance(self.value, types.ModuleType) and home != self.value.__name__:
                continue
            yield name, value


def python_pages() -> Mapping[str, str]:
    """Return the pages: the overview, and one for each package."""
    names = {module: tuple(_names(module)) for module in _PACKAGES}
    pages = {_PACKAGES[module][1]: _package_page(module, names[module]) for module in _PACKAGES}
    return {"python-api.md": _overview(names), **pages}


def _names(module: str) -> Iterator[PublicName]:
    package = importlib.import_module(module)
    for name in sorted(public_names(str(package.__file__)), key=str.lower):
        yield PublicName(name, getattr(package, name))


def _overview(names: Mapping[str, tuple[PublicName, ...]]) -> str:
    parts = []
    for module, (title, path, _) in _PACKAGES.items():
        rows = [
            (
                link(f"`{name.name}`", f"{path}#{name.kind}-{name.name.lower()}"),
                first_sentence(name.doc),
            )
            for name in names[module]
        ]
        parts += [f"## {title}: {module}", table(("name", "does"), rows)]
    return page(
        "The Python API",
        "Every public name. Other names and modules can change in any release. All of it is typed:"
        " mypy and your editor know it.",
        *parts,
    )


def _package_page(module: str, names: tuple[PublicName, ...]) -> str:
    title, _, introduction = _PACKAGES[module]
    sections = [_name_section(name) for name in names]
    return page(f"{title}: {module}", introduction, *sections, *_types_section(names))


def _types_section(names: tuple[PublicName, ...]) -> Iterator[str]:
    """Yield the section about the types that signatures use and that have no section yet."""
    found: dict[str, type | Alias] = {}
    for name in names:
        for value in (name.value, *(_function(member) for _, member in name.members)):
            found |= dict(named_types(value))
    public = {name.name for name in names}
    others = sorted((name for name in found if name not in public), key=str.lower)
    if not others:
        return
    yield "## Types"
    yield (
        "Signatures on this page use these types, here with their public fields. Functions return"
        " the objects, or take them. Don't import a type from its module: it can move."
    )
    for other in others:
        value = found[other]
        yield f"### type {other}"
        text = type_text(other, value)
        yield fenced(text, "py") if text else ""
        if not isinstance(value, Alias):
            yield docstring_markdown(inspect.getdoc(value) or "")


def _name_section(name: PublicName) -> str:
    parts = [f"## {name.kind} {name.name}"]
    if not isinstance(name.value, types.ModuleType):
        parts.append(fenced(_signature(name.name, name.value), "py"))
    parts.append(docstring_markdown(name.doc))
    for member, value in name.members:
        function = _function(value)
        dotted = f"{name.name}.{member}"
        parts.append(f"**`{dotted}`**")
        if not isinstance(function, property):
            parts.append(fenced(_signature(dotted, function), "py"))
        parts.append(docstring_markdown(inspect.getdoc(function) or ""))
    return "\n\n".join(part for part in parts if part)


def _function(member: object) -> object:
    return member.__func__ if isinstance(member, classmethod | staticmethod) else member


def _has_members(value: object) -> bool:
    return isinstance(value, type | types.ModuleType)


def _signature(name: str, value: object) -> str:
    """Return how *value* is called, as Python code; the name alone for a constant."""
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return name
    parameters = [_parameter(each) for each in signature.parameters.values()]
    if parameters and re.match(r"(self|cls)\b", parameters[0]):
        del parameters[0]
    parameters = _with_marks(signature, parameters)
    returned = signature.return_annotation
    made = isinstance(value, type) or returned in (inspect.Signature.empty, None)
    arrow = "" if made else f" -> {_annotation(returned)}"
    line = f"{name}({', '.join(parameters)}){arrow}"
    if len(line) <= _WIDEST:
        return line
    return f"{name}(\n{''.join(f'    {text},{chr(10)}' for text in parameters)}){arrow}"


def _with_marks(signature: inspect.Signature, parameters: list[str]) -> list[str]:
    """Return *parameters* with the star before those that need their name."""
    kinds = [each.kind for each in signature.parameters.values()]
    kinds = kinds[len(kinds) - len(parameters) :]
    named = inspect.Parameter.KEYWORD_ONLY
    if named in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        place = kinds.index(named)
        return [*parameters[:place], "*", *parameters[place:]]
    return parameters


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    text = stars.get(parameter.kind.name, "") + parameter.name
    if parameter.annotation is not parameter.empty:
        text += f": {_annotation(parameter.annotation)}"
    if parameter.default is parameter.empty:
        return text
    default = re.sub(r"^<.*>$", "...", repr(parameter.default))  # a factory, or a function
    return f"{text} = {default}" if ":" in text else f"{text}={default}"


def _annotation(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else str(inspect.formatannotation(annotation))
