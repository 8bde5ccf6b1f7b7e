"""The ARNs of the resources that a call acts on, from its parameters and IAM's patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.iam_data import PLACES, IamAction, ResourceType
from sfn_release.permissions.name_forms import name_forms
from sfn_release.permissions.needed import Place
from sfn_release.permissions.resource_names import OWN, RARE, default_name, parameter_names, plain

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_HELD: Final = r"(?:\$\{[^}]*\}|[^:])*"
_VERSION: Final = re.compile(r":\$\{\w+\}")
_VERSIONED: Final = re.compile(r"[^:]+:\d+")
_SHORTEST: Final = 2
_LONE: Final = re.compile(r"\$\{[^}]*\}")
_ANY: Final = re.compile(r"resource(?:arn|id|name|identifier)s?")
_MAKES: Final = re.compile(
    r"(Create|Run|Submit|Import|Copy|Restore|Request|Register|Allocate)[A-Z]"
)


class Target(NamedTuple):
    """A resource of a call. *named* is false where nothing of its own name is known."""

    arn: KnownText
    named: bool = True


class Targets(NamedTuple):
    """The resources of a call, or the *problem* that leaves them unknown, *within* a pattern."""

    found: tuple[Target, ...]
    problem: str = ""
    within: str = ""


EVERYTHING: Final = Targets((Target(KnownText("*")),))
"""For an action that IAM limits to no resource."""


def whole_arn(arn: str) -> Target:
    """Return a resource whose ARN is known."""
    return Target(KnownText(arn))


def targets(action: IamAction, operation: str, arguments: Arguments, place: Place) -> Targets:
    """Return the resources that a request with *arguments* acts on."""
    if not action.resources:
        return EVERYTHING
    found: dict[ResourceType, tuple[Target, ...]] = {}
    types = [type for type in action.resources if (type.service, type.name) not in RARE]
    for type in types:
        others = [other for other in types if other is not type]
        of_type = tuple(_of_type(type, others, operation, arguments, place))
        if of_type:
            found[type] = of_type
    makes = _MAKES.match(operation) is not None
    for type in types:
        if makes and type.required and type not in found and not arguments.open:
            found[type] = (Target(KnownText(placed(type.arn, place, {}))),)  # AWS makes its name
    for type in tuple(found):
        if any(other.arn.startswith(f"{type.arn}/") for other in found):  # an index, not its table
            del found[type]
    if found:
        return Targets(tuple(target for of_type in found.values() for target in of_type))
    return _unnamed(types, arguments, place)


def _unnamed(types: list[ResourceType], arguments: Arguments, place: Place) -> Targets:
    """Return the resources of a request that names none: all, if IAM asks for none."""
    if not any(type.required for type in types) and not arguments.open:
        if any(_names_any(name, arguments) for name in arguments.names):
            return Targets((), "its parameters don't show the kind of resource that it acts on")
        return EVERYTHING
    kinds = " or ".join(dict.fromkeys(type.name for type in types[:3]))
    within = placed(types[0].arn, place, {}) if types else ""
    return Targets((), f"no parameter names the {kinds} that it acts on", within)


def _names_any(name: str, arguments: Arguments) -> bool:
    """Whether a parameter names a resource of any kind: ``ResourceArn``, or an ARN made later."""
    key = plain(name)
    if _ANY.fullmatch(key):
        return True
    texts = arguments.texts(name) if key.endswith("arn") else ()
    return any(not text.whole or text.text.startswith("${") for text in texts)


def _of_type(
    type: ResourceType,
    others: list[ResourceType],
    operation: str,
    arguments: Arguments,
    place: Place,
) -> Iterator[Target]:
    if not type.variables:
        if type.required:
            yield whole_arn(placed(type.arn, place, {}))
        return
    first, *more = type.variables
    names = _given(type, first, operation, arguments)
    texts = [(name, text) for name in names for text in arguments.texts(name)]
    default = default_name(type.service, first, operation)
    any_kind = any(_ANY.fullmatch(plain(name)) for name in arguments.names)
    if not texts and default and not arguments.open and not any_kind:
        texts = [("", KnownText(default))]
    rest = {other: _rest(type, other, operation, arguments) for other in more}
    whole = bool(texts) and all(_pattern(type.arn).fullmatch(text.text) for _, text in texts)
    if (
        not type.required
        and not whole
        and any(
            not text.text and parameter_names(type.service, type.name, other, operation)
            for other, text in rest.items()
        )
    ):
        return  # an index, or a version, that the request doesn't name
    for name, text in texts:
        for target in _targets(type, name, text, arguments, place):
            own = name_forms(type, text, arguments, place) is not None
            if own or not _of_another_kind(type, others, text):
                yield _with_rest(target, rest)


def _of_another_kind(type: ResourceType, others: list[ResourceType], text: KnownText) -> bool:
    """Whether a request names a resource by an ARN of another kind that the action has too.

    ``service/${Cluster}/${Service}`` follows from the ARN of a cluster: patterns with several
    variables aren't meant.
    """
    if not text.text.startswith("arn:") or len(type.variables) != 1:
        return False
    if _pattern(type.arn).fullmatch(text.text):
        return False
    return any(_pattern(other.arn).fullmatch(text.text) for other in others)


def _given(
    type: ResourceType, variable: str, operation: str, arguments: Arguments
) -> tuple[str, ...]:
    """Return the given parameters that name a variable: those with the likeliest name."""
    given = {plain(name): name for name in arguments.names}
    for name in parameter_names(type.service, type.name, variable, operation):
        if name in given:
            return (given[name],)
    if variable != type.variables[0]:
        return ()
    own = tuple(name for key, name in given.items() if _names_own(key, type, operation))
    if own and (type.service, variable) not in OWN:
        return own
    pattern = _pattern(type.arn)
    return tuple(
        name
        for name in arguments.names
        if any(
            text.text[:4] == "arn:" and pattern.fullmatch(text.text)
            for text in arguments.texts(name)
        )
    )


def _names_own(key: str, type: ResourceType, operation: str) -> bool:
    """Whether a parameter has the name of the operation's object: its last words."""
    stem = re.sub(r"(arn|name|id|identifier)$", "", key)
    kind = plain(type.name)
    return (
        len(stem) > _SHORTEST
        and stem != key
        and plain(operation).endswith(stem)
        and (kind in stem or stem in kind)
    )


def _rest(type: ResourceType, variable: str, operation: str, arguments: Arguments) -> KnownText:
    """Return the text of another variable of a pattern, "" where no parameter names it."""
    default = default_name(type.service, variable, operation)
    for name in _given(type, variable, operation, arguments):
        texts = arguments.texts(name)
        if len(texts) == 1:
            own = texts[0].text.startswith("arn:")
            return texts[0]._replace(text=_own_name(texts[0].text)) if own else texts[0]
        if texts:
            return KnownText(UNKNOWN, "several values")
    return KnownText(default)


def _targets(
    type: ResourceType, name: str, text: KnownText, arguments: Arguments, place: Place
) -> Iterator[Target]:
    """Yield the ARNs up to a pattern's first variable and beyond, its other variables open."""
    head_end = _first(type.arn).end()
    head, tail = type.arn[:head_end], type.arn[head_end:]
    if _VERSION.fullmatch(tail) and _VERSIONED.fullmatch(text.text):
        tail = ""  # the name has its version
    if text.unknown:
        yield Target(KnownText(placed(head, place, {}) + tail, text.source), named=False)
        return
    forms = name_forms(type, text, arguments, place)
    if forms is not None:
        yield from (Target(KnownText(form + tail, text.source)) for form in forms)
    elif text.text.startswith("arn:"):
        if _pattern(type.arn).fullmatch(text.text):
            yield Target(text)
        elif _pattern(head).fullmatch(text.text):
            yield Target(KnownText(text.text + tail, text.source))
        elif not plain(name).endswith("arn"):
            variables = {_first(type.arn)[1]: _own_name(text.text)}
            yield Target(KnownText(placed(head, place, variables) + tail, text.source))
    elif _is_arn_later(name, text.text):
        yield Target(KnownText(text.text + tail, text.source))
    else:
        variables = {_first(type.arn)[1]: _as_in_arn(type.service, text.text)}
        yield Target(KnownText(placed(head, place, variables) + tail, text.source))


def _as_in_arn(service: str, name: str) -> str:
    """Return a name as ARNs have it: SageMaker writes it in lower case, and IAM minds the case."""
    if service != "sagemaker":
        return name
    parts = re.split(r"(\$\{[^}]*\})", name)
    return "".join(part if part.startswith("${") else part.lower() for part in parts)


def _own_name(arn: str) -> str:
    return re.split(r"[:/]", arn)[-1]


def _is_arn_later(name: str, text: str) -> bool:
    """Whether an unfilled ``${Parameter}`` stands for a whole ARN or URL."""
    lone = _LONE.fullmatch(text) is not None
    return lone and (plain(name).endswith(("arn", "url")) or text.lower().endswith("arn}"))


def _with_rest(target: Target, rest: dict[str, KnownText]) -> Target:
    """Fill the other variables: ``*`` where the request names none."""
    text, source = target.arn.text, target.arn.source
    for variable, value in rest.items():
        marker = f"${{{variable}}}"
        if marker in text:
            text = text.replace(marker, value.text or UNKNOWN)
            source = source or value.source
    return Target(KnownText(text, source), target.named)


def _first(arn: str) -> re.Match[str]:
    return next(found for found in _VARIABLE.finditer(arn) if found[1] not in PLACES)


def placed(arn: str, place: Place, variables: dict[str, str]) -> str:
    """Fill a pattern: partition, region, account, and its *variables*; ``*`` for others."""
    known = {
        "Partition": place.partition,
        "Region": place.region,
        "Account": place.account,
        **variables,
    }
    return _VARIABLE.sub(lambda found: known.get(found[1], UNKNOWN), arn)


@lru_cache(maxsize=4096)
def _pattern(arn: str) -> re.Pattern[str]:
    """Return the form of the ARNs of a pattern."""
    parts = _VARIABLE.split(arn)
    return re.compile(
        "".join(
            re.escape(part) if index % 2 == 0 else _HELD if part in PLACES else r".+"
            for index, part in enumerate(parts)
        ),
        re.DOTALL,
    )
