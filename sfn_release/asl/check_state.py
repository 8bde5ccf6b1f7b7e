"""Checks of one state by itself: its type, its fields, what its type demands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sfn_release.asl.check_rules import check_choices, check_errors, check_template
from sfn_release.asl.fields import (
    FIELDS,
    NEEDED,
    ONLY_JSONATA,
    ONLY_JSONPATH,
    TWINS,
)
from sfn_release.asl.finding import nearest
from sfn_release.asl.kinds import JSONATA, JSONPATH, is_open
from sfn_release.asl.report import Place

_MAX_NAME = 80
_MAX_LABEL = 40
_NOT_IN_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")
_NOT_EXPRESS = re.compile(r"\.(sync(:\d+)?|waitForTaskToken)$")


def check_state(id: str, body: Any, language: str, place: Place) -> None:
    """Report what is wrong with the state *id*; *language* is its graph's query language."""
    if not 1 <= len(id) <= _MAX_NAME:
        place.error("name", f"A state's name has 1 to {_MAX_NAME} characters, not {len(id)}.")
    if not isinstance(body, Mapping):
        place.error("wrong-value", "A state must be an object.")
        return
    type = body.get("Type")
    if type is None:
        place.missing("A state", "Type")
    elif not isinstance(type, str) or type not in FIELDS:
        place.at("Type").error(
            "unknown-type", f"There is no state of type {type!r}.", nearest(str(type), FIELDS)
        )
    else:
        _check_typed(type, body, language, place)


def state_language(body: Mapping[str, Any], language: str) -> str:
    """Return the query language of a state in a graph of *language*."""
    own = body.get("QueryLanguage")
    return own if own in (JSONPATH, JSONATA) else language


def _check_typed(type: str, body: Mapping[str, Any], outer: str, place: Place) -> None:
    language = state_language(body, outer)
    if outer == JSONATA and language == JSONPATH:
        place.at("QueryLanguage").error(
            "language", "A state can't go back to JSONPath in a workflow whose language is JSONata."
        )
    known = {key: kind for key, kind in FIELDS[type].items() if key not in ("Next", "End")}
    rest = {key: value for key, value in body.items() if key not in ("Next", "End")}
    place.check_fields(rest, known, f"A {type}", language)
    _check_language(type, body, language, place)
    _check_groups(type, body, place)
    if type == "Choice":
        check_choices(body, language, place)
    check_errors(body, language, place)
    if language == JSONPATH:
        for key in ("Parameters", "ResultSelector", "ItemSelector"):
            check_template(body.get(key), place.at(key))
    if type == "Task":
        _check_task(body, place)
    if type == "Map":
        _check_map(body, place)


def _check_language(type: str, body: Mapping[str, Any], language: str, place: Place) -> None:
    foreign = ONLY_JSONPATH if language == JSONATA else ONLY_JSONATA
    other = JSONPATH if language == JSONATA else JSONATA
    for key in body:
        if key in foreign and key in FIELDS[type]:
            place.at(key).error(
                "language", f"{key} belongs to {other}; the language of this state is {language}."
            )


def _check_groups(type: str, body: Mapping[str, Any], place: Place) -> None:
    for group in NEEDED.get(type, ()):
        given = [key for key in group if key in body]
        if not given:
            place.missing(f"A {type}", " or ".join(group))
        elif len(given) > 1:
            place.error("one-of", f"A {type} has only one of {' and '.join(given)}.")
    for pair in TWINS.get(type, ()):
        if all(key in body for key in pair):
            place.error("one-of", f"A {type} has only one of {' and '.join(pair)}.")


def _check_task(body: Mapping[str, Any], place: Place) -> None:
    resource = body.get("Resource")
    if isinstance(resource, str) and not is_open(resource):
        if not resource.startswith("arn:"):
            place.at("Resource").warning("resource", f'"{resource}" is not an ARN.')
        elif place.report.type == "EXPRESS" and (
            _NOT_EXPRESS.search(resource) or ":activity:" in resource
        ):
            place.at("Resource").error(
                "express",
                "An EXPRESS workflow can't wait for a job, a callback or an activity.",
                "Make the workflow STANDARD, or call the action without waiting.",
            )
    credentials = body.get("Credentials")
    if isinstance(credentials, Mapping) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        place.at("Credentials").missing("Credentials", "RoleArn")


def _check_map(body: Mapping[str, Any], place: Place) -> None:
    label = body.get("Label")
    if not isinstance(label, str) or is_open(label):
        return
    if not 1 <= len(label) <= _MAX_LABEL:
        place.at("Label").error("label", f"A label has 1 to {_MAX_LABEL} characters.")
    elif _NOT_IN_LABEL.search(label):
        place.at("Label").error("label", "A label has no spaces, control or special characters.")
