"""`check --remote`: the findings of Step Functions itself, next to ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import in_process
from sfn_release.checks.finding import Finding
from sfn_release.errors import AwsError, NetworkError
from sfn_release.operations import open_workspace
from sfn_release.operations.remote_validation import asker
from sfn_release.operations.verbs.check import Ask, check
from support.command_line import Project
from support.world import world

STATES = {"A/B": {"Type": "Wait", "Seconds": 1, "End": True}, "A": {"Type": "Fail"}}
FINE = {"StartAt": "A/B", "States": {"A/B": STATES["A/B"]}}

Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


def asking(shop: Project, answer: Answer) -> Ask:
    """Return the question to a Step Functions that answers so."""

    def handle(operation: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        assert operation == "ValidateStateMachineDefinition"
        status, given = answer(json.loads(body))
        return status, {}, json.dumps(given).encode()

    workspace = open_workspace(shop.root, world())
    client = in_process(handle, region="us-east-1")
    return asker(replace(workspace, aws=lambda _: Aws.of(client)), "local")


def said(*diagnostics: dict[str, str], result: str = "FAIL") -> Answer:
    """Return the answer with *diagnostics*."""
    return lambda _: (200, {"result": result, "diagnostics": list(diagnostics)})


def diagnostic(location: str | None, severity: str = "ERROR") -> dict[str, str]:
    """Return one diagnostic."""
    where = {} if location is None else {"location": location}
    return {"severity": severity, "code": "C", "message": "m", **where}


@pytest.mark.parametrize(
    ("location", "path", "state"),
    [
        ("/States/A/B/Seconds", '$.States["A/B"].Seconds', "A/B"),
        ("/States/A/Retry[0]/ErrorEquals[1]", "$.States.A.Retry[0].ErrorEquals[1]", "A"),
        ("/States/Gone", "$.States.Gone", "Gone"),
        ("/", "$", ""),
        (None, "$", ""),
        ("//", '$["/"]', ""),
    ],
)
def test_a_place_is_told_as_a_json_path(
    shop: Project, location: str | None, path: str, state: str
) -> None:
    """Names may hold slashes; the definition says where they end."""
    ask = asking(shop, said(diagnostic(location)))
    found = ask(Declaration("w", {"StartAt": "A", "States": STATES}))
    assert found == (Finding("aws", "error", path, state, "C: m"),)


def test_a_place_of_another_form_is_told_as_it_is(shop: Project) -> None:
    """The message of AWS is shown whole."""
    (found,) = asking(shop, said(diagnostic("line 3")))(Declaration("w", FINE))
    assert (found.path, found.message) == ("$", "C: m At line 3.")


def test_what_is_asked_has_the_parameters_filled_in(shop: Project) -> None:
    """The request also has the type, and warnings as the least severity."""
    asked: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked.append(request)
        return 200, {"result": "OK", "diagnostics": [diagnostic("/", "WARNING")]}

    ask = asking(shop, answer)
    found = ask(Declaration("w", {**FINE, "Comment": "for ${Who}"}, type="EXPRESS"))

    assert [(finding.rule, finding.severity) for finding in found] == [("aws-advice", "warning")]
    assert json.loads(asked[0].pop("definition"))["Comment"] == "for Alice"
    assert asked == [{"type": "EXPRESS", "severity": "WARNING", "maxResults": 100}]


def test_a_parameter_without_a_value_is_a_warning(shop: Project) -> None:
    """The other workflows are still sent to AWS."""
    ask = asking(shop, said(result="OK"))
    (found,) = ask(Declaration("w", {**FINE, "Comment": "${Nobody}"}))
    assert (found.rule, found.severity) == ("aws-unasked", "warning")
    assert "Nobody" in found.message
    assert ask(Declaration("w", FINE)) == ()


def test_a_refusal_without_a_reason_is_a_finding(shop: Project) -> None:
    """AWS guarantees only the result."""
    (found,) = asking(shop, said())(Declaration("w", FINE))
    assert (found.rule, found.severity) == ("aws", "error")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "AWS denied states:ValidateStateMachineDefinition."),
        ("UnknownOperationException", "This service can't validate definitions."),
    ],
)
def test_who_may_not_ask_is_warned_once(shop: Project, code: str, words: str) -> None:
    """AWS isn't asked again after a denial."""
    calls: list[int] = []

    def answer(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        calls.append(1)
        return 400, {"__type": code, "message": "no"}

    ask = asking(shop, answer)
    found = [ask(Declaration(name, FINE)) for name in "abc"]
    assert [len(findings) for findings in found] == [1, 0, 0]
    assert (found[0][0].rule, found[0][0].severity) == ("aws-unasked", "warning")
    assert words in found[0][0].message
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(400, "ValidationException", AwsError), (500, "InternalServerError", NetworkError)],
)
def test_what_else_goes_wrong_is_an_error(
    shop: Project, status: int, code: str, kind: type[AwsError]
) -> None:
    """A requested check that couldn't run isn't a success."""
    ask = asking(shop, lambda _: (status, {"__type": code, "message": "no"}))
    with pytest.raises(kind):
        ask(Declaration("w", FINE))


def test_aws_is_not_heard_where_we_have_found_an_error(shop: Project) -> None:
    """One place has one error, and ours explains the fix."""
    shop.write(
        "workflows/hello.asl.json",
        json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": -1, "End": True}}}),
    )
    ask = asking(shop, said(diagnostic("/States/A/Seconds"), diagnostic("/States/A")))
    checked = check([], shop.root, stdin=bytes, environ={}, ask=ask)
    told = [(located.finding.rule, located.finding.path) for located in checked.findings]
    assert told == [("wrong-value", "$.States.A.Seconds"), ("aws", "$.States.A")]


def test_the_command_asks_the_environment(project: Project) -> None:
    """`local` and an endpoint both return AWS's findings."""
    assert project.ok("check", "--remote").out == "no problems in 1 workflow\n"
    project.write("workflows/hello.asl.json", json.dumps({"StartAt": "B", "States": {}}))
    ran = project.run("check", "--remote", "--json")
    assert ran.code == 1
    assert {finding["severity"] for finding in ran.json["findings"]} == {"error"}
