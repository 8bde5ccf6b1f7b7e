"""A renamed workflow keeps its state machine when releases.toml says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfn_release.cli.main import main
from sfn_release.operations.verbs.blame import blame
from sfn_release.operations.verbs.check_environments import check_environments
from sfn_release.operations.verbs.plan import plan_rollback, plan_version
from sfn_release.operations.verbs.prune import plan_prune
from sfn_release.operations.verbs.publish import publish
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from sfn_release.plan import Plan
from sfn_release.project import parse_project
from sfn_release.report.facts.reading import read_facts
from sfn_release.report.views.state_history import origins_of_forms
from support.errors import refused
from support.faults import DENIED, KILLED, At, Fault, Faulty, KilledError
from support.shop import ROLE, Shop, made_once, make_shop

CONFIG = f"""\
[project]
name = "shop"
remote = ""
default_environment = "prod"
[environments.prod]
region = "eu-west-1"
role_arn = "{ROLE}"
name = "{{workflow}}-prod"
"""
RENAMED = CONFIG + '[workflows.orders]\nrenamed_from = "checkout"\n'


def _make(shop: Shop) -> None:
    """Publish one release with the workflows `checkout` and `other`."""
    shop.write("releases.toml", CONFIG)
    shop.commit_only(checkout="one", other="same")
    shop.publish("1.0.0")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return made_once(tmp_path, "renaming", _make)


def rename(shop: Shop, content: Any = "one", config: str = RENAMED) -> None:
    shop.write("releases.toml", config)
    shop.commit_only(orders=content, other="same")


def notes(plan: Plan) -> str:
    return "\n".join(plan.to_json()["notes"])


def machines(shop: Shop) -> dict[str, tuple[str, str | None]]:
    """Return what callers of each state machine get, without and with the alias."""
    return {name: (machine.latest, machine.live) for name, machine in shop.machines().items()}


def healthy(shop: Shop) -> None:
    """Nothing is drifted, retained or forged."""
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert (there.state, {workflow.state for workflow in there.workflows}) == (
        "in-sync",
        {"in-sync"},
    )
    assert verify(shop.workspace()).problems == ()


def test_without_being_told_the_plan_warns_that_callers_stay_behind(shop: Shop) -> None:
    """The new name gets a machine of its own, and the old one is retained."""
    rename(shop, config=CONFIG)
    plan = plan_version(shop.workspace(), environment="prod")
    assert {planned.workflow: planned.change for planned in plan.workflows} == {
        "checkout": "retained",
        "orders": "created",
        "other": "unchanged",
    }
    assert 'write in releases.toml: [workflows.orders] renamed_from = "checkout"' in notes(plan)


def test_two_new_workflows_are_told_apart_by_their_content(shop: Shop) -> None:
    """Only the one with the old content is taken for a renamed one."""
    shop.commit_only(orders="one", invoices="new", other="same")
    plan = plan_version(shop.workspace(), environment="prod")
    hinted = [
        planned.workflow
        for planned in plan.workflows
        if "under a new name" in " ".join(planned.notes)
    ]
    assert hinted == ["orders"]


def test_a_renamed_workflow_goes_on_with_its_machine(shop: Shop) -> None:
    """Same content: no new version. Then a change, a rollback before the rename, and forward."""
    arn = shop.arn("checkout-prod", "prod")
    rename(shop)
    plan = plan_version(shop.workspace(), environment="prod")
    assert "orders was checkout before: it keeps the state machine checkout-prod" in notes(plan)
    shop.publish("1.1.0")
    served = shop.serving("prod").workflows
    assert {*served} == {"orders", "other"}
    assert (served["orders"].state_machine_arn, served["orders"].version_arn) == (arn, f"{arn}:1")
    healthy(shop)
    rename(shop, "two")
    differences = plan_version(shop.workspace(), environment="prod").to_json()["differences"]
    assert [*differences] == ["orders"]
    shop.publish("1.2.0")
    assert machines(shop) == {"checkout-prod": ("two", "two"), "other-prod": ("same", "same")}
    healthy(shop)
    shop.rollback("1.0.0", "prod")
    assert {*shop.serving("prod").workflows} == {"checkout", "other"}
    assert machines(shop)["checkout-prod"] == ("one", "one")
    healthy(shop)
    shop.deploy("1.2.0", "prod")
    assert {*shop.serving("prod").workflows} == {"orders", "other"}
    assert machines(shop)["checkout-prod"] == ("two", "two")
    assert shop.versions("checkout-prod", "prod") == [2, 1]
    healthy(shop)
    pruned = plan_prune(shop.workspace(), keep=1)
    assert [str(version) for version in pruned.deleted] == ["orders:1"]
    shop.delete("orders", "prod")
    assert {*shop.machines()} == {"other-prod"}


def test_a_manual_change_is_noticed_across_the_rename(shop: Shop) -> None:
    """The record of the old name counts: the plan shows what it overwrites."""
    client = shop.client("prod")
    text = json.dumps(
        {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": "hand", "End": True}}}
    )
    client.update_state_machine(stateMachineArn=shop.arn("checkout-prod", "prod"), definition=text)
    rename(shop, "two")
    assert "overwrites a manual change to orders" in notes(
        plan_version(shop.workspace(), environment="prod")
    )


CALLS = (
    "UpdateStateMachine",
    "PublishStateMachineVersion",
    "UpdateStateMachineAlias",
    "TagResource",
)
NEXT: dict[str, tuple[Callable[[Shop], Any], str, str]] = {
    "the same again": (lambda shop: shop.publish("1.1.0"), "orders", "two"),
    "back": (lambda shop: shop.rollback(environment="prod"), "checkout", "one"),
}


@pytest.mark.parametrize("then", NEXT)
@pytest.mark.parametrize("call", CALLS)
def test_a_rename_that_ends_anywhere_is_finished_or_taken_back(
    shop: Shop, call: str, then: str
) -> None:
    """Killed at each write: one machine, one name in the record, nothing left over."""
    rename(shop, "two")
    again, name, content = NEXT[then]
    client = shop.client("prod")
    with pytest.raises(KilledError):
        shop.using(Faulty(client, At(f"checkout-prod.{call}", KILLED))).publish("1.1.0")
    again(shop)
    assert {*shop.serving("prod").workflows} == {name, "other"}
    assert machines(shop)["checkout-prod"] == (content, content)
    assert {*shop.machines()} == {"checkout-prod", "other-prod"}
    healthy(shop)


@pytest.mark.parametrize("fault", [DENIED], ids=str)
def test_a_rename_that_fails_is_put_back(shop: Shop, fault: Fault) -> None:
    """Callers and $LATEST have the old content, and the record the old name."""
    rename(shop, "two")
    client = shop.client("prod")
    broken = shop.using(Faulty(client, At("checkout-prod.UpdateStateMachineAlias", fault)))
    with refused("E_ACCESS"):
        broken.publish("1.1.0")
    assert machines(shop)["checkout-prod"] == ("one", "one")
    assert {*shop.serving("prod").workflows} == {"checkout", "other"}
    shop.rollback(environment="prod")
    healthy(shop)


def test_a_new_workflow_with_the_old_name_is_refused(shop: Shop) -> None:
    """Both would be one state machine: the error says what to change."""
    shop.write("releases.toml", RENAMED)
    shop.commit_only(orders="one", checkout="new", other="same")
    with refused("E_CONFLICT", "checkout and orders would both be", "remove `renamed_from`"):
        plan_version(shop.workspace(), environment="prod")


def test_a_name_that_has_another_machine_is_refused(shop: Shop) -> None:
    """Live or retained: its machine would leave the record. Once it is deleted, the name is free.

    A rollback to a time when both had machines brings both back.
    """
    renamed = CONFIG + '[workflows.other]\nrenamed_from = "checkout"\n'
    shop.write("releases.toml", renamed)
    shop.commit_only(other="one")
    with refused("E_CONFLICT", "it has another one already, other-prod", "delete other --env prod"):
        shop.publish("1.1.0")
    shop.write("releases.toml", CONFIG)
    shop.commit_only(checkout="one")
    shop.publish("1.1.0")
    shop.write("releases.toml", renamed)
    shop.commit_only(other="two")
    with refused("E_CONFLICT", "no longer manage other-prod"):
        shop.publish("1.2.0")
    assert {*shop.serving("prod").workflows} == {"checkout", "other"}
    shop.delete("other", "prod")
    shop.publish("1.2.0")
    assert machines(shop) == {"checkout-prod": ("two", "two")}
    healthy(shop)
    shop.rollback("1.0.0", "prod")
    assert machines(shop) == {"checkout-prod": ("one", "one"), "other-prod": ("same", "same")}
    healthy(shop)


def test_a_rollback_tells_which_machine_it_leaves(shop: Shop) -> None:
    """From two machines to a release in which one name had the other machine."""
    rename(shop, "two")
    shop.publish("1.1.0")
    shop.write("releases.toml", CONFIG)
    shop.commit_only(checkout="three", other="same")
    shop.publish("1.2.0")
    shop.commit_only(checkout="three", orders="new", other="same")
    shop.publish("1.3.0")
    plan = plan_rollback(shop.workspace(), "1.1.0", environment="prod")
    assert "orders was checkout before: it keeps the state machine checkout-prod" in notes(plan)
    assert "the old state machine orders-prod keeps running" in notes(plan)
    shop.rollback("1.1.0", "prod")
    assert machines(shop)["checkout-prod"] == ("two", "two")
    healthy(shop)
    shop.rollback("1.0.0", "prod")
    shop.deploy("1.3.0", "prod")
    assert {*shop.serving("prod").workflows} == {"checkout", "orders", "other"}
    assert machines(shop)["orders-prod"] == ("new", "new")
    healthy(shop)


TABLES: dict[str, tuple[str, Any]] = {
    "chain": ("c.b, b.a", {"c": "a", "b": "a"}),
    "self": ("a.a", "a is renamed from itself"),
    "cycle": ("a.b, b.a", "is renamed from itself, by way of"),
    "into a cycle": ("c.b, b.a, a.b", "renamed from itself"),
    "two": ("b.a, c.a", "b and c are both renamed from a"),
    "not a name": ("b.x y", "renamed_from"),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables(case: str) -> None:
    """A workflow may be renamed again; a cycle, a shared machine and a bad name are refused."""
    pairs, expected = TABLES[case]
    text = CONFIG
    for pair in pairs.split(", "):
        new, _, old = pair.partition(".")
        text += f'[workflows.{new}]\nrenamed_from = "{old}"\n'
    if isinstance(expected, dict):
        project = parse_project(text, path="releases.toml")
        assert project.environments["prod"].first_names == expected
        assert project.environments["prod"].state_machine_name("c") == "a-prod"
        return
    with refused("E_CONFIG", expected):
        parse_project(text, path="releases.toml")


def test_a_former_name_that_no_release_has_is_an_error_before_anything_is_planned(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A typo would create another state machine, under the wrong name."""
    rename(shop, config=RENAMED.replace('"checkout"', '"chekout"'))
    typo = ("E_CONFIG", "No release has a workflow 'chekout'.", 'Did you mean "checkout"?')
    with refused(*typo):
        plan_version(shop.workspace(), environment="prod")
    with refused(*typo):
        shop.publish("1.1.0")
    with refused(*typo):
        publish(shop.workspace(), "1.1.0", deploy=False)
    assert {*shop.machines()} == {"checkout-prod", "other-prod"}
    found = check_environments(shop.workspace(), environments=["prod"]).problems
    assert "No release has a workflow 'chekout'." in str(found[0].error)
    assert main(["-C", str(shop.root), "check"]) == 1
    assert "No release has a workflow 'chekout'." in capsys.readouterr().out
    rename(shop)
    assert main(["-C", str(shop.root), "check"]) == 0
    # A release deploys by the releases.toml of today.
    shop.publish("1.1.0")
    rename(shop, "two", config=RENAMED.replace('"checkout"', '"chekout"'))
    with refused(*typo):
        shop.deploy("1.1.0")


def test_a_former_name_works_where_an_environment_never_had_it(shop: Shop) -> None:
    """Another environment had it; and before the first release nothing is known."""
    staging = '[environments.staging]\nregion = "eu-west-1"\nname = "{workflow}-staging"\n'
    rename(shop, config=RENAMED + f'{staging}role_arn = "{ROLE}"\n')
    (record,) = shop.publish("1.1.0", "staging").deployments
    arn = record.workflows["orders"].state_machine_arn
    assert arn is not None
    assert arn.endswith(":checkout-staging")


def test_a_first_release_may_have_former_names(tmp_path: Path) -> None:
    first = make_shop(tmp_path / "first", config=RENAMED, workflows={"orders": "one"})
    assert plan_version(first.workspace(), environment="prod").workflows


def test_blame_and_diff_follow_a_workflow_through_its_names(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rename changes no state, and makes no workflow more."""
    rename(shop)
    shop.publish("1.1.0")
    rename(shop, "two")
    shop.publish("1.2.0")
    for config in (RENAMED, CONFIG):  # without the table, the records say it
        shop.write("releases.toml", config)
        found = blame(shop.workspace(), "orders", version="1.1.0")
        assert {state.manifest.version for state in found.states} == {"1.0.0"}
        assert found.settings.version == "1.0.0"
        last = blame(shop.workspace(), "orders")
        assert {state.manifest.version for state in last.states} == {"1.2.0"}
        facts = read_facts(shop.workspace(), progress=lambda _text: None)
        origins = [*origins_of_forms(facts, "orders")]
        assert [{it.version for it in form.values()} for form in origins] == [{"1.0.0"}, {"1.2.0"}]
    assert main(["-C", str(shop.root), "diff", "1.0.0", "1.1.0"]) == 0
    assert ": 1 of 2 workflows changed" in capsys.readouterr().out
