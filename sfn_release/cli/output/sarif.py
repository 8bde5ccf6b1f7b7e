"""The findings of `check` as SARIF 2.1.0, which code scanners, editors and GitHub read.

Names and meanings are those of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
GitHub shows a result only if it has a file, so that a definition of standard input gets one too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sfn_release.checks.rule_table import BY_NAME
from sfn_release.errors import SfnReleaseError
from sfn_release.project.modules.foreign_templates import SITE

if TYPE_CHECKING:
    from sfn_release.cli.output.finding_places import RepositoryPlaces
    from sfn_release.operations.verbs.check import Checked, CheckedFinding

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_HOME: Final = "https://github.com/sfn-release/sfn-release"
_RULES: Final = f"{SITE}reference/rules/"
_ERRORS: Final = f"{SITE}reference/error-codes/"
_MOST: Final = 25_000  # results: GitHub refuses a log with more
_ROOT: Final = "%SRCROOT%"  # the root of the repository, in GitHub and in editors

Json = dict[str, Any]


def sarif_log(checked: Checked, places: RepositoryPlaces, version: str) -> Json:
    """Return the log of one run of `check` by the program's *version*.

    A file that couldn't be read is a result too, under the code of its error: a log without it
    would say that the file has no problem. Of more results than GitHub takes, warnings are left
    out first, and a notification says how many.
    """
    found = [
        *(_failure_result(name, error, places) for name, error in checked.failures.items()),
        *(_finding_result(finding, places) for finding in checked.findings),
    ]
    results = found
    if len(found) > _MOST:
        results = sorted(found, key=lambda result: bool(result["level"] != "error"))[:_MOST]
    rules = {result["ruleId"]: _rule(result["ruleId"]) for result in results}
    index = {name: position for position, name in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "sfn-release",
                "informationUri": _HOME,
                "version": version,
                "semanticVersion": version,
                "rules": [*rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not checked.failures,
                **_left_out(len(found) - len(results)),
            }
        ],
        "results": [{**result, "ruleIndex": index[result["ruleId"]]} for result in results],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _left_out(count: int) -> Json:
    """Return the members of an invocation that say how many results are left out."""
    if not count:
        return {}
    text = f"{count:,} more results are left out: GitHub takes {_MOST:,}."
    return {"toolExecutionNotifications": [{"level": "warning", "message": {"text": text}}]}


def _rule(name: str) -> Json:
    """Return the descriptor of a rule, or of the code of an error."""
    rule = BY_NAME.get(name)
    if rule is None:
        return {"id": name, "helpUri": f"{_ERRORS}#{name.lower()}"}
    return {
        "id": name,
        "shortDescription": {"text": f"Reported when {rule.means}."},
        "defaultConfiguration": {"level": rule.severity},
        "helpUri": f"{_RULES}#{name}",
    }


def _finding_result(found: CheckedFinding, places: RepositoryPlaces) -> Json:
    finding = found.finding
    place = f"{finding.path}: " if finding.path else ""
    logical: Json = {"fullyQualifiedName": f"{found.workflow}{finding.path.removeprefix('$')}"}
    if finding.state:
        logical["name"] = finding.state
    return _result(
        finding.rule,
        finding.severity,
        _text(f"{place}{finding.message}", finding.fix),
        _location(places.of_finding(found), found.line, logical),
        (found.workflow, finding.rule, finding.path, finding.message),
    )


def _failure_result(name: str, error: SfnReleaseError, places: RepositoryPlaces) -> Json:
    message = _text(error.message, error.why, error.fix)
    file, line = places.of_error(name, error)
    return _result(error.code, "error", message, _location(file, line), (file, error.code))


def _result(rule: str, level: str, text: str, location: Json, identity: Sequence[str]) -> Json:
    """Return a result. Its *identity* tells scanners that two runs found the same thing."""
    digest = hashlib.sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"finding/v1": digest},
    }


def _location(file: str, line: int | None, logical: Mapping[str, Any] | None = None) -> Json:
    """Return the place of a result. Without a known line it is the file's first, for GitHub."""
    uri = quote(file, errors="replace")
    artifact: Json = {"uri": uri, "uriBaseId": _ROOT}
    if file.startswith("/"):
        artifact = {"uri": f"file://{uri}"}
    physical = {"artifactLocation": artifact, "region": {"startLine": line or 1}}
    location: Json = {"physicalLocation": physical}
    if logical is not None:
        location["logicalLocations"] = [dict(logical)]
    return location


def _text(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)
