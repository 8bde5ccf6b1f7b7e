"""The JSON Schema of releases.toml, for editors. Made from the tables of its reader."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Final

from sfn_release.project.backends import AWS, BACKENDS, BUILT_IN, Backend
from sfn_release.project.checks_table import names_to_silence
from sfn_release.project.environment import Environment
from sfn_release.project.key_texts import RELEASES_TEXTS
from sfn_release.project.project import Project
from sfn_release.project.replay_policy import ReplayPolicy
from sfn_release.project.schema import DOCUMENT
from sfn_release.project.toml_schema import DRAFT, DocumentedSchema

ID: Final = "https://github.com/sfn-release/sfn-release/schemas/{name}.schema.json"
"""The identity of a schema. It's a name; editors read the file."""

_ENVIRONMENT: Final = "environments.*"


def schema_of_releases() -> dict[str, Any]:
    """Return the JSON Schema of releases.toml."""
    schema = DocumentedSchema(
        RELEASES_TEXTS,
        _defaults(),
        {
            "environments": _environments(),
            "checks.silence[].rule": {"enum": sorted(names_to_silence())},
        },
    )
    table = DOCUMENT.keys["environments"].others or DOCUMENT
    return {
        "$schema": DRAFT,
        "$id": ID.format(name="releases"),
        "title": "releases.toml of sfn-release",
        **schema.of(DOCUMENT),
        "definitions": {"environment": schema.of(table, _ENVIRONMENT)},
    }


def _defaults() -> dict[str, Any]:
    """Return the defaults of keys, which are the defaults of the data made of them."""
    environment = _of_fields(Environment, f"{_ENVIRONMENT}.")
    environment[f"{_ENVIRONMENT}.name"] = environment.pop(f"{_ENVIRONMENT}.name_template")
    return {
        **_of_fields(Project, "project."),
        **{place: value for place, value in environment.items() if place in RELEASES_TEXTS},
        **_of_fields(ReplayPolicy, f"{_ENVIRONMENT}.replay."),
    }


def _of_fields(made: type[Any], before: str) -> dict[str, Any]:
    """Return the defaults of a dataclass that TOML can write, by place."""
    return {
        f"{before}{entry.name}": int(entry.default) if _is_whole(entry.default) else entry.default
        for entry in fields(made)
        if entry.default is not MISSING and isinstance(entry.default, str | int | float)
        if f"{before}{entry.name}" in RELEASES_TEXTS or entry.name == "name_template"
    }


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


def _environments() -> dict[str, Any]:
    """Return the keys that an environment needs and refuses, which depend on its backend.

    A built-in environment has its backend by its name, any other by its key `backend`.
    """
    table = {"$ref": "#/definitions/environment"}
    chosen = [
        {
            "if": {"properties": {"backend": {"enum": [name]}}, "required": ["backend"]},
            "then": _rules(backend),
        }
        for name, backend in BACKENDS.items()
    ]
    unsaid = {"if": {"not": {"required": ["backend"]}}, "then": _rules(AWS)}
    return {
        "properties": {
            name: {
                "allOf": [
                    table,
                    _rules(backend),
                    {"properties": {"backend": {"enum": [backend.name]}}},
                ]
            }
            for name, backend in BUILT_IN.items()
        },
        "additionalProperties": {"allOf": [table, *chosen, unsaid]},
    }


def _rules(backend: Backend) -> dict[str, Any]:
    return {"allOf": [dict(rule.schema) for rule in backend.rules]}
