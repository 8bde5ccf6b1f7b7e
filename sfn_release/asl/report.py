"""Where checks put what they find: the place is known, the sentence is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.asl.fields import KNOWN
from sfn_release.asl.finding import Finding, nearest
from sfn_release.asl.kinds import JSONPATH, Kind, is_open, unreadable
from sfn_release.canonical import member


@dataclass(slots=True)
class Report:
    """Findings about one definition; *type* is STANDARD or EXPRESS."""

    type: str
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a definition to report about: a JSON path, inside a state or outside of any."""

    report: Report
    path: str = "$"
    state: str = ""

    def at(self, *keys: str | int) -> Place:
        """Return the place below this one."""
        path = self.path
        for key in keys:
            path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
        return Place(self.report, path, self.state)

    def of_state(self, id: str) -> Place:
        """Return the place of the state *id* of this graph."""
        return Place(self.report, member(member(self.path, "States"), id), id)

    def error(self, rule: str, message: str, fix: str = "") -> None:
        """Report what Step Functions refuses."""
        self._add(rule, "error", message, fix)

    def warning(self, rule: str, message: str, fix: str = "") -> None:
        """Report what Step Functions takes but hardly anyone means."""
        self._add(rule, "warning", message, fix)

    def missing(self, what: str, key: str) -> None:
        """Report that *what* lacks the field *key*."""
        self.error("missing-field", f"{what} needs the field {key}.")

    def check_fields(
        self,
        body: Mapping[str, Any],
        known: Mapping[str, Kind],
        what: str,
        language: str = JSONPATH,
    ) -> None:
        """Report fields of the wrong kind, those of other places, and unknown ones."""
        for key, value in body.items():
            kind = known.get(key)
            if kind is None and key in KNOWN:
                self.at(key).error("misplaced-field", f"{what} can't have the field {key}.")
            elif kind is None:
                self.at(key).warning(
                    "unknown-field", f"{what} has no field {key}.", nearest(key, known)
                )
            elif not is_open(value, language):
                self.at(key).check_value(key, kind, value)

    def check_value(self, key: str, kind: Kind, value: Any) -> None:
        """Report a value that is not of its kind, or whose syntax can't be read."""
        wanted = kind(value)
        if wanted:
            self.error("wrong-value", f"{key} must be {wanted}.")
        elif doubt := unreadable(kind, value):
            self.warning("expression", f"{key} looks wrong: {doubt}")

    def _add(self, rule: str, severity: Any, message: str, fix: str) -> None:
        finding = Finding(rule, severity, self.path, self.state, message, fix)
        self.report.findings.append(finding)
