"""Comparing a recorded form with its release. Pure.

A rollback sends the form that the ledger recorded, without rendering it again. Anyone who can push
can record a form whose digests agree, so we compare the form with its release first:

    rendered = render(definition of the release, recorded values, recorded pins)

Records of sfn-release 0.2.0 and before have no values. Their forms must equal the release outside
of ``${Name}``, which any text may replace.

The settings that come from the environment (role, logging, tracing, encryption, more tags) are in
releases.toml, not in the release. We don't compare them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.placeholders import REFERENCE
from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import canonical, first_difference, member
from sfn_release.errors import SfnReleaseError
from sfn_release.project.parameters import fill
from sfn_release.release.pins import constant, pin_open
from sfn_release.release.rendering import (
    Rendered,
    normal_encryption,
    normal_logging,
    normal_tracing,
)


@dataclass(frozen=True)
class _ReleasedPart:
    """One part of a form: as the release has *declared* it, and as it was *recorded*.

    *normal* spells out AWS's defaults. With *texts*, a parameter alone in a field becomes a text.
    """

    name: str
    declared: Any
    recorded: Any
    normal: Callable[[Any], Any] = lambda value: value
    texts: bool = False


def unlike_release(
    declaration: Declaration,
    form: Rendered,
    *,
    values: Mapping[str, Any] | None,
    pins: Mapping[str, str],
) -> str | None:
    """Return how *form* differs from the rendered *declaration*, None if it doesn't.

    *values* fill its parameters, None if they were not recorded; *pins* are the recorded pins.
    """
    if form.type != declaration.type:
        return f"its type is {form.type}, and the released type is {declaration.type}"
    for part in _parts(declaration, form):
        try:
            path = _fits(part, pins) if values is None else _is_rendered(part, values, pins)
        except SfnReleaseError as error:
            return error.message
        if path is not None:
            return f"{part.name} differs at {path}"
    return None


def _parts(declaration: Declaration, form: Rendered) -> list[_ReleasedPart]:
    """Return the parts of a form that the release decides."""
    parts = [_ReleasedPart("the definition", declaration.definition, form.definition)]
    for name, declared, recorded, normal in (
        ("logging", declaration.logging, form.logging, normal_logging),
        ("tracing", declaration.tracing, form.tracing, normal_tracing),
        ("encryption", declaration.encryption, form.encryption, normal_encryption),
    ):
        if declared:
            parts.append(_ReleasedPart(name, declared, recorded, normal))
    if declaration.role and "${" in declaration.role:  # any other yields to the environment's
        parts.append(_ReleasedPart("the role", declaration.role, form.role, texts=True))
    tags = {key: form.tags.get(key) for key in declaration.tags if "${" not in key}
    parts.append(
        _ReleasedPart("tags", {key: declaration.tags[key] for key in tags}, tags, texts=True)
    )
    return parts


def _is_rendered(
    part: _ReleasedPart, values: Mapping[str, Any], pins: Mapping[str, str]
) -> str | None:
    """Return the first path where a part differs from the declared one, filled and pinned."""
    filled = fill(part.declared, values, where=part.name, texts=part.texts)
    expected = part.normal(pin_open(filled, pins) if isinstance(filled, Mapping) else filled)
    if canonical(expected) == canonical(part.recorded):
        return None
    return first_difference(expected, part.recorded) or "$"


def _fits(part: _ReleasedPart, pins: Mapping[str, str]) -> str | None:
    """Return the first path where a part differs, outside of parameters and pins."""
    unpinned: dict[str, list[str]] = {}
    for written, exact in pins.items():
        unpinned.setdefault(exact, []).append(written)
    return _unlike(part.normal(part.declared), part.recorded, "$", unpinned)


def _unlike(
    declared: Any, recorded: Any, path: str, unpinned: Mapping[str, Collection[str]]
) -> str | None:
    if isinstance(declared, Mapping) and isinstance(recorded, Mapping):
        return _unlike_object(declared, recorded, path, unpinned)
    if isinstance(declared, list | tuple) and isinstance(recorded, list):
        if len(declared) != len(recorded):
            return path
        for index, (ours, theirs) in enumerate(zip(declared, recorded, strict=True)):
            found = _unlike(ours, theirs, f"{path}[{index}]", unpinned)
            if found is not None:
                return found
        return None
    if isinstance(declared, str) and isinstance(recorded, str):
        texts = (recorded, *unpinned.get(recorded, ()))
        written = (declared, constant(declared, jsonata=True) or declared)
        fits = any(_text_fits(text, found) for text in written for found in texts)
        return None if fits else path
    return None if canonical(declared) == canonical(recorded) else path


def _unlike_object(
    declared: Mapping[str, Any],
    recorded: Mapping[str, Any],
    path: str,
    unpinned: Mapping[str, Collection[str]],
) -> str | None:
    if (
        "Qualifier" in declared.keys() - recorded.keys()
        and recorded.get("FunctionName") in unpinned
    ):
        # A pinned function has its version in its name.
        left_out = {"Qualifier", "FunctionName"}
        declared = {key: value for key, value in declared.items() if key not in left_out}
        recorded = {key: value for key, value in recorded.items() if key not in left_out}
    if len(declared) != len(recorded):
        return path
    rest = [key for key in recorded if key not in declared]
    for key, value in declared.items():
        name = (
            key
            if key in recorded
            else next((other for other in rest if _text_fits(key, other)), None)
        )
        if name is None:
            return member(path, key)
        if name in rest:
            rest.remove(name)
        found = _unlike(value, recorded[name], member(path, key), unpinned)
        if found is not None:
            return found
    return None


def _text_fits(declared: str, recorded: str) -> bool:
    """Return whether *recorded* is *declared* with any texts for its parameters."""
    if "${" not in declared:
        return declared == recorded
    literals = [""]
    end = 0
    for match in REFERENCE.finditer(declared):
        literals[-1] += declared[end : match.start()]
        end = match.end()
        if match["name"]:
            literals.append("")
        else:
            literals[-1] += "${" if match["escape"] else match[0]
    literals[-1] += declared[end:]
    if len(literals) == 1:
        return literals[0] == recorded
    first, *middle, last = literals
    if len(recorded) < len(first) + len(last):
        return False
    if not (recorded.startswith(first) and recorded.endswith(last)):
        return False
    at, limit = len(first), len(recorded) - len(last)
    for literal in middle:
        found = recorded.find(literal, at, limit)
        if found < 0:
            return False
        at = found + len(literal)
    return True
