"""The path of an execution, read from histories: ours, and recorded ones of AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sfn_release.cli.output.execution_path import way_lines
from sfn_release.operations.verbs.execute import Execution
from sfn_release.simulator import ContextSeed, Mocks, VirtualClock, simulate
from sfn_release.testing.histories.state_visits import Visit, read_visits
from support.command_line import Project
from support.places import ORACLE

EXECUTIONS = ORACLE / "executions"
NOW = "2026-01-01T00:00:00Z"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def way(definition: dict[str, Any], mocks: dict[str, Any], input: Any = None) -> list[Visit]:
    """Run *definition* in the simulator and return the way it took."""
    seed = ContextSeed("arn:x:execution:a:b", "b", "role", "arn:x", "a", EPOCH)
    done = simulate(
        definition, input or {}, tasks=Mocks(mocks), clock=VirtualClock(EPOCH), context=seed
    )
    return read_visits(
        {"id": event.id, "previousEventId": event.previous, "type": event.type, "timestamp": NOW}
        | event.details
        for event in done.events
    )


def task(**keys: Any) -> dict[str, Any]:
    """Return a Task state."""
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", **keys}


def test_states_stand_in_order_with_retries_and_catches() -> None:
    """A state that is retried is one visit with several attempts."""
    definition = {
        "StartAt": "Charge",
        "States": {
            "Charge": task(
                Retry=[{"ErrorEquals": ["Busy"], "MaxAttempts": 2}],
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Tell"}],
                End=True,
            ),
            "Tell": task(End=True),
        },
    }
    charge, tell = way(
        definition,
        {
            "Charge": [{"error": "Busy"}, {"error": "Broke", "cause": "No money"}],
            "Tell": {"return": {}},
        },
    )
    assert (charge.state, charge.attempts, charge.ended) == ("Charge", 2, "caught")
    assert (charge.error, charge.cause) == ("Broke", "No money")
    assert (tell.state, tell.attempts, tell.ended, tell.error) == ("Tell", 1, "succeeded", None)


def test_iterations_and_branches_are_inside_their_state() -> None:
    """Their events may be mixed; the state around them fails with them."""
    inner = {"StartAt": "Ship", "States": {"Ship": task(End=True)}}
    branches = [{"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}} for name in "AB"]
    definition = {
        "StartAt": "Both",
        "States": {
            "Both": {"Type": "Parallel", "Branches": branches, "ResultPath": "$.b", "Next": "All"},
            "All": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "End": True},
        },
    }
    visits = way(definition, {"Ship": {"error": "Lost"}}, {"items": [1, 2]})
    assert [(visit.state, visit.depth, visit.iteration) for visit in visits][:4] == [
        ("Both", 0, None),
        ("A", 1, None),
        ("B", 1, None),
        ("All", 0, None),
    ]
    ships = [visit for visit in visits if visit.state == "Ship"]
    assert {ship.iteration for ship in ships} <= {0, 1}
    assert {ship.depth for ship in ships} == {1}
    assert ("failed", "Lost") in {(ship.ended, ship.error) for ship in ships}
    assert visits[3].ended == "failed"


def test_a_running_execution_has_no_failed_states() -> None:
    """The last one is not over yet."""
    event = {"id": 2, "previousEventId": 0, "type": "WaitStateEntered", "timestamp": NOW}
    event["stateEnteredEventDetails"] = {"name": "Wait"}
    (visit,) = read_visits([event], finished=False)
    assert visit.ended == "running"
    (visit,) = read_visits([event])
    assert visit.ended == "failed"


@pytest.mark.skipif(not EXECUTIONS.exists(), reason="the recordings are not here")
def test_the_ways_that_aws_recorded_are_read() -> None:
    """Every entered state is a visit, also when retried; a successful visit ends as one."""
    count = 0
    for path in sorted(EXECUTIONS.glob("*/*.json")):
        expect = json.loads(path.read_text(encoding="utf-8"))["expect"]
        events = expect.get("events") or []
        if not events or any(isinstance(event["id"], list) for event in events):
            continue  # ids that differ between runs were taken out
        count += 1
        visits = read_visits(
            {"id": event["id"], "previousEventId": event["prev"], "type": event["type"]}
            | {"timestamp": NOW, "someEventDetails": event.get("details") or {}}
            for event in events
        )
        entered = [event["state"] for event in events if event["type"].endswith("StateEntered")]
        assert [visit.state for visit in visits] == entered, path
        exited = [event for event in events if event["type"].endswith("StateExited")]
        assert len([visit for visit in visits if visit.exited_at]) == len(exited), path
        if expect["status"] == "SUCCEEDED":
            assert all(visit.ended != "failed" for visit in visits if visit.depth == 0), path
        elif visits:
            assert any(visit.ended in {"failed", "aborted"} for visit in visits), path
    assert count > 300


def test_a_long_way_is_folded_but_never_where_it_failed() -> None:
    """-v shows all."""
    visits = [Visit(f"S{at}", "Pass", NOW, ended="succeeded") for at in range(100)]
    visits[50].ended, visits[50].error = "caught", "Odd"
    visits[99].ended, visits[99].error = "failed", "Broke"
    done = Execution("arn", "a", None, "FAILED", None, "Broke", None, NOW, NOW, tuple(visits))
    lines = [*way_lines(done, verbose=False)]
    assert lines[12:15] == [
        "… 38 more states; -v shows all",
        "S50  Pass, caught: Odd",
        "… 37 more states; -v shows all",
    ]
    assert lines[-1] == "S99  Pass, failed here"
    assert len([*way_lines(done, verbose=True)]) == 100


def test_execute_shows_the_way(shop: Project) -> None:
    """STANDARD executions have a history."""
    shop.publish("1.0.0")
    ran = shop.ok("execute", "hello")
    assert "\n  states     Only  Pass\n" in ran.out
    told = shop.json("execute", "hello")["way"]
    assert [visit["ended"] for visit in told] == ["succeeded"] * len(told)


def starting(child: str) -> dict[str, Any]:
    """Return a definition that starts the workflow *child* and waits for its end."""
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": f"arn:aws:states:us-east-1:000000000000:stateMachine:{child}"
        },
        "End": True,
    }
    return {"StartAt": "Go", "States": {"Go": start}}


@pytest.mark.parametrize(
    "fault",
    [
        "{",
        '{"StartAt": "A", "States": {}}',
        json.dumps(
            {"StartAt": "A", "States": {"A": task(Resource="arn:aws:states:::sns:pub", End=True)}}
        ),
        json.dumps({"StartAt": "A", "States": {"A": task(Resource="${Unknown}", End=True)}}),
    ],
)
def test_a_fault_of_another_workflow_matters_when_it_is_started(shop: Project, fault: str) -> None:
    """In the work tree; the workflow itself is refused, and others run with a warning."""
    shop.write("workflows/broken.asl.json", fault)
    shop.write("workflows/top.asl.json", json.dumps(starting("middle")))
    shop.write("workflows/middle.asl.json", json.dumps(starting("broken")))
    ran = shop.run("--json", "execute", "hello", "--tree")
    assert (ran.code, ran.json["status"]) == (0, "SUCCEEDED")
    unknown = "${Unknown}" in fault  # only a start fills the parameters
    assert ("warning: broken can't run" in ran.err) is not unknown
    ran = shop.run("--json", "execute", "broken", "--tree")
    assert (ran.code, "error" in ran.json) == (1, True)
    if not unknown:
        for starter in ("middle", "top"):
            ran = shop.run("--json", "execute", starter, "--tree")
            assert "broken.asl.json" in ran.json["cause"]
            assert "SfnRelease.BadDefinition" in ran.json["cause"] + ran.json["error"]


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_an_input_larger_than_aws_takes_is_refused(shop: Project, tree: list[str]) -> None:
    """Before anything starts, as StartExecution does; sizes are in bytes of UTF-8."""
    shop.publish("1.0.0")
    for fits, characters in ((True, 131_071), (False, 131_072)):
        shop.write("input.json", json.dumps("é" * characters, ensure_ascii=False))
        ran = shop.run("--json", "execute", "hello", "--input", "@input.json", *tree)
        assert ran.code == (0 if fits else 2)
    assert "262,146 bytes" in ran.json["error"]["message"]
    assert "262,144 at most" in ran.json["error"]["message"]


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_the_failed_children_of_a_distributed_map_are_shown(shop: Project, tree: list[str]) -> None:
    """Their number, and the error of the first: a Map's own failure doesn't have it."""
    refuse = {"Type": "Fail", "Error": "Small", "CausePath": "States.Format('item {}', $)"}
    choose = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericLessThan": 3, "Next": "Refuse"}],
        "Default": "Pass",
    }
    definition = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Choose",
                    "States": {
                        "Choose": choose,
                        "Refuse": refuse,
                        "Pass": {"Type": "Pass", "End": True},
                    },
                },
                "ToleratedFailureCount": 1,
                "End": True,
            }
        },
    }
    shop.write("workflows/each.asl.json", json.dumps(definition))
    if not tree:
        shop.publish("1.0.0")
    ran = shop.run("execute", "each", "--input", "[5,1,2,6]", *tree)
    assert "Each  Map, failed here, 2 of 4 child executions failed; first: Small: item 1" in ran.out
    ran = shop.run("--json", "execute", "each", "--input", "[5,1,9,6]", *tree)
    (visit,) = ran.json["way"]
    assert (ran.json["status"], visit["ended"]) == ("SUCCEEDED", "succeeded")
    children = {"failed": 1, "total": 4, "error": "Small", "cause": "item 1"}
    first = visit["children"].pop("first")
    assert first.startswith("arn:aws:states:us-east-1:000000000000:execution:each/")
    assert visit["children"] == children


def test_the_work_tree_runs_without_a_commit(repository: Path) -> None:
    """Nothing is released, deployed or recorded; it uses the mocks and parameters of `local`."""
    shop = Project(repository)
    shop.write(
        "releases.toml",
        '[project]\nname = "shop"\n[environments.local.parameters]\nWho = "Bob"\nPause = 3\n',
    )
    definition = {
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "Seconds": "${Pause}", "Next": "Greet"},
            "Greet": task(Parameters={"FunctionName": "${Who}"}, End=True),
        },
    }
    shop.write("workflows/hi.asl.json", json.dumps(definition))
    shop.write("workflows/hi.mocks.json", json.dumps({"Greet": {"return": "Hi"}}))
    told = shop.json("execute", "hi", "--tree")
    assert (told["status"], told["output"], told["version"]) == ("SUCCEEDED", "Hi", None)
    assert [visit["state"] for visit in told["way"]] == ["Wait", "Greet"]
    assert not list((repository / ".git").rglob("local*.db"))
    assert shop.git("for-each-ref") == ""
    shop.write("workflows/hi.asl.json", "{}")
    assert shop.run("execute", "hi", "--tree").code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("helo", "--tree"), "E_NOT_FOUND"),
        (("hello", "--tree", "--version", "1.0.0"), "E_USAGE"),
        (("hello", "--tree", "--no-wait"), "E_USAGE"),
        (("hello", "--tree", "--input", "{"), "E_USAGE"),
        (("hello", "--tree", "--env", "eu"), "E_USAGE"),
    ],
)
def test_the_work_tree_runs_on_local_alone(
    shop: Project, words: tuple[str, ...], code: str
) -> None:
    """Other environments are refused, and so is starting it without waiting for its end."""
    eu = '[environments.eu]\nregion = "eu-west-1"\n'
    shop.write("releases.toml", f'[project]\nname = "shop"\n{eu}')
    assert shop.run("execute", *words, "--json").json["error"]["code"] == code
