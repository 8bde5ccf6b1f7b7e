"""`sfn-release check`: workflows and files, formats, lines, silences, and the checks of publish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.names import WorkflowName
from sfn_release.plan.rendered_checks import FilledChecks
from sfn_release.release.rendering import Rendered
from support.command_line import Project, run

BROKEN = """{
  "StartAt": "A",
  "States": {
    "A": {
      "Type": "Pass",
      "Next": "Shp"
    },
    "Ship": {"Type": "Succeed"}
  }
}
"""
NO_DEFAULT = {
    "StartAt": "A",
    "States": {
        "A": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "B"}],
        },
        "B": {"Type": "Succeed"},
    },
}
MODULE = """
import sfn_release as sfn

workflow = sfn.Workflow()
workflow.start_from(sfn.Pass("Charge")).add(sfn.Pass("Charge"), sfn.Pass("Lost", next="Gone"))
"""


ORDERS = """
import sfn_release as sfn
from shared import NAME

workflow = sfn.Workflow()
workflow.start_from(sfn.Task(NAME, resource="charge-it"))
workflow.next_then(sfn.Task("Pack", resource="pack-it")).end()
state_machine = sfn.StateMachine("orders", workflow)
"""


def silence(**fields: str) -> str:
    """Return a silence of releases.toml."""
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in fields.items())
    return f"\n[[checks.silence]]\n{lines}\n"


def told(ran: Any) -> list[tuple[str, str, str, int | None]]:
    """Return the workflow, rule, path and line of each finding."""
    return [
        (finding["workflow"], finding["rule"], finding["path"], finding["line"])
        for finding in ran["findings"]
    ]


def test_a_project_without_faults_is_told_so(shop: Project) -> None:
    """A project without findings prints one line and exits 0."""
    assert shop.ok("check").out == "no problems in 1 workflow\n"
    checked = shop.json("check")
    assert {"sfn-release/check/1", ("hello",), ()} == {
        checked["schema"],
        tuple(checked["workflows"]),
        tuple(checked["findings"]),
    }


def test_findings_say_where_what_and_how_to_mend_it(shop: Project) -> None:
    """A finding has its file and line, its fix on a separate line, and an error exits 1."""
    shop.write("workflows/pay.asl.json", BROKEN)
    ran = shop.run("check", "pay")
    assert ran.code == 1
    assert ran.out == (
        "pay  workflows/pay.asl.json\n"
        "  error   $.States.A.Next  line 6  [dangling]\n"
        '          Missing target: there is no state "Shp".\n'
        '          Did you mean "Ship"?\n'
        "  error   $.States.Ship  line 8  [unreachable]\n"
        '          The state "Ship" is not reachable: no transition leads to it.\n'
        "          Add a transition to it, or remove it.\n"
        "2 errors in 1 workflow\n"
    )
    (first, _) = shop.run("--json", "check", "pay").json["findings"]
    assert first == {
        "workflow": "pay",
        "rule": "dangling",
        "severity": "error",
        "path": "$.States.A.Next",
        "state": "A",
        "message": 'Missing target: there is no state "Shp".',
        "fix": 'Did you mean "Ship"?',
        "file": "workflows/pay.asl.json",
        "line": 6,
    }
    formatted = shop.run("check", "pay", "--format", "json")
    assert formatted.out == shop.run("check", "--json", "pay").out


def test_annotations_are_githubs(shop: Project) -> None:
    """An annotation has a file below the repository's root, a line and a title, all escaped."""
    project = shop.root / "sub, folder"
    project.mkdir()
    for name in ("releases.toml", "workflows"):
        (shop.root / name).rename(project / name)
    (project / "workflows" / "hello.asl.json").unlink()
    (project / "workflows" / "a.asl.json").write_text(BROKEN.replace("Shp", "100%\\nC"))
    ran = run("-C", str(project), "check", "--format", "github")
    first, *_ = ran.out.splitlines()
    assert first == (
        "::error file=sub%2C folder/workflows/a.asl.json,line=6,title=dangling a%2C A::"
        '$.States.A.Next: Missing target: there is no state "100%25%0AC".'
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.json", BROKEN, [("a", "dangling", 6), ("a", "unreachable", 8)]),
        ("a.asl.json", '{"StartAt": 1,\n"States": {}}', [("a", "wrong-value", 1)]),
        ("a.json", '{"StartAt": 1,\n"States": }', [("a", "not-json", 2)]),
        ("a.json", "[]", [("a", "not-json", None)]),
        ("a.yml", "StartAt: A\nStates:\n  A:\n    Type: Pas\n", [("a", "unknown-type", 4)]),
        ("a.yaml", "StartAt: A\nStates: [\n", [("a", "not-json", 3)]),
        ("a.yaml", "States: &a [*a]\n", [("a", "not-json", None)]),
        ("a.py", MODULE, [("a", "duplicate-state", 5), ("a", "transition", 5)]),
        ("a.py", MODULE, [("a", "dangling", 5), ("a", "unreachable", 5)]),
    ],
)
def test_a_file_needs_no_project(
    name: str, text: str, expected: list[tuple[str, str, int]], tmp_path: Path
) -> None:
    """A file of any format is checked without a project, and its findings have lines."""
    (tmp_path / name).write_text(text)
    ran = run("-C", str(tmp_path), "check", name, "--json")
    assert ran.code == 1, ran.out + ran.err
    found = {(finding[0], finding[1], finding[3]) for finding in told(ran.json)}
    assert set(expected) <= found


def test_a_definition_comes_by_standard_input(tmp_path: Path) -> None:
    """`-` reads a definition from standard input, and its findings have lines."""
    ran = run("-C", str(tmp_path), "check", "-", "--json", stdin=BROKEN)
    assert told(ran.json)[0] == ("stdin", "dangling", "$.States.A.Next", 6)


def test_warnings_fail_only_when_asked_to(shop: Project) -> None:
    """Warnings exit 0, and exit 1 with --strict."""
    shop.write("workflows/pay.asl.json", json.dumps(NO_DEFAULT))
    assert "1 warning in 2 workflows\n" in shop.ok("check").out
    assert shop.run("check", "--strict").code == 1


@pytest.mark.parametrize("where", [{}, {"workflow": "pay"}, {"workflow": "pay", "state": "A"}])
def test_a_silence_covers_a_project_a_workflow_or_a_state(
    shop: Project, where: dict[str, str]
) -> None:
    """A silenced finding is counted, and isn't listed."""
    shop.write("workflows/pay.asl.json", json.dumps(NO_DEFAULT))
    config = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", config + silence(rule="no-default", **where, reason="it is rare"))
    assert shop.ok("check", "--strict").out == "no problems in 2 workflows; 1 silenced\n"
    assert shop.ok("check", "pay").out == "no problems in 1 workflow; 1 silenced\n"
    file = shop.ok("check", "workflows/pay.asl.json")
    assert file.out == "no problems in 1 workflow; 1 silenced\n"


def test_a_silence_that_covers_nothing_is_told(shop: Project) -> None:
    """A silence that matches nothing is reported, unless only other workflows are checked."""
    config = (shop.root / "releases.toml").read_text()
    shop.write(
        "releases.toml", config + silence(rule="no-default", workflow="gone", reason="it is rare")
    )
    assert told(shop.json("check")) == [("gone", "unused-silence", "$", None)]
    assert told(shop.json("check", "hello")) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rule": "no-default"}, "`reason` is missing in a silence of 'no-default'"),
        ({"rule": "no-default", "reason": " "}, "It is blank."),
        ({"reason": "because"}, "`rule` is missing in a silence"),
        ({"rule": "no-defalt", "reason": "because"}, 'Did you mean "no-default"?'),
        ({"rule": "dangling", "reason": "because"}, "'dangling' can't be silenced"),
        ({"rule": "no-default", "reason": "because", "sate": "A"}, 'Did you mean "state"?'),
    ],
)
def test_a_silence_needs_a_rule_and_a_reason(
    shop: Project, fields: dict[str, str], words: str
) -> None:
    """A silence without a reason, or of an error that AWS refuses, is an error with its line."""
    config = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", config + silence(**fields))
    ran = shop.run("check")
    assert ran.code == 1
    assert words in ran.err
    assert "releases.toml:" in ran.err


def test_publish_refuses_what_check_refuses_and_tells_of_warnings(shop: Project) -> None:
    """An unknown field, which may be newer than this program, is refused unless it is silenced."""
    new = {"StartAt": "A", "States": {"A": {"Type": "Succeed", "Tomorrow": 1}}}
    shop.write("workflows/pay.asl.json", json.dumps(new))
    shop.write("workflows/more.asl.json", json.dumps(NO_DEFAULT))
    shop.commit()
    ran = shop.run("publish", "1.0.0")
    assert ran.code == 1
    assert "A Succeed has no field Tomorrow" in ran.err
    config = (shop.root / "releases.toml").read_text()
    entry = silence(rule="unknown-field", workflow="pay", state="A", reason="AWS has it by now")
    shop.write("releases.toml", config + entry)
    shop.commit()
    ran = shop.ok("publish", "1.0.0", "--no-deploy")
    assert "a warning about the definitions: see `sfn-release check`" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["helo"], 1, 'Did you mean "hello"?'),
        (["gone.json"], 1, "gone.json can't be read"),
        (["notes.txt"], 2, "notes.txt is not a workflow file"),
        (["--format", "xml"], 2, "xml"),
    ],
)
def test_what_is_not_there_is_one_clear_error(
    shop: Project, arguments: list[str], code: int, words: str
) -> None:
    """The error names the nearest workflow, without a traceback."""
    shop.write("notes.txt", "")
    ran = shop.run("check", *arguments)
    assert code == ran.code
    assert words in ran.err


def test_hostile_names_can_not_write_to_the_terminal(tmp_path: Path) -> None:
    """Control characters of a definition are escaped in every format."""
    evil = json.dumps({"StartAt": "\x1b[31m\r\n::error::x", "States": {"A": {"Type": "Succeed"}}})
    for format in ("text", "github", "json"):
        out = run("-C", str(tmp_path), "check", "-", "--format", format, stdin=evil).out
        assert "\x1b" not in out
        assert "\n::error::x" not in out


def test_publish_refuses_calls_that_a_service_does_not_have(shop: Project) -> None:
    """The installed botocore's models are used; a silence with a reason allows the call."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObjet",
        "Parameters": {"Bucket": "b", "Key": "k"},
        "TimeoutSeconds": 5,
        "End": True,
    }
    shop.write("workflows/hello.asl.json", json.dumps({"StartAt": "A", "States": {"A": task}}))
    shop.commit()

    refused = shop.run("publish", "1.0.0")

    assert refused.code == 1
    assert 'Did you mean "getObject"?' in refused.err
    silenced = silence(rule="sdk-action", state="A", reason="newer than our botocore")
    shop.write("releases.toml", (shop.root / "releases.toml").read_text() + silenced)
    shop.commit()
    shop.ok("publish", "1.0.0", "--no-deploy")


def test_a_file_that_can_not_be_read_hides_no_other(tmp_path: Path) -> None:
    """The other files' findings are listed, then each error; it exits 1 even without findings."""
    (tmp_path / "bad.json").write_text(BROKEN)
    (tmp_path / "dies.py").write_text("1 / 0\n")
    (tmp_path / "good.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    named = ["bad.json", "gone.json", "dies.py", "good.json"]
    ran = run("-C", str(tmp_path), "check", *named)
    assert ran.code == 1
    assert "2 errors in 2 workflows\n" in ran.out
    assert [line for line in ran.err.splitlines() if line.startswith("error: ")] == [
        "error: gone.json can't be read: No such file or directory.  E_NOT_FOUND",
        "error: dies.py:1 raised ZeroDivisionError.  E_BUILD",
    ]
    ran = run("-C", str(tmp_path), "check", "--json", *named)
    assert {error["file"]: error["code"] for error in ran.json["errors"]} == {
        "gone.json": "E_NOT_FOUND",
        "dies.py": "E_BUILD",
    }
    assert run("-C", str(tmp_path), "check", "gone.json", "good.json").code == 1
    ran = run("-C", str(tmp_path), "check", "gone.json", "good.json", "--format", "github")
    assert ran.out == (
        "::error title=gone.json%3A E_NOT_FOUND::"
        "gone.json can't be read: No such file or directory.\n"
    )


def test_a_module_outside_a_repository_keeps_its_folder(tmp_path: Path) -> None:
    """A finding's file is the path on the command line, as for a definition file."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.py").write_text(MODULE)
    ran = run("-C", str(tmp_path), "check", "below/a.py", "--json")
    assert {finding["file"] for finding in ran.json["findings"]} == {"below/a.py"}
    ran = run("-C", str(tmp_path), "check", "below/a.py", "--format", "github")
    assert ran.out.startswith("::error file=below/a.py,line=")


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    """Only UTF-8 is JSON, so a UTF-16 file is a finding."""
    (tmp_path / "a.json").write_text(json.dumps(NO_DEFAULT), encoding="utf-16")
    ran = run("-C", str(tmp_path), "check", "a.json", "--json")
    assert ran.code == 1
    assert told(ran.json) == [("a", "not-json", "$", None)]


def test_a_definition_file_that_leads_nowhere_is_an_error(shop: Project) -> None:
    """The error names a dangling link in the workflows folder."""
    (shop.root / "workflows" / "lost.asl.json").symlink_to("nowhere")
    ran = shop.run("check")
    assert ran.code == 1
    assert ran.err.startswith("error: workflows/lost.asl.json is a symbolic link")


def test_a_file_of_the_project_has_the_findings_that_it_has_there(shop: Project) -> None:
    """Its rules, severities, lines and silences don't depend on the current folder."""
    shop.write("src/shared.py", 'import sfn_release as sfn\n\nNAME = "Charge"\n')
    shop.write("workflows/orders.py", ORDERS)
    shop.write("workflows/ship.asl.json", BROKEN)
    toml = shop.root / "releases.toml"
    silenced = silence(rule="resource", workflow="orders", state="Pack", reason="it is drawn only")
    toml.write_text(toml.read_text() + silenced)
    whole = shop.run("check", "--json")
    known = [finding for finding in json.loads(whole.out)["findings"] if finding["workflow"] != ""]
    workflows = shop.root / "workflows"
    ran = run("-C", str(workflows), "check", "--json", "orders.py", "ship.asl.json")
    findings = json.loads(ran.out)["findings"]
    keys = ("workflow", "rule", "severity", "path", "line", "message")
    expected = [[finding[key] for key in keys] for finding in known]
    assert sorted(expected) == sorted([[finding[key] for key in keys] for finding in findings])
    assert {"resource"} <= {
        finding["rule"] for finding in findings if finding["severity"] == "error"
    }
    assert {finding["file"] for finding in findings} == {"orders.py", "ship.asl.json"}


def test_an_integration_of_another_partition_is_refused(shop: Project) -> None:
    """AWS accepts the definition, but each execution that gets to the state fails."""
    call = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity"}
    machine = {"StartAt": "A", "States": {"A": {**call, "End": True}}}
    shop.write("workflows/pay.asl.json", json.dumps(machine))
    assert "partition" not in shop.run("check", "pay").out
    config = (shop.root / "releases.toml").read_text()
    there = '\n[environments.china]\nregion = "cn-north-1"\naccount = "111122223333"\n'
    shop.write("releases.toml", config + there)
    ran = shop.run("check", "pay")
    assert ran.code == 1
    assert "In china: The integration belongs to the partition aws, not aws-cn." in ran.out
    filled = json.dumps(machine).replace("arn:aws:", "arn:${AWS::Partition}:")
    shop.write("workflows/pay.asl.json", filled)
    assert shop.run("check", "pay").code == 0


def test_what_is_sent_is_of_the_partition_of_its_environment(shop: Project) -> None:
    """`publish` refuses other partitions before it releases; `local` serves every partition."""
    call = {"Type": "Task", "Resource": "arn:aws-cn:states:::aws-sdk:sts:getCallerIdentity"}
    machine = {"StartAt": "A", "States": {"A": {**call, "End": True}}}
    shop.write("workflows/pay.asl.json", json.dumps(machine))
    shop.commit()
    shop.ok("publish", "1.0.0")
    declared = Declaration("pay", machine, source="pay.asl.json")
    name, role = WorkflowName("pay"), "arn:aws:iam::111122223333:role/w"
    sent = Rendered(name, name, machine, "STANDARD", role, logging={}, tracing={}, encryption={})
    found = FilledChecks().errors(
        declared, sent, released=False, environment="prod", partition="aws"
    )
    assert [(finding.rule, finding.path) for finding in found] == [
        ("integration", "$.States.A.Resource")
    ]
    assert (
        FilledChecks().errors(declared, sent, released=True, environment="prod", partition="aws")
        == ()
    )
    assert (
        FilledChecks().errors(
            declared, sent, released=False, environment="prod", partition="aws-cn"
        )
        == ()
    )
