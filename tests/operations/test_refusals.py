"""Refused deployments: every reason is found before a version is taken."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import sfn_release
from sfn_release.checks.finding import Finding
from sfn_release.operations import check_environments, plan_version
from support.command_line import run
from support.errors import refused
from support.places import TESTS
from support.services import Lambda
from support.shifting import FakeAlarms
from support.shop import ROLE, Shop, copy_shop
from support.values import definition

PACKAGE = Path(sfn_release.__file__).parent
GROUP = "arn:aws:logs:eu-west-1:111111111111:log-group:/shop"
FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:charge"
MACHINE = "arn:aws:states:eu-west-1:000000000000:stateMachine:hello"
BASIC = json.dumps(definition("one"))


class Sts:
    """STS of the account that everything here is in."""

    def get_caller_identity(self) -> dict[str, str]:
        """Answer as STS does."""
        return {"Account": "000000000000", "Arn": "arn:aws:iam::000000000000:user/ann"}


class Store:
    """Parameter Store with /soon, and /secret, which is encrypted."""

    def get_parameters(self, **request: Any) -> dict[str, Any]:
        """Answer as Systems Manager does."""
        types = {"/soon": "String", "/secret": "SecureString"}
        return {
            "Parameters": [
                {"Name": name, "Type": types[name], "Value": "soon"}
                for name in request["Names"]
                if name in types
            ],
            "InvalidParameters": [name for name in request["Names"] if name not in types],
        }


@dataclass(frozen=True)
class Row:
    """A project that can't be deployed to ``prod``, and its refusal.

    *lines* and *parameters* go into the environment, *workflow* is the definition of ``hello``.
    *before* changes AWS or the ledger first. *covers* names the functions that raise the error.
    """

    code: str
    words: tuple[str, ...]
    lines: str = ""
    parameters: str = 'Who = "Alice"'
    workflow: str = BASIC
    before: Callable[[Shop], object] = lambda _: None
    covers: tuple[str, ...] = ()


def task(resource: str) -> str:
    """Return a definition that calls *resource*."""
    state = {"Type": "Task", "Resource": resource, "End": True}
    return json.dumps({"StartAt": "Call", "States": {"Call": state}})


def wait(seconds: str) -> str:
    """Return a definition that waits."""
    nap = {"Type": "Wait", "Seconds": seconds, "End": True}
    return json.dumps({"StartAt": "Nap", "States": {"Nap": nap}})


def logging(group: str) -> str:
    return (
        'logging = { level = "ALL", destinations = [{ cloudWatchLogsLogGroup ='
        f' {{ logGroupArn = "{group}" }} }}] }}'
    )


def machine(tags: dict[str, str], **options: Any) -> Callable[[Shop], object]:
    """Return a function that creates state machine ``hello`` by hand, with the alias ``live``."""

    def create(shop: Shop) -> None:
        client = shop.client("prod")
        made = client.create_state_machine(
            name="hello",
            definition=BASIC,
            roleArn=ROLE,
            publish=True,
            tags=[{"key": key, "value": value} for key, value in tags.items()],
            **{key: value for key, value in options.items() if key == "type"},
        )
        client.create_state_machine_alias(
            name="live",
            description=options.get("description", ""),
            routingConfiguration=[
                {"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}
            ],
        )

    return create


OURS = {"sfn-release:project": "shop", "sfn-release:environment": "prod"}


def live(shop: Shop) -> None:
    """Let 1.0.0 be live."""
    shop.workflow("hello", "zero")
    shop.commit()
    shop.publish("1.0.0", "prod")


def locked(shop: Shop) -> None:
    """Start a deployment by another deployer."""
    live(shop)
    workspace = shop.workspace()
    state = workspace.ledger.deployments.state(
        workspace.ledger.branches.snapshot_for("prod"), "prod"
    )
    assert state.record is not None
    now = shop.clock()
    started = replace(
        state.record,
        id="20300101T120000Z-0000beef",
        status="started",
        finished_at=None,
        expires_at=now.replace(hour=23).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    workspace.ledger.append("prod", state, started, at=now)


ROWS = {
    # Rendering
    "a text where a number belongs": Row(
        "E_DEFINITION",
        ("$.States.Nap.Seconds", 'this is: "3".'),
        parameters='Pause = "3"',
        workflow=wait("${Pause}"),
        covers=("deployment: refuse_unmet",),
    ),
    "a resource that is none": Row(
        "E_DEFINITION",
        ("once the parameters of prod are filled in", "$.States.Call.Resource"),
        parameters='What = "nothing at all"',
        workflow=task("${What}"),
    ),
    "an undeclared parameter": Row(
        "E_CONFIG",
        ("${Missing}",),
        workflow=json.dumps(definition("${Missing}")),
        covers=("rendering: render_all",),
    ),
    "a definition that is too large when filled": Row(
        "E_DEFINITION",
        ("Step Functions allows 1,048,576",),
        parameters=f'Long = "{"x" * 600_000}"',
        workflow=json.dumps(definition(["${Long}", "${Long}"])),
        covers=("rendering: render",),
    ),
    "a tag that AWS does not take": Row(
        "E_CONFIG",
        ("'a;b' can't be in a tag of hello",),
        lines='tags = { Team = "${Who}" }',
        parameters='Who = "a;b"',
    ),
    "no role": Row(
        "E_CONFIG",
        ("Workflow hello has no role",),
        lines="NO ROLE",
        covers=("rendering: _role",),
    ),
    "two workflows of one name": Row(
        "E_CONFIG", ("can't be the name",), lines=f'name = "{{workflow}}{"x" * 79}"'
    ),
    # Values that AWS validates
    "a role that is none": Row(
        "E_CONFIG",
        ("'soon' can't be the role of hello",),
        lines='role_arn = "${Role}"',
        parameters='Role = { ssm = "/soon" }',
    ),
    "a log group without the end that AWS wants": Row(
        "E_CONFIG", ("which hello logs to, isn't a log group",), lines=logging(GROUP)
    ),
    "logging to nowhere": Row(
        "E_CONFIG", ("hello logs ALL but has no destination",), lines='logging = { level = "ALL" }'
    ),
    "a key that is none": Row(
        "E_CONFIG",
        ("'a key!' can't be the KMS key of hello",),
        lines='encryption = { type = "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId = "${Key}" }',
        parameters='Key = "a key!"',
    ),
    "more tags than AWS keeps": Row(
        "E_CONFIG",
        ("hello would have 51 tags",),
        before=machine({**OURS, **{f"other{number}": "x" for number in range(45)}}),
        lines='tags = { one = "1" }',
    ),
    # The state of AWS
    "another type": Row(
        "E_CONFLICT",
        ("hello is EXPRESS, but the release says STANDARD",),
        before=machine(OURS, type="EXPRESS"),
        covers=("plan: refuse",),
    ),
    "a state machine of somebody else": Row(
        "E_NOT_OURS",
        ("does not belong to prod of shop",),
        before=machine({}),
        covers=("plan: refuse_others",),
    ),
    "another ledger": Row(
        "E_CONFLICT",
        ("Another ledger deploys to hello",),
        before=machine(OURS, description="sfn-release 1.0.0 20290101T000000Z-0000beef"),
    ),
    "a deployment under way": Row(
        "E_LOCKED",
        ("prod is being deployed to",),
        before=locked,
        covers=("deployment: takeover_reason",),
    ),
    # Parameters that are looked up
    "a variable that is not set": Row(
        "E_CONFIG",
        ("which is not set",),
        parameters='Who = { env = "SHOP_NOBODY" }',
        workflow=json.dumps(definition("${Who}")),
    ),
    "a parameter of another type": Row(
        "E_CONFIG",
        ("The parameter Pause of prod comes from ssm:/soon",),
        parameters='Pause = { ssm = "/soon", type = "integer" }',
        workflow=wait("${Pause}"),
    ),
    "a parameter that is not stored": Row(
        "E_NOT_FOUND",
        ("Parameter Store doesn't have: /nothing",),
        parameters='Who = { ssm = "/nothing" }',
        workflow=json.dumps(definition("${Who}")),
    ),
    "a parameter that is encrypted": Row(
        "E_CONFIG",
        ("is a SecureString",),
        parameters='Who = { ssm = "/secret" }',
        workflow=json.dumps(definition("${Who}")),
    ),
    # Pins
    "a function that is not there": Row(
        "E_NOT_FOUND",
        (FUNCTION,),
        lines='pins = "resolve"',
        workflow=task(FUNCTION),
        covers=("deployment: look_up",),
    ),
    "a workflow that starts itself": Row(
        "E_DEFINITION",
        ("start each other in a circle",),
        lines='pins = "resolve"\naccount = "000000000000"',
        workflow=json.dumps(
            {
                "StartAt": "Again",
                "States": {
                    "Again": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::states:startExecution",
                        "Parameters": {"StateMachineArn": MACHINE},
                        "End": True,
                    }
                },
            }
        ),
        covers=("deployment: in_waves",),
    ),
    # Callers that are shifted
    "an alarm that does not exist": Row(
        "E_NOT_FOUND",
        ("an alarm that doesn't exist: other",),
        before=live,
        lines='strategy = { type = "canary", percent = 10, interval = "5m", alarms = ["other"] }',
        covers=("deployment: alarm_states",),
    ),
    "an alarm that fires": Row(
        "E_DEPLOYMENT",
        ("The alarm shop-failed is already firing",),
        before=live,
        lines='strategy = { type = "canary", percent = 10, interval = "5m",'
        ' alarms = ["shop-failed"] }',
        covers=("deployment: refuse_firing",),
    ),
}


@dataclass(frozen=True)
class Elsewhere:
    """Why no row makes a refusal, and the *test* that does, if there is one."""

    reason: str
    test: str = ""


ELSEWHERE: dict[str, Elsewhere] = {
    # Raised before the first write too, in situations that a row can't make:
    "deployment: refuse_clash": Elsewhere(
        "two workflows get one name from one template only by `renamed_from`",
        "deployment/test_renaming.py::test_a_new_workflow_with_the_old_name_is_refused",
    ),
    "plan: refuse_displaced": Elsewhere(
        "a renamed workflow takes the name of one that has a machine",
        "deployment/test_renaming.py::test_a_name_that_has_another_machine_is_refused",
    ),
    "plan: refuse_half_given": Elsewhere(
        "a handover whose process was killed",
        "operations/test_handover.py::test_a_handover_that_was_killed_comes_first",
    ),
    "plan: without_handed_over": Elsewhere(
        "a workflow that belongs to another project now",
        "operations/test_handover.py::test_a_project_is_split",
    ),
    "deployment: prepare_deletion": Elsewhere(
        "a deletion takes no version",
        "operations/test_deploy.py::test_a_deleted_workflow_comes_back_with_its_release",
    ),
    "deployment: restored": Elsewhere(
        "a rollback takes no version",
        "deployment/test_pinning_nested.py::test_a_rollback_to_a_deleted_version_is_refused_and_can_be_rendered_afresh",
    ),
    "deployment: _answers": Elsewhere(
        "an emulator without Lambda",
        "cli/test_pinning_moto.py::test_an_emulator_without_lambda_is_named_with_the_way_out",
    ),
    "deployment: account_of": Elsewhere("an account that is not known"),
    "deployment: refuse_elsewhere": Elsewhere(
        "an ARN of another machine",
        "deployment/test_pinning_nested.py::test_a_child_that_turns_out_to_be_elsewhere_fails_the_deployment",
    ),
    "plan: refuse_uncounted": Elsewhere(
        "EXPRESS executions are not counted",
        "deployment/test_shifting.py::test_failures_that_nobody_can_count_are_refused",
    ),
    "deployment: readable": Elsewhere(
        "a definition that is hidden",
        "deployment/test_adopting.py::test_a_hidden_definition_is_not_adopted",
    ),
    "deployment: outlasting": Elsewhere(
        "credentials that end before the shift does",
        "deployment/test_credentials.py::test_a_shift_that_outlasts_its_credentials_is_refused",
    ),
    "deployment: refuse_fast_clock": Elsewhere(
        "a lock, which nobody can foresee",
        "deployment/test_clocks.py::test_a_lock_expires_by_the_right_clock_alone",
    ),
    "deployment: refuse_wrong_clock": Elsewhere(
        "this machine's clock, just before the lock",
        "deployment/test_clocks.py::test_a_lock_is_taken_by_the_right_clock_alone",
    ),
    # Raised by a change between the plan and a write, or after one:
    "deployment: refuse_changed": Elsewhere("a parameter changed after the plan was made"),
    "deployment: kept_deployment": Elsewhere(
        "another deployer was faster: it is decided again",
        "deployment/test_adopting.py::test_an_adoption_that_was_interrupted_is_made_once",
    ),
    "deployment: found_release": Elsewhere("the ledger lacks the release that is served"),
    "deployment: finish": Elsewhere(
        "the deployment has begun",
        "deployment/test_locks.py::test_ctrl_c_puts_back_what_was_changed",
    ),
    "deployment: put_back_on_error": Elsewhere(
        "the deployment has begun",
        "deployment/test_engine.py::test_callers_are_back_before_definitions_when_a_switch_fails",
    ),
    "deployment: tolerated": Elsewhere(
        "other deployers were faster, again and again",
        "deployment/test_engine.py::test_a_ledger_that_moves_each_time_is_a_conflict",
    ),
    "deployment: version": Elsewhere("a bug: a plan publishes before it moves callers"),
    "deployment: _observe": Elsewhere(
        "a state machine that is being deleted: a minute later there is none"
    ),
    "deployment: __post_init__": Elsewhere("an override without a reason"),
    "deployment: apply": Elsewhere(
        "somebody else moved the alias meanwhile",
        "deployment/test_shifting.py::test_an_alias_that_somebody_moves_meanwhile_is_found_and_left",
    ),
    "deployment: put_back": Elsewhere(
        "the deployment has failed",
        "deployment/test_locks.py::test_an_alias_that_somebody_else_moved_is_not_undone",
    ),
    "deployment: _refuse_edited": Elsewhere(
        "somebody else edited the machine meanwhile",
        "deployment/test_shifting.py::test_a_definition_that_somebody_edits_meanwhile_is_found_and_left",
    ),
    "deployment: _raise_first": Elsewhere(
        "the deployment has begun",
        "deployment/test_faults_aws.py::test_the_same_command_finishes_after_a_call_failed",
    ),
    "deployment: make": Elsewhere("a bug"),
    "deployment: _create": Elsewhere(
        "somebody else created the machine meanwhile",
        "deployment/test_engine.py::test_a_machine_that_somebody_else_created_is_not_taken",
    ),
    "deployment: _publish": Elsewhere(
        "somebody else edited the machine meanwhile",
        "deployment/test_locks.py::test_what_somebody_else_wrote_into_latest_is_not_undone",
    ),
    "deployment: _undo_update": Elsewhere(
        "the deployment has failed",
        "deployment/test_locks.py::test_what_somebody_else_wrote_into_latest_is_not_undone",
    ),
    "deployment: check": Elsewhere(
        "the deployment has begun",
        "deployment/test_locks.py::test_an_expired_deployer_stops_and_puts_nothing_back",
    ),
    "deployment: turn": Elsewhere(
        "the deployment has begun",
        "deployment/test_locks.py::test_an_overtaken_deployer_switches_nothing_and_undoes_nothing",
    ),
    "deployment: watch": Elsewhere(
        "callers are being shifted",
        "deployment/test_shifting.py::test_what_cannot_be_seen_is_not_safe",
    ),
    "deployment: _look": Elsewhere(
        "callers are being shifted",
        "deployment/test_shifting.py::test_an_alarm_that_fires_puts_the_routing_back",
    ),
}


def make(tmp_path: Path, row: Row) -> Shop:
    """Return a shop whose next deployment to ``prod`` is as *row* says."""
    shop = copy_shop(tmp_path)
    shop.others = {
        "sts": Sts(),
        "ssm": Store(),
        "lambda": Lambda(),
        "cloudwatch": FakeAlarms(firing={"shop-failed": "too many"}),
    }
    configure(shop, "", 'Who = "Alice"')
    shop.commit()
    row.before(shop)
    configure(shop, row.lines, row.parameters)
    shop.write("workflows/hello.asl.json", row.workflow)
    shop.commit()
    return shop


def configure(shop: Shop, lines: str, parameters: str) -> None:
    role = "" if "role_arn" in lines or lines == "NO ROLE" else f'role_arn = "{ROLE}"\n'
    lines = lines.removeprefix("NO ROLE")
    shop.write(
        "releases.toml",
        f'[project]\nname = "shop"\nremote = ""\n\n[environments.prod]\nregion = "eu-west-1"\n'
        f"{role}{lines}\n\n[environments.prod.parameters]\n{parameters}\n",
    )


def aws(shop: Shop) -> str:
    """Return everything that ``prod`` has in AWS."""
    client = shop.client("prod")
    arns = [machine["stateMachineArn"] for machine in client.list_state_machines()["stateMachines"]]
    return json.dumps(
        [
            (
                {**client.describe_state_machine(stateMachineArn=arn), "ResponseMetadata": None},
                client.list_tags_for_resource(resourceArn=arn)["tags"],
                client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"],
            )
            for arn in arns
        ],
        default=str,
    )


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_taken_or_written(name: str, tmp_path: Path) -> None:
    """Publish refuses it, plan and env check say the same, and nothing has changed."""
    row = ROWS[name]
    shop = make(tmp_path, row)
    before = shop.refs(), aws(shop)
    with refused(row.code, *row.words):
        shop.publish("2.0.0", "prod")
    with refused(row.code, *row.words):
        plan_version(shop.workspace(), environment="prod")
    problems = check_environments(shop.workspace(), environments=["prod"]).problems
    assert [
        problem.error.code
        for problem in problems
        if problem.error is not None and all(word in str(problem.error) for word in row.words)
    ][:1] == [row.code], [str(problem.error) for problem in problems]
    assert (shop.refs(), aws(shop)) == before


def test_every_refusal_of_a_deployment_has_its_row() -> None:
    """A new refusal needs a row that precedes the version, or a reason for having none."""
    found = set()
    rooms = [*(PACKAGE / "deployment").glob("*.py"), *(PACKAGE / "plan").glob("*.py")]
    for path in [*rooms, PACKAGE / "release" / "rendering.py"]:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and any(
                isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function)
            ):
                room = "rendering" if path.stem == "rendering" else path.parent.name
                found.add(f"{room}: {function.name}")
    covered = {name for row in ROWS.values() for name in row.covers}
    assert found == covered | ELSEWHERE.keys()
    assert not covered & ELSEWHERE.keys()


@pytest.mark.parametrize(
    "test", sorted({elsewhere.test for elsewhere in ELSEWHERE.values() if elsewhere.test})
)
def test_refusals_without_a_row_name_a_test_that_exists(test: str) -> None:
    """A test that was renamed or deleted leaves no refusal behind."""
    path, _, name = test.partition("::")
    tree = ast.parse((TESTS / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("number", range(2))
def test_several_environments_are_all_judged_first(number: int, tmp_path: Path) -> None:
    """A refusal of either environment keeps the version from being taken for the other."""
    shop = make(tmp_path, ROWS["a text where a number belongs"])
    text = (shop.root / "releases.toml").read_text()
    twin = text[text.index("[environments.prod]") :].replace("environments.prod", "environments.qa")
    twin = twin.replace("region =", 'name = "{workflow}-qa"\nregion =')
    shop.write("releases.toml", f"{text}\n{twin}".replace('Pause = "3"', "Pause = 3", 1))
    shop.commit()
    before = shop.refs()
    with refused("E_SEVERAL", "Nothing was started"):
        shop.publish("2.0.0", *["prod", "qa"][:: 1 - 2 * number])
    assert before == shop.refs()
    assert json.loads(aws(shop)) == []


def test_two_environments_of_one_command_may_not_share_a_machine(tmp_path: Path) -> None:
    """Otherwise the second would change the machine that the first has just created."""
    shop = make(tmp_path, Row("", (), lines='account = "000000000000"'))
    text = (shop.root / "releases.toml").read_text()
    twin = text[text.index("[environments.prod]") :].replace("environments.prod", "environments.qa")
    shop.write("releases.toml", f"{text}\n{twin}")
    shop.commit()
    before = shop.refs()
    with refused("E_CONFLICT", "qa and prod use the same state machine, hello"):
        shop.publish("2.0.0", "prod", "qa")
    assert before == shop.refs()


def test_a_policy_is_shown_by_all_three(tmp_path: Path) -> None:
    """It refuses publish; a plan and env check show it, since it may be overridden."""
    shop = make(tmp_path, Row("", (), lines='requires = ["qa"]'))
    text = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", text + f'\n[environments.qa]\nregion = "eu-west-1"\n{NAMED}\n')
    shop.commit()
    with refused("E_POLICY", "has never succeeded in qa"):
        shop.publish("2.0.0", "prod")
    (found,) = plan_version(shop.workspace(), environment="prod").refusals
    assert "the work tree has never succeeded in qa" in found.message
    checked = check_environments(shop.workspace(), environments=["prod"])
    assert checked.problems == ()
    assert found.message in checked.checks[-1].text


NAMED = f'name = "{{workflow}}-qa"\nrole_arn = "{ROLE}"\nparameters = {{ Who = "Bob" }}'


@pytest.mark.parametrize("what", ["versions", "aliases"])
def test_quotas_are_counted(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state machine that is full takes no version from the ledger."""
    shop = make(tmp_path, Row("", (), before=live))
    monkeypatch.setattr("sfn_release.deployment.preflight._NEAR", 0)
    monkeypatch.setattr("sfn_release.plan.preconditions.MAX_VERSIONS", 1)
    monkeypatch.setattr("sfn_release.plan.preconditions.MAX_ALIASES", 1)
    if what == "aliases":
        monkeypatch.setattr("sfn_release.plan.preconditions.MAX_VERSIONS", 1000)
        configure(shop, 'alias = "other"', 'Who = "Alice"')
        shop.commit()
    before = shop.refs()
    with refused("E_CONFIG", f"hello has 1 {what}", "one more"):
        shop.publish("2.0.0", "prod")
    assert before == shop.refs()


def test_a_literal_that_looks_like_a_parameter_is_text(tmp_path: Path) -> None:
    """An escaped $${ isn't a parameter: it isn't refused, and it doesn't fit every type."""
    fine = make(tmp_path / "fine", Row("", (), workflow=json.dumps(definition("${Who} $${1}"))))
    assert plan_version(fine.workspace(), environment="prod").changes
    wrong = make(tmp_path / "wrong", Row("", (), workflow=wait("$${Who}")))
    with refused("E_DEFINITION", "Seconds"):
        plan_version(wrong.workspace(), environment="prod")


def test_each_form_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form without parameters isn't checked again, and equal forms of environments only once."""
    shop = make(tmp_path, Row("", ()))
    text = (shop.root / "releases.toml").read_text()
    shop.write(
        "releases.toml",
        text + f'\n[environments.qa]\nregion = "eu-west-1"\n{NAMED.replace("Bob", "Alice")}\n',
    )
    shop.workflow("plain", "nothing to fill")
    shop.workflow("filled", "${Who}")
    shop.commit()
    checked: list[Any] = []

    def check(definition: Any, **_: Any) -> tuple[Finding, ...]:
        checked.append(definition["States"]["Only"]["Result"])
        return ()

    monkeypatch.setattr("sfn_release.checks.checker.check_definition", check)
    shop.publish("2.0.0", "prod", "qa")
    assert checked == ["Alice"]


def test_a_plan_of_several_finds_shared_machines(tmp_path: Path) -> None:
    """`plan` refuses them as `publish` does, before any environment is read."""
    shop = make(tmp_path, Row("", (), lines='account = "000000000000"'))
    text = (shop.root / "releases.toml").read_text()
    twin = text[text.index("[environments.prod]") :].replace("environments.prod", "environments.qa")
    shop.write("releases.toml", f"{text}\n{twin}")
    shop.commit()
    ran = run("-C", str(shop.root), "--json", "plan", "--env", "prod", "--env", "qa")
    assert (ran.code, ran.json["error"]["code"]) == (1, "E_CONFLICT")
