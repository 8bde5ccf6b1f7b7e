"""A plan as a comment: below the limit whatever it holds, whole in its Markdown, and inert."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sfn_release.authoring.diagrams.mermaid import too_large
from sfn_release.cli.output.markdown_sections import COMMENT, Section, joined, size
from sfn_release.cli.output.plan_markdown import QUIET, hidden_head, plan_markdown
from sfn_release.cli.output.result_sections import coverage_sections, replay_section
from sfn_release.comparison.semantic_change import CLASSES, SemanticChange
from sfn_release.operations.replaying.replay_report import ReplayReport
from sfn_release.permissions.permission_changes import PermissionChange
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.policy import Refusal
from sfn_release.plan.steps import PublishVersion
from sfn_release.testing.coverage.coverage_report import KINDS, Reached, WorkflowCoverage
from support.command_line import Project

GITHUB = 65_536  # characters of a comment
CANARY = "@CANARY"  # in every text from data
FOLD = re.compile(
    r"<details( open)?><summary>(\d+ (changes?|points? not reached)"
    r"|\d+ workflows?: (updated|created|repointed)"
    r"|Graph of <code>[\w .&;#/-]*</code>( and \d+ more workflows?)?)</summary>\s*"
)
PIECES = (
    "@everyone",
    "#12",
    "<b>",
    "</details>",
    "<!--",
    "`",
    "````",
    "|",
    "\n",
    "\n\n## x",
    "%%{init}%%",
    "end",
    "subgraph",
    '"]',
    "&amp;",
    "https://a.example/",
    "é",
    "𝒳",
    "\x1b[0m",
)


def hostile(random: Random) -> str:
    """Return a text of ours, with hostile pieces, of a few characters or of some 100 KB."""
    parts = random.choices(PIECES, k=random.randrange(5))
    return CANARY + "".join(parts) * random.choice((1, 1, 1, 3, 40, 3_000))


def states(names: list[str], result: Any) -> dict[str, Any]:
    """Return a definition with a Pass state for each name."""
    found: dict[str, Any] = {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        onward = {"End": True} if following is None else {"Next": following}
        found[name] = {"Type": "Pass", "Result": result, **onward}
    return {"StartAt": names[0], "States": found}


def workflow_plan(random: Random) -> WorkflowPlan:
    """Return the plan of a workflow with hostile texts everywhere."""
    name = hostile(random)
    names = [f"{hostile(random)}{at}" for at in range(random.choice((1, 3, 30)))]
    changes = [
        SemanticChange(
            name, names[0], "data", random.choice(CLASSES), hostile(random), hostile(random)
        )
        for _ in range(random.randrange(4))
    ]
    need = PermissionChange("added", hostile(random), hostile(random), (hostile(random),))
    return WorkflowPlan(
        name,
        random.choice(("updated", "created", "unchanged")),
        prepare=(PublishVersion(name, "a", None, hostile(random)),),
        notes=(hostile(random),),
        semantic_changes=tuple(changes),
        permission_changes=random.choice(((), (need,))),
        old_definition=random.choice((None, states(names[: len(names) // 2 + 1], 1))),
        new_definition=states(names, 2),
    )


def hostile_plan(random: Random) -> Plan:
    """Return a plan of one workflow, or of many that are alike."""
    flows = [workflow_plan(random) for _ in range(random.randrange(3))]
    refusal = Refusal("requires", hostile(random), hostile(random))
    return Plan(
        "prod",
        "deploy",
        "1.1.0",
        "1.0.0",
        tuple(flows * random.choice((1, 1, 2, 100))),
        notes=(hostile(random),),
        role_notes=(hostile(random),),
        refusals=(refusal,) * random.randrange(3),
    )


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a page, inline ones too."""
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        yield token
        yield from token.children or ()


def judged(text: str) -> None:
    """Assert that a page is whole, and that data is code in it and nothing else."""
    depth = 0
    for token in tokens(text):
        match token.type:
            case "fence" if token.info == "mermaid":
                assert too_large(token.content) == ""
                assert token.content.startswith("flowchart TD\n")
            case "html_block":
                if token.content.startswith("<details"):
                    assert FOLD.fullmatch(token.content), token.content
                    depth += 1
                else:
                    assert token.content.strip() == "</details>"
                    depth -= 1
                assert depth in {0, 1}
            case "html_inline":
                assert token.content == "<br>"
            case "text":
                assert CANARY not in token.content
                assert not set("@#<`") & set(token.content), token.content
            case "link_open" | "image" | "code_block":
                pytest.fail(f"{token.type}: {token.content}")
            case _:
                pass
    assert depth == 0


def reports(text: str) -> list[Section]:
    """Return a coverage report and a replay that are full of *text*."""
    kinds = {kind: Reached(1, 2, (text,)) for kind in KINDS}
    item = {"execution": text, "state": text, "what": "input", "recorded": text, "candidate": 1}
    report = ReplayReport(text, None, "prod", 2, 1, [item], [item | {"resource": text}], [item])
    coverage = [WorkflowCoverage(text, 1, kinds, (text, text))] * 3
    return [*coverage_sections(coverage), replay_section(report)]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**9), st.sampled_from((1, 1, 2, 20)), st.booleans())
def test_a_comment_is_whole_and_inert_at_any_size(seed: int, times: int, verbose: bool) -> None:
    """Hundreds of workflows, states of 100 KB and many environments stay below GitHub's limit."""
    random = Random(seed)  # noqa: S311 - repeatable
    found = [hostile_plan(random) for _ in range(random.choice((1, 2)))] * times
    named = {f"e{at}": plan for at, plan in enumerate(found)}
    text = hostile(random)
    error = {"environment": text, "code": "E_X", "message": text[:9000], "why": text[:9], "fix": ""}
    page = plan_markdown(
        named,
        labels=dict.fromkeys(named, "prod"),
        errors=[error],
        others=reports(text),
        verbose=verbose,
    )
    assert len(page.encode("utf-16-le", "surrogatepass")) // 2 < GITHUB
    judged(page)
    assert page.startswith("### Plan: deploy `1.1.0` to `prod`, where `1.0.0` is live\n\n")


def flow(name: str, *, size: int = 3, change: str = "results") -> WorkflowPlan:
    """Return the plan of an updated workflow of *size* states, the last of which is new."""
    names = [f"S{at}" for at in range(size)]
    found = SemanticChange(name, "S0", "data", change, f"text of {name}", "Why")  # type: ignore[arg-type]
    step = PublishVersion(name, "a", None, "")
    old, new = states(names[:-1], 1), states(names, 1)
    return WorkflowPlan(
        name,
        "updated",
        prepare=(step,),
        semantic_changes=(found,),
        old_definition=old,
        new_definition=new,
    )


def page(*flows: WorkflowPlan, most: int = 60_000, **members: Any) -> str:
    """Return the page of a plan for prod."""
    made = Plan("prod", "deploy", "1.1.0", "1.0.0", flows, **members)
    return plan_markdown({"prod": made}, labels={"prod": "prod"}, most=most)


def test_the_unsafe_comes_first_and_is_dropped_last() -> None:
    """With less and less room, graphs go first, and the summary stays."""
    flows = [flow(f"w{at}", change="breaking") for at in range(6)]
    refusal = Refusal("soak", "1.1.0 is too young.", "Wait.")
    kinds = {
        "graphs": "Graph of",
        "steps": "| Workflow |",
        "unsafe changes": "breaks callers**. ",
        "summary": "6 × breaks callers",
    }
    previous = set(kinds)
    seen = []
    for most in range(9_000, 1_100, -100):
        text = page(*flows, most=most, refusals=(refusal,))
        assert len(text.encode()) <= most
        there = {kind for kind, sign in kinds.items() if sign in text}
        assert there <= previous
        seen += sorted(previous - there)
        assert ("Left out, because a comment has a limit: " in text) == (
            text.count("Graph of") < len(flows)
        )
        previous = there
    assert seen == ["graphs", "steps", "unsafe changes"]
    assert previous == {"summary"}


def test_where_room_is_short_the_lowest_rank_stays() -> None:
    """Wherever it stands in the text."""
    sections = [Section("graphs", 5, ("x" * 400,)), Section("refusals", 0, ("y" * 400,))]
    text = joined(sections, most=1_500, hint="H.")
    assert text == f"{'y' * 400}\n\nLeft out, because a comment has a limit: graphs. H."


def test_changes_that_break_callers_come_before_permissions() -> None:
    """In the order of their weight, also across workflows."""
    text = page(flow("a", change="permissions"), flow("b", change="breaking"))
    assert text.index("`text of b`") < text.index("`text of a`")


def test_long_lists_are_folded() -> None:
    """Two graphs and eight changes stand open; more of them you unfold."""
    for number, opened in ((2, True), (3, False)):
        text = page(*(flow(f"w{at}", size=at + 3) for at in range(number)))
        assert ("<details open><summary>Graph of" in text) is opened
    for number, opened in ((8, True), (9, False)):
        text = page(*(flow(f"w{at}") for at in range(number)))
        assert (f"<details open><summary>{number} changes" in text) is opened


def test_workflows_with_the_same_change_share_a_row_and_a_graph() -> None:
    """Their names are folded; one with a change that breaks callers stands alone, and first."""
    alike = [flow(f"w{at:02}") for at in range(41)]
    text = page(*alike, flow("other", size=5), flow("unsafe", change="breaking"))
    assert "| 42 workflows | updated | `publish` |" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert rows[0].startswith("| `unsafe` | updated |")
    assert len(rows) == 2
    assert "<details><summary>42 workflows: updated</summary>" in text
    assert "- `w40`" in text
    graphs = re.findall(r"Graph of <code>(\w+)</code>(.*)</summary>", text)
    assert graphs == [("unsafe", ""), ("w00", " and 40 more workflows"), ("other", "")]
    assert "40 more workflows with this graph: `w01`, `w02`, " in text
    judged(text)
    made = Plan("prod", "deploy", "1.1.0", "1.0.0", tuple(alike))
    every = plan_markdown({"prod": made}, labels={"prod": "prod"}, verbose=True)
    assert "| `w40` | updated |" in every


def test_equal_changes_share_a_line() -> None:
    """With the first names; -v has a line for each."""
    flows = [
        replace(flow(f"w{at}"), semantic_changes=flow("x").semantic_changes) for at in range(9)
    ]
    assert "- `text of x` in 9 workflows: `w0`, `w1`, `w2` and 6 more" in page(*flows)
    assert "**Changes results** (9)" in page(*flows)


def test_many_new_workflows_are_a_group() -> None:
    """One row, and the graphs of a few."""
    new = [
        WorkflowPlan(
            f"w{at}",
            "created",
            prepare=(PublishVersion(f"w{at}", "a", None, ""),),
            new_definition=states([f"S{number}" for number in range(at + 1)], 1),
        )
        for at in range(20)
    ]
    text = page(*new)
    assert "| 20 workflows | created | `publish` |" in text
    assert text.count("Graph of") == 8
    assert "12 more new workflows without a graph." in text
    judged(text)


def removed(name: str) -> WorkflowPlan:
    """Return the plan of a workflow that the release no longer has."""
    change = SemanticChange(name, "", "removed", "breaking", "workflow removed", "It stays.")
    return WorkflowPlan(name, "retained", semantic_changes=(change,))


def test_a_removed_workflow_is_not_unchanged() -> None:
    """It has a line of its own on top, with its class, and is news even if nothing else changes."""
    same = [WorkflowPlan(f"w{at}", "unchanged") for at in range(7)]
    text = page(flow("w9"), *same, removed("old"), WorkflowPlan("older", "retained"))
    assert "Unchanged: 7 more workflows. Retained: 2 workflows. Changes: 1 × breaks callers" in text
    assert "- `old`: `workflow removed` – **breaks callers**. It stays" in text
    assert text.index("**breaks callers**") < text.index("| Workflow |")
    assert "**Retained from earlier releases**\n\n- `older`\n\n| Workflow |" in text
    heads = {
        name: hidden_head(
            "shop", {"prod": Plan("prod", "deploy", "1", "1", (made,))}, [], extra=False
        )
        for name, made in (("new", removed("old")), ("old", WorkflowPlan("older", "retained")))
    }
    assert [QUIET in head for head in heads.values()] == [False, True]


def test_what_a_role_lacks_is_news() -> None:
    """A plan without changes says so too, because a deployed workflow fails."""
    quiet = Plan("prod", "deploy", "1.1.0", "1.0.0", ())
    news = Plan("prod", "deploy", "1.1.0", "1.0.0", (), role_notes=("orders lacks s3:GetObject",))
    heads = [hidden_head("shop", {"prod": made}, ["prod"], extra=False) for made in (quiet, news)]
    assert [QUIET in head for head in heads] == [True, False]


def test_a_large_graph_is_cut_to_the_changed_part() -> None:
    """The changed states with their neighbours; the text says how many are left out."""
    text = page(flow("orders", size=90))
    assert "The changed part. Left out: 85 more states, none of them changed." in text
    (picture,) = [token.content for token in tokens(text) if token.type == "fence"]
    assert re.findall(r'"S(\d+)<br/>', picture) == ["0", "1", "87", "88", "89"]
    small = page(flow("orders", size=20))
    assert "The whole graph: 20 states." in small


def test_a_new_workflow_is_drawn_without_marks() -> None:
    """Every mark would say the same. It comes after the changed ones."""
    made = WorkflowPlan("new", "created", new_definition=states(["A", "B"], 1))
    text = page(made, flow("old"))
    assert text.index("<code>old</code>") < text.index("<code>new</code>")
    assert "added" not in text[text.index("<code>new</code>") :]


def test_equal_graphs_are_not_drawn() -> None:
    """A change of settings alone has no picture."""
    same = states(["A"], 1)
    made = WorkflowPlan("orders", "updated", old_definition=same, new_definition=same)
    assert "mermaid" not in page(made)


def test_an_item_is_kept_whole_or_left_out() -> None:
    """A section is cut between its items, and one with a single item of many isn't shown."""
    section = Section("x", 0, ("a" * 50,) * 10, before="head", after="tail", most=300)
    lines = section.text().splitlines()
    assert (lines[0], lines[-1], {*lines[1:-2]}) == ("head", "tail", {"a" * 50})
    assert lines[-2] == f"… and {10 - (len(lines) - 3)} more"
    assert Section("x", 0, ("a" * 200,) * 10, most=300).text() == ""
    rest = joined([Section("things", 0, ("a" * 200,) * 10, most=300)] * 2, most=9999, hint="H.")
    assert rest == "Left out, because a comment has a limit: things (2). H."


# The command


def written(shop: Project, *options: str) -> str:
    return shop.ok("plan", "--format", "markdown", *options).out


def test_the_first_line_names_the_comment(shop: Project) -> None:
    """By project and environments; a second one says that there is no news."""
    first, second, *_ = written(shop).splitlines()
    assert first == "<!-- sfn-release plan of shop for local -->"
    assert second.startswith("### Plan: ")
    shop.publish("1.0.0")
    first, second, *_ = written(shop).splitlines()
    assert second == "<!-- sfn-release: nothing to say -->"


def test_the_hidden_lines_count_for_the_limit(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They name every environment, so they can be long."""

    def full(*_: object, most: int, **__: object) -> str:
        return "x" * most

    monkeypatch.setattr("sfn_release.cli.output.plan_markdown.plan_markdown", full)
    assert size(written(shop).rstrip("\n")) == COMMENT


@pytest.fixture
def results(shop: Project) -> Mapping[str, Any]:
    """Save a coverage file and the result of a replay; return the latter."""
    shop.publish("1.0.0", hello="x")
    shop.write("workflows/hello.tests.toml", '[[test]]\nname = "t"\ninput = {}\n')
    shop.ok("test", "--coverage")
    shop.ok("execute", "hello", "--input", "{}")
    shop.ok("replay", "hello", "--save", "saved")
    shop.workflow("hello", "y")
    ran = shop.run("--json", "replay", "hello", "saved")
    shop.write("replay.json", ran.out)
    found: Mapping[str, Any] = ran.json
    return found


def test_results_stand_below_the_plan(shop: Project, results: Mapping[str, Any]) -> None:
    """Coverage and replays are sections of their own."""
    assert len(results["different"]) == 1
    text = written(shop, "--coverage", ".sfn-coverage", "--replay", "replay.json")
    assert "### Workflow coverage: 100 %" in text
    assert "### Replay of `hello`: 0 of 1 execution answer the same on the work tree" in text


@pytest.mark.usefixtures("results")
def test_results_that_cannot_be_read_stop_it(shop: Project) -> None:
    """Before anything is planned, and each with its own words."""
    value = json.loads((shop.root / "replay.json").read_text())
    cases = {
        "{": "isn't JSON",
        "[]": "isn't the result of a replay",
        json.dumps(value | {"different": [{"state": "A"}]}): "edited or damaged",
        json.dumps(value | {"different": [{**value["different"][0], "what": "<b>"}]}): "damaged",
        json.dumps(value | {"same": "1"}): "edited or damaged",
        json.dumps(value | {"against": "x|y"}): "x|y",
    }
    for content, message in cases.items():
        shop.write("replay.json", content)
        ran = shop.run("plan", "--format", "markdown", "--replay", "replay.json")
        assert (ran.code in {1, 2}, message in ran.err) == (True, True), ran.err
    for words in (["--replay", "none"], ["--coverage", "none"], ["--replay", "."]):
        assert shop.run("plan", "--format", "markdown", *words).code == 2
    ran = shop.run("plan", "--coverage", ".sfn-coverage")
    assert "need --format markdown" in ran.err
