"""A plan shows the changes that a deployment then makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.operations import plan_version, publish
from sfn_release.operations.verbs.plan import plan_delete, plan_rollback
from sfn_release.plan import Plan
from sfn_release.plan.steps import step_json
from support.command_line import Project
from support.shop import Shop, copy_shop


def steps(plan: Plan) -> list[dict[str, Any]]:
    """Return the steps of a plan without the names of the release: the work tree has none."""
    told = [step_json(step) for step in plan.steps]
    for step in told:
        step.pop("rendered_digest", None)
        if step["action"] == "tag":
            step["tags"] = sorted(step["tags"])
    return told


def agree(shop: Shop, version: str) -> list[str]:
    """Publish the work tree as *version*, as planned; return the steps for ``hello``."""
    planned = plan_version(shop.workspace())
    shop.publish(version)
    done = shop.watcher.plans.pop()
    assert done.version == version
    assert steps(planned) == steps(done)
    assert [workflow.change for workflow in planned.workflows] == [
        workflow.change for workflow in done.workflows
    ]
    assert [workflow.differences for workflow in planned.workflows] == [
        workflow.differences for workflow in done.workflows
    ]
    return [str(step).partition(" (")[0] for step in planned.steps]


def test_a_plan_of_the_work_tree_is_what_publish_does(tmp_path: Path) -> None:
    """This holds after rollbacks too: content that ran before gets its old version again."""
    shop = copy_shop(tmp_path)
    assert agree(shop, "1.0.0")[0] == "create state machine hello"
    shop.commit(hello="two")
    assert agree(shop, "1.1.0")[0] == "update state machine hello"
    shop.rollback()
    assert agree(shop, "1.2.0")[0] == "point alias live at :2"
    shop.commit(hello="one")
    assert agree(shop, "1.3.0")[0] == "point alias live at :1"
    shop.rollback()
    shop.rollback()
    shop.commit(hello="two", other="new")
    agree(shop, "1.0.1")
    shop.commit(hello="three")
    shop.rollback()
    agree(shop, "2.0.0")


def test_the_work_tree_has_no_version(project: Project) -> None:
    """Text, JSON, Markdown and -v show no version, whatever is deployed."""
    for _ in range(2):
        for more in ([], ["-v"], ["--json"], ["--format", "markdown"]):
            told = project.ok("plan", *more)
            assert "worktree" not in told.out + told.err
            assert "None" not in told.out + told.err
        assert project.json("plan")["version"] is None
        project.publish("1.0.0", hello="one")
        project.commit(hello="two")
    tags = next(step for step in project.json("plan")["steps"] if step["action"] == "tag")["tags"]
    assert (tags["sfn-release:version"], tags["sfn-release:commit"]) == (None, None)
    assert "sfn-release:version=(not known yet)" in project.ok("-v", "plan").out


def many(*numbers: int) -> str:
    """Return a definition with a Pass state for each of *numbers*, and an end state."""
    states = {
        f"S{index}": {"Type": "Pass", "Result": number, "Next": f"S{index + 1}"}
        for index, number in enumerate(numbers)
    }
    states[f"S{len(numbers)}"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "S0", "States": states})


def test_differences_stand_below_each_workflow(project: Project) -> None:
    """Plans show them as `diff` does, also when a verb applies the plan."""
    project.publish("1.0.0", hello="one", other="same")
    project.commit(hello="two")
    text = 'state "Only": Result "one" → "two"'
    line = f"      {text}  (changes results)\n"
    assert line in project.ok("plan").out
    assert text in project.ok("diff", "1.0.0").out
    assert f"**Changes results** (1)\n\n- `hello`: `{text}`" in (
        project.ok("plan", "--format", "markdown").out
    )
    (told,) = project.json("plan")["differences"]["hello"]
    assert told == {
        "state": "Only",
        "field": "Result",
        "kind": "changed",
        "old": "one",
        "new": "two",
    }
    done = project.ok("--json", "publish", "1.1.0")
    assert line in done.err
    assert [plan["differences"] for plan in done.json["plans"]] == [{"hello": [told]}]
    assert done.json["plans"][0]["semantic_changes"][0]["class"] == "results"
    back = line.replace('"one"', "x").replace('"two"', '"one"').replace("x", '"two"')
    assert back in project.ok("rollback").err
    assert line in project.ok("deploy", "1.1.0").err
    assert project.ok("--json", "deploy", "1.1.0").json["plans"] == []


def test_settings_and_tags_are_differences_too(shop: Project) -> None:
    """The plan compares the environment's own values, after filling."""
    shop.publish("1.0.0")
    text = (shop.root / "releases.toml").read_text()
    shop.write(
        "releases.toml",
        text.replace("role/shop", "role/other").replace("[environments.local]", CHANGED),
    )
    shop.commit()
    out = shop.ok("plan").out
    assert '      role "arn:aws:iam::000000000000:role/shop" → "arn' in out
    assert "      tracing.enabled false → true  (safe for running executions)\n" in out
    assert '      tags.Team "shop" added  (safe for running executions)\n' in out


CHANGED = '[environments.local]\ntracing = { enabled = true }\ntags = { Team = "shop" }'


def test_many_differences_are_folded(shop: Project) -> None:
    """Beyond 20 lines of an environment; -v shows all, Markdown has them in a block to open."""
    shop.write("workflows/hello.asl.json", many(*[0] * 30))
    shop.publish("1.0.0", other="one")
    shop.write("workflows/hello.asl.json", many(*[1] * 15))
    shop.commit(other="two")
    shop.write("workflows/hello.asl.json", many(*[1] * 30))
    shop.commit()
    out = shop.ok("plan").out
    assert out.count(" → ") == 20
    assert "      … 11 more lines; -v shows all\n" in out
    out = shop.ok("-v", "plan").out
    assert (out.count(" → "), "more line" in out) == (31, False)
    out = shop.ok("plan", "--format", "markdown").out
    assert "<details><summary>31 changes</summary>\n\n**Changes results** (31)\n\n- " in out
    assert out.count(" → ") == 31
    assert "… 11 more lines" in shop.ok("publish", "1.1.0").err


def test_markdown_stays_below_the_limit_of_a_comment(shop: Project) -> None:
    """A list is cut to its part of the comment, unless -v asks for all that fits."""
    shop.write("workflows/hello.asl.json", many(*[0] * 400))
    shop.publish("1.0.0")
    shop.write("workflows/hello.asl.json", many(*[1] * 400))
    shop.commit()
    out = shop.ok("plan", "--format", "markdown").out
    assert 100 < out.count(" → ") < 400
    assert f"… and {400 - out.count(' → ')} more\n\n</details>" in out
    assert len(out.encode()) < 65536
    assert shop.ok("-v", "plan", "--format", "markdown").out.count(" → ") == 400


def test_a_job_is_told_the_differences(
    shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The summary of a publishing job lists the changes and their places."""
    summary = tmp_path / "summary.md"
    shop.publish("1.0.0", hello="one")
    shop.commit(hello="`two`")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    shop.ok("publish", "1.1.0")
    line = 'hello: state "Only": Result "one" → "`two`"  (changes results)'
    assert f"Changes in `local`:\n\n```text\n{line}\n```" in summary.read_text()


def test_adopting_shows_what_it_would_overwrite(tmp_path: Path) -> None:
    """The live content is compared where no release has been recorded."""
    shop = copy_shop(tmp_path)
    made = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    shop.client().create_state_machine(
        name="hello",
        definition=json.dumps(made),
        roleArn="arn:aws:iam::000000000000:role/old",
        tags=[{"key": "Team", "value": "other"}],
    )
    (found,) = plan_version(shop.workspace(), adopt=True).workflows
    told = [str(difference) for difference in found.differences]
    assert any(line.startswith('role "arn:aws:iam::000000000000:role/old" → ') for line in told)
    assert 'state "A" removed' in told
    assert 'state "Only" added' in told
    assert not any("Team" in line for line in told)


# Plans of rollbacks and deletions


def test_a_rollback_is_planned(project: Project) -> None:
    """The plan has the steps of the rollback, with a version or without, and changes nothing."""
    project.publish("1.0.0", hello="one")
    project.publish("1.1.0", hello="two")
    before = project.git("for-each-ref"), project.json("status")
    for version in ([], ["1.0.0"]):
        told = project.ok("plan", "--rollback", *version)
        assert told.out.startswith(f"plan: roll back {project.named} from 1.1.0 to 1.0.0\n")
    assert (project.git("for-each-ref"), project.json("status")) == before
    done = project.ok("rollback")
    assert [line for line in told.out.splitlines() if line in done.err.splitlines()] == (
        told.out.splitlines()
    )
    none = project.run("plan", "--rollback")
    assert (none.code, "E_NOT_FOUND" in none.err) == (1, True)


def test_a_deletion_is_planned(project: Project) -> None:
    """The one step, and nothing is changed."""
    project.publish("1.0.0")
    before = project.git("for-each-ref"), project.json("status")
    told = project.ok("plan", "--delete", "hello")
    assert told.out.startswith(f"plan: delete hello from {project.named}, where 1.0.0 is live\n")
    assert project.run("plan", "--delete", "hello", "--exit-code").code == 3
    markdown = project.ok("plan", "--delete", "hello", "--format", "markdown").out
    assert "\n### Plan: delete `hello` from `" in markdown
    assert (project.git("for-each-ref"), project.json("status")) == before
    assert project.run("plan", "--delete", "other").code == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--delete", "hello", "--rollback"],
        ["--delete", "hello", "1.0.0"],
        ["--delete", "hello", "--adopt"],
        ["--rerender"],
    ],
)
def test_options_that_do_not_go_together(options: list[str], shop: Project) -> None:
    """A usage error."""
    assert shop.run("plan", *options).code == 2


def test_the_library_has_the_plans_too(tmp_path: Path) -> None:
    """You can use them in a pipeline of your own."""
    shop = copy_shop(tmp_path)
    publish(shop.workspace(), "1.0.0")
    shop.commit(hello="two")
    publish(shop.workspace(), "1.1.0")
    assert plan_rollback(shop.workspace(), "1.0.0").version == "1.0.0"
    assert plan_rollback(shop.workspace(), rerender=True).action == "rollback"
    assert [step_json(step)["action"] for step in plan_delete(shop.workspace(), "hello").steps] == [
        "delete"
    ]


def test_no_text_of_the_program_has_a_version_of_its_own() -> None:
    """The work tree is called so, and by no number."""
    package = Path(publish.__code__.co_filename).parents[1]
    found = [
        path.name
        for path in package.rglob("*.py")
        if "0.0.0-worktree" in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_a_removed_workflow_breaks_callers_until_its_release_is_live(project: Project) -> None:
    """The plan says so as `next` does: in text, JSON and Markdown. Later it is only retained."""
    project.workflow("other", "x")
    project.publish("1.0.0", hello="one")
    (project.root / "workflows" / "other.asl.json").unlink()
    project.commit(hello="one")
    assert "  = retained, removed from the release (breaks callers): other" in (
        project.run("plan").out + project.run("plan").err
    )
    (change,) = project.json("plan")["semantic_changes"]
    assert (change["workflow"], change["class"]) == ("other", "breaking")
    (reason,) = project.json("next")["semantic_changes"]
    assert (reason["workflow"], reason["class"]) == ("other", "breaking")
    text = project.ok("plan", "--format", "markdown").out
    assert "- `other`: `workflow removed` – **breaks callers**. " in text
    assert "nothing to say" not in text
    project.publish("2.0.0")
    assert project.json("plan")["semantic_changes"] == []
    assert "  = retained: other" in project.run("plan").out + project.run("plan").err
