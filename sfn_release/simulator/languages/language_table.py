"""The query languages by name, each imported when a state first uses it."""

from __future__ import annotations

from functools import cache

from sfn_release.simulator.languages.query_language import QueryLanguage

LANGUAGES = ("JSONPath", "JSONata")


@cache
def language_of(name: str) -> QueryLanguage:
    """Return one of the `LANGUAGES`."""
    if name == "JSONata":
        from sfn_release.simulator.languages.jsonata_language import JsonataLanguage

        return JsonataLanguage()
    from sfn_release.simulator.languages.jsonpath import JsonPathLanguage

    return JsonPathLanguage()
