"""Parameters as a user sees them: types, rendered names, other workflows, and the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.release.rendering import fill_and_pin
from support.command_line import Project
from support.values import definition

HEAD = '[project]\nname = "shop"\nremote = ""\n'
LOCAL = "arn:aws:states:us-east-1:000000000000:stateMachine"


def wait(seconds: Any) -> dict[str, Any]:
    """Return a definition that waits."""
    nap = {"Type": "Wait", "Seconds": seconds, "End": True}
    return {"StartAt": "Nap", "States": {"Nap": nap}}


def calling(machine: str) -> dict[str, Any]:
    """Return a definition that starts a state machine."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": machine},
        "End": True,
    }
    return {"StartAt": "Go", "States": {"Go": task}}


@pytest.fixture
def bare(repository: Path) -> Project:
    """Make a project without workflows or environments."""
    project = Project(repository)
    project.write("releases.toml", HEAD)
    return project


def declare(
    project: Project, parameters: str, settings: str = "", environment: str = "local"
) -> None:
    """Write releases.toml with parameters of one environment."""
    table = f"[environments.{environment}]\n{settings}\n[environments.{environment}.parameters]\n"
    project.write("releases.toml", f"{HEAD}{table}{parameters}\n")


def store(project: Project, name: str, text: Any) -> None:
    """Write a definition file."""
    text = text if isinstance(text, str) else json.dumps(text, indent=1)
    project.write(f"workflows/{name}.asl.json", text)


def found(project: Project, *arguments: str) -> list[tuple[str, str, int | None, str]]:
    """Return the rule, path, line and message of each finding of `check`."""
    checked = project.run("check", "--json", *arguments).json
    return [
        (finding["rule"], finding["path"], finding["line"], finding["message"])
        for finding in checked["findings"]
    ]


def served(project: Project, environment: str = "local") -> Any:
    """Return the release that an environment serves, as the ledger has it."""
    return json.loads(project.git("show", f"sfn-release/shop/env/{environment}:manifest.json"))


# check


WRONG = {
    "a text for a number": ('Pause = "3"', "In local: Seconds must be a whole number"),
    "a text from a variable": ('Pause = { env = "PAUSE" }', "In local: Seconds must be"),
    "a list from a variable": ('Pause = { env = "P", type = "list" }', "In local: Seconds must be"),
    "true for a number": ("Pause = true", "In local: Seconds must be a whole number"),
    "a number out of range": ("Pause = -1", "In local: Seconds must be a whole number"),
}
RIGHT = {
    "a number": "Pause = 3",
    "a number from a variable": 'Pause = { env = "PAUSE", type = "integer" }',
    "anything from a variable": 'Pause = { env = "PAUSE", type = "json" }',
}


@pytest.mark.parametrize(("declared", "message"), WRONG.values(), ids=WRONG.keys())
def test_check_finds_a_value_of_the_wrong_type(bare: Project, declared: str, message: str) -> None:
    """The finding names the environment, the line and the parameter; nothing is looked up."""
    declare(bare, declared)
    store(bare, "nap", wait("${Pause}"))
    ((rule, path, line, text),) = found(bare)
    assert (rule, path, line) == ("wrong-value", "$.States.Nap.Seconds", 6)
    assert text.startswith(message)


@pytest.mark.parametrize("declared", RIGHT.values(), ids=RIGHT.keys())
def test_check_accepts_a_value_of_the_right_type(bare: Project, declared: str) -> None:
    """A parameter of the right type, or one that is looked up as JSON, has no finding."""
    declare(bare, declared)
    store(bare, "nap", wait("${Pause}"))
    assert found(bare) == []


def test_check_says_which_type_to_declare(bare: Project) -> None:
    """The fix is a line of releases.toml."""
    declare(bare, 'Pause = { env = "PAUSE" }')
    store(bare, "nap", wait("${Pause}"))
    (one,) = bare.run("check", "--json").json["findings"]
    assert one["fix"].endswith('Pause = { env = "PAUSE", type = "integer" }')


def test_check_finds_a_list_inside_a_text(bare: Project) -> None:
    """A list inside a longer string is a finding at its line."""
    declare(bare, 'Names = ["a"]')
    store(bare, "hello", definition("of ${Names}"))
    ((rule, path, line, text),) = found(bare)
    assert (rule, path, line) == ("parameter", "$.States.Only.Result", 6)
    assert (
        text == "In local: The parameter ${Names} is a list and can't be part of a longer string."
    )


def test_check_names_every_environment_of_an_error_once(bare: Project) -> None:
    """An error in several environments is one finding that names them all."""
    tables = "".join(
        f'[environments.{name}]\nregion = "eu-west-1"\nparameters = {{ Pause = "3" }}\n'
        for name in ("staging", "prod")
    )
    bare.write("releases.toml", HEAD + tables)
    store(bare, "nap", wait("${Pause}"))
    (one,) = found(bare)
    assert one[3].startswith("In prod, staging: Seconds must be")


def test_check_finds_a_workflow_that_is_not_there(bare: Project) -> None:
    """The finding names the nearest workflow, also when only one workflow is checked."""
    store(bare, "shipping", definition("shipped"))
    store(bare, "orders", calling("${workflow:shiping}"))
    for arguments in ((), ("orders",), ("workflows/orders.asl.json",)):
        (one,) = bare.run("check", "--json", *arguments).json["findings"]
        assert (one["rule"], one["severity"]) == ("parameter", "error")
        assert one["message"] == "There is no workflow 'shiping' in this project."
        assert one["fix"] == 'Did you mean "shipping"?'
    store(bare, "orders", calling("${workflow:shipping}"))
    assert found(bare, "orders") == found(bare, "workflows/orders.asl.json") == []


def test_check_finds_malformed_placeholders_once_and_whole(bare: Project) -> None:
    """A malformed placeholder is one finding in any field, key, state id or expression, uncut."""
    long = "a very long name of a parameter that nothing can ever be filled with"
    store(
        bare,
        "hello",
        {
            "StartAt": "A ${x",
            "States": {
                "A ${x": {
                    "Type": "Pass",
                    "Result": {f"${{{long}}}": [f"${{{long}}}", f"${{{long}}}"]},
                    "Next": "B",
                },
                "B": {
                    "Type": "Pass",
                    "QueryLanguage": "JSONata",
                    "Output": "{% 'a' & ${Name %}",
                    "End": True,
                },
            },
        },
    )
    rules = [(rule, text.partition(" is not")[0]) for rule, _, _, text in found(bare)]
    assert ("parameter", f"'${{{long}}}'") in rules
    assert ("parameter", "'${x'") in rules
    assert [rule for rule, _ in rules] == ["parameter", "parameter", "jsonata"]
    assert "It is also in 2 other places." in bare.run("check").out.replace("\n          ", " ")


def test_unquoted_placeholders_are_read(bare: Project) -> None:
    """Placeholders without quotes, as in CloudFormation's substitution files, keep the lines."""
    declare(bare, 'Pause = "3"')
    text = json.dumps(wait("${Pause}"), indent=1).replace('"${Pause}"', "${Pause}")
    store(bare, "nap", text)
    assert [finding[:3] for finding in found(bare)] == [("wrong-value", "$.States.Nap.Seconds", 6)]
    declare(bare, "Pause = 3")
    bare.publish("1.0.0")
    sent = json.loads(bare.git("show", "sfn-release/shop/env/local:definitions/nap.asl.json"))
    assert sent["States"]["Nap"]["Seconds"] == 3


# Deployments


def test_values_are_recorded_with_their_types(bare: Project) -> None:
    """The release, filled with the recorded values and pins, equals the recorded definition."""
    declare(
        bare,
        'Pause = 3\nNames = ["a", { b = 2.5 }]\n"_x.y::z" = true',
        'pins = "resolve"\ntags = { pause = "${Pause}" }',
    )
    store(bare, "shipping", definition({"n": "${Names}", "z": "${_x.y::z}", "r": "${AWS::Region}"}))
    orders = calling("${workflow:shipping}")
    orders["States"]["Go"]["TimeoutSeconds"] = "${Pause}"
    store(bare, "orders", orders)
    bare.publish("1.0.0")
    workflows = served(bare)["workflows"]
    assert workflows["orders"]["parameters"] == {
        "Pause": 3,
        "workflow:shipping": f"{LOCAL}:shipping:live",
    }
    assert workflows["shipping"]["parameters"] == {
        "AWS::Region": "us-east-1",
        "Names": ["a", {"b": 2.5}],
        "Pause": 3,
        "_x.y::z": True,
    }
    assert workflows["orders"]["settings"]["tags"] == {"pause": "3"}
    for name, workflow in workflows.items():
        released = json.loads(
            bare.git("show", f"sfn-release/shop/releases:definitions/{name}.asl.json")
        )
        sent = json.loads(
            bare.git("show", f"sfn-release/shop/env/local:definitions/{name}.asl.json")
        )
        assert fill_and_pin(released, workflow["parameters"], workflow["pins"]) == sent
    assert sent["States"] != released["States"]


def test_a_workflow_is_called_by_its_alias_and_pinned_to_its_version(bare: Project) -> None:
    """Without pins, a rollback of the called workflow takes effect; it is prepared first."""
    store(bare, "shipping", definition("shipped"))
    store(bare, "a-caller", calling("${workflow:shipping}"))

    def target() -> str:
        text = bare.git("show", "sfn-release/shop/env/local:definitions/a-caller.asl.json")
        return str(json.loads(text)["States"]["Go"]["Parameters"]["StateMachineArn"])

    declare(bare, "", 'name = "dev-{workflow}"')
    bare.publish("1.0.0")
    assert target() == f"{LOCAL}:dev-shipping:live"
    declare(bare, "", 'name = "dev-{workflow}"\npins = "resolve"')
    out = bare.publish("1.1.0", shipping="shipped again").err
    assert target() == f"{LOCAL}:dev-shipping:2"
    assert out.index("shipping: update") < out.index("a-caller: update")
    declare(bare, "", 'name = "dev-{workflow}"\nalias = ""')
    bare.commit(other="x")
    bare.ok("publish", "1.2.0")
    assert target() == f"{LOCAL}:dev-shipping"


def test_a_new_workflow_has_its_alias_before_others_call_it(bare: Project) -> None:
    """An alias exists before its callers are switched."""
    bare.publish("1.0.0", caller="Hello")
    store(bare, "caller", calling("${workflow:shipping}"))
    err = bare.publish("1.1.0", shipping="shipped").err
    shown = [line.partition("] ")[2] for line in err.splitlines() if "alias live" in line]
    made = [line for line in shown if line]
    assert [line.partition(":")[0] for line in made] == ["shipping", "caller"]


def test_names_hold_parameters(bare: Project) -> None:
    """A state machine is found again by the name that its template renders."""
    declare(bare, 'Stage = "dev"', 'name = "${Stage}-{workflow}-${AWS::Region}"')
    bare.publish("1.0.0", hello="Hello")
    assert served(bare)["workflows"]["hello"]["state_machine_arn"] == f"{LOCAL}:dev-hello-us-east-1"
    assert bare.json("execute", "hello")["output"] == "Hello"
    recorded = {"AWS::Region": "us-east-1", "Stage": "dev"}
    assert served(bare)["workflows"]["hello"]["parameters"] == recorded
    assert bare.ok("env", "check").out.count("dev-hello-us-east-1") == 1


def test_undeclared_parameters_of_all_workflows_are_told_at_once(bare: Project) -> None:
    """All undeclared parameters are one error, before the version is released."""
    bare.commit(one="${A} ${B}", two="${A} ${C}")
    ran = bare.run("publish", "1.0.0")
    assert ran.code == 1
    assert "2 workflows of local: the parameters ${A}, ${B}, ${C} are not declared." in ran.err
    assert (
        "${C} is used at $.States.Only.Result of workflow two (workflows/two.asl.json)" in ran.err
    )
    assert '\n    A = "…"\n    B = "…"\n    C = "…"\n' in ran.err


def test_a_rollback_sends_the_recorded_values(bare: Project) -> None:
    """A rollback sends the recorded values, and records them again."""
    declare(bare, "Pause = 3")
    store(bare, "nap", wait("${Pause}"))
    bare.publish("1.0.0")
    declare(bare, "Pause = 5")
    store(bare, "nap", {**wait("${Pause}"), "Comment": "new"})
    bare.publish("1.1.0")
    bare.ok("rollback")
    assert served(bare)["workflows"]["nap"]["parameters"] == {"Pause": 3}
    sent = bare.git("show", "sfn-release/shop/env/local:definitions/nap.asl.json")
    assert json.loads(sent)["States"]["Nap"]["Seconds"] == 3
