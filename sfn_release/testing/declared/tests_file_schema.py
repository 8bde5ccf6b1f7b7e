"""The JSON Schema of ``*.tests.toml``, for editors. Made from the tables of its reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sfn_release.project.releases_schema import ID
from sfn_release.project.toml_schema import DRAFT, DocumentedSchema
from sfn_release.testing.declared.tests_key_texts import TESTS_TEXTS
from sfn_release.testing.declared.tests_schema import TEST, TESTS_FILE


def schema_of_tests() -> dict[str, Any]:
    """Return the JSON Schema of a file of tests."""
    tests = replace(TESTS_FILE.keys["test"], items=TEST)
    whole = replace(TESTS_FILE, keys={**TESTS_FILE.keys, "test": tests})
    defaults = {"strict": False, "test[].strict": False, "test[].check_input": True}
    return {
        "$schema": DRAFT,
        "$id": ID.format(name="tests"),
        "title": "*.tests.toml of sfn-release",
        **DocumentedSchema(TESTS_TEXTS, defaults).of(whole),
    }
