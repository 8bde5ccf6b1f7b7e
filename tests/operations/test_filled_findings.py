"""`check` in a project: the same errors as `plan` and `publish`, before anything is looked up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import Finding
from sfn_release.operations.filled_findings import filled_findings
from sfn_release.plan.rendered_checks import FilledChecks
from sfn_release.project import parse_project
from sfn_release.release.rendering import render
from support.command_line import Project
from support.values import definition

HEAD = '[project]\nname = "shop"\nremote = ""\n'
S3 = "arn:aws:states:::aws-sdk:s3:"


def project(repository: Path, toml: str, **workflows: Any) -> Project:
    """Make a project with the environments *toml*."""
    made = Project(repository)
    made.write("releases.toml", HEAD + toml)
    for name, machine in workflows.items():
        made.write(f"workflows/{name}.asl.json", json.dumps(machine, indent=1))
    return made


def environment(name: str, **parameters: Any) -> str:
    """Return the TOML of an environment on AWS."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in parameters.items())
    return (
        f'[environments.{name}]\nregion = "eu-west-1"\naccount = "111122223333"\n'
        f"[environments.{name}.parameters]\n{lines}"
    )


def task(resource: str, **parameters: Any) -> dict[str, Any]:
    """Return a definition of one Task."""
    body = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return {"StartAt": "A", "States": {"A": body}}


def found(made: Project, *arguments: str) -> list[dict[str, Any]]:
    """Return the findings of `check`."""
    findings: list[dict[str, Any]] = made.run("check", "--json", *arguments).json["findings"]
    return findings


def test_an_undeclared_parameter_is_an_error(repository: Path) -> None:
    """It's reported once, with its environments and the name that was probably meant."""
    toml = environment("dev", Foo=1) + environment("prod", Foo=1)
    machine = definition({"v": "${Fooo}", "w": "${Fooo}-${Foo}"})
    made = project(repository, toml, hello=machine)
    for arguments in ((), ("hello",), ("workflows/hello.asl.json",)):
        (one,) = found(made, *arguments)
        assert (one["rule"], one["severity"]) == ("parameter", "error")
        assert (one["path"], one["line"]) == ("$.States.Only.Result.v", 7)
        assert one["message"] == "In dev, prod: The parameter ${Fooo} is not declared."
        assert one["fix"] == 'Did you mean "Foo"?'
    assert made.run("check").code == 1


def test_a_parameter_that_one_environment_lacks_is_an_error_there(repository: Path) -> None:
    """The fix names the table of that environment, whatever other names are near."""
    toml = environment("dev", Tables="t")
    made = project(repository, toml + environment("prod", Table="t"), hello=definition("${Table}"))
    (one,) = found(made)
    assert one["message"] == "In dev: The parameter ${Table} is not declared."
    assert one["fix"] == 'Add  Table = "…"  to [environments.dev.parameters] in releases.toml.'


def test_a_value_that_is_looked_up_later_has_the_type_of_its_source(repository: Path) -> None:
    """Inside a text, any source will do. Terraform's values have types that aren't known yet."""
    sources = (
        'Who = { tfstate = "t.tfstate", output = "who" }\n'
        'Pause = { tfstate = "t.tfstate", resource = "a.b", attribute = "c" }\n'
        'Stack = { stack = "shop", output = "Pause" }\n'
    )
    machine = definition("Hello ${Who} ${Stack}")
    machine["States"]["Nap"] = {"Type": "Wait", "Seconds": "${Pause}", "Next": "Only"}
    made = project(repository, environment("prod") + sources, hello={**machine, "StartAt": "Nap"})
    assert found(made) == []
    machine["States"]["Nap"]["Seconds"] = "${Stack}"
    made.write("workflows/hello.asl.json", json.dumps({**machine, "StartAt": "Nap"}))
    (wrong,) = found(made)
    assert wrong["fix"] == (
        "${Stack} is a string there. Give it a type in releases.toml:"
        '  Stack = { stack = "shop", output = "Pause", type = "integer" }'
    )


def test_check_and_plan_agree_without_environments(repository: Path) -> None:
    """Both refuse an undeclared parameter on `local`; a file outside a project isn't filled."""
    made = project(repository, "", hello=definition("${Table}"))
    (one,) = found(made)
    assert one["message"] == "In local: The parameter ${Table} is not declared."
    assert "the parameter ${Table} is not declared" in made.run("plan").err
    made.write("loose.asl.json", json.dumps(definition("${Table}")))
    assert found(made, "loose.asl.json") == []


def test_parameters_of_a_role_and_given_ones_are_known(repository: Path) -> None:
    """Settings are filled too; AWS::AccountId is known in every environment."""
    toml = '[environments.local.parameters]\nName = "w"\n'
    role = "arn:aws:iam::${AWS::AccountId}:role/"
    module = (
        "import sfn_release as sfn\n\nworkflow = sfn.Workflow()\n"
        'workflow.start_from(sfn.Pass("A")).end()\n'
        'state_machine = sfn.StateMachine("pay", workflow, role_arn="ROLE")\n'
    )
    made = project(repository, toml)
    made.write("workflows/pay.py", module.replace("ROLE", f"{role}${{Name}}"))
    assert found(made) == []
    made.write("workflows/pay.py", module.replace("ROLE", f"{role}${{Nam}}"))
    (one,) = found(made)
    assert (one["path"], one["fix"]) == ("$.role", 'Did you mean "Name"?')


def test_a_finding_of_the_declared_form_is_not_repeated(repository: Path) -> None:
    """An error that no parameter makes is reported once."""
    machine = definition("${Foo}")
    machine["States"]["Only"]["TimeoutSeconds"] = "late"
    machine["States"]["Only"]["InputPath"] = 1
    made = project(repository, "[environments.local.parameters]\nFoo = 1\n", hello=machine)
    places = [(finding["rule"], finding["path"]) for finding in found(made)]
    assert len(set(places)) == len(places)
    assert not any("In local" in finding["message"] for finding in found(made))


def test_the_value_of_a_parameter_is_in_the_fix(repository: Path) -> None:
    """The fix shows the value as in releases.toml, with its type if that is wrong."""
    http = task(
        "arn:aws:states:::http:invoke",
        ApiEndpoint="https://example.com",
        Method="${M}",
        Authentication={"ConnectionArn.$": "$.connection"},
    )
    made = project(repository, '[environments.local.parameters]\nM = "FETCH"\n', pay=http)
    (one,) = (finding for finding in found(made) if finding["severity"] == "error")
    assert one["fix"] == 'releases.toml sets M = "FETCH".'


AGREED: dict[str, tuple[Any, dict[str, Any]]] = {
    "nothing": (task(f"{S3}listObjectsV2", Bucket="${V}"), {"V": "b"}),
    "an SDK value": (task(f"{S3}listObjectsV2", Bucket="b", MaxKeys="${V}"), {"V": "ten"}),
    "an SDK action": (task(S3 + "${V}", Bucket="b"), {"V": "listObjets"}),
    "an SDK parameter": (task(f"{S3}listObjectsV2", Bucket="b", **{"${V}": 1}), {"V": "MaxKey"}),
    "an optimized value": (task("arn:aws:states:::sns:publish", TopicArn="${V}"), {"V": 1}),
    "an optimized parameter": (
        task("arn:aws:states:::sns:publish", TopicArn="t", Message="m", **{"${V}": "s"}),
        {"V": "Subjct"},
    ),
    "a resource": (task("${V}"), {"V": "charge-it"}),
    "a Next": (
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "${V}"}, "B": {"Type": "Fail"}}},
        {"V": "C"},
    ),
    "a number": (
        {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": "${V}", "End": True}}},
        {"V": "3"},
    ),
    "a literal ${": (definition("${V}"), {"V": "${other}"}),
}


@pytest.mark.parametrize(("machine", "parameters"), AGREED.values(), ids=AGREED.keys())
def test_check_and_publish_have_the_same_errors(machine: Any, parameters: dict[str, Any]) -> None:
    """The same rules at the same places, from botocore's models too."""
    toml = environment("prod", **parameters)
    shop = parse_project(HEAD + toml, path="releases.toml")
    declared = Declaration("pay", machine, source="pay.asl.json", role="arn:aws:iam::1:role/w")
    checked = filled_findings(declared, shop, tuple, ())
    there = shop.environments["prod"]
    sent = FilledChecks().errors(
        declared,
        render(declared, there),
        released=False,
        environment="prod",
        partition=there.partition,
    )
    assert bool(sent) == (parameters not in ({"V": "b"}, {"V": 1}, {"V": "${other}"}))

    def places(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
        return sorted((finding.rule, finding.path) for finding in findings)

    assert places(checked) == places(sent)
