"""GitHub Actions: summaries, outputs and annotations, read as a runner reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sfn_release.cli.output import github, markdown
from sfn_release.cli.output.plan_markdown import plan_markdown
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.policy import Refusal
from sfn_release.plan.steps import PublishVersion
from support.command_line import Project


@dataclass(frozen=True)
class Job:
    """The summary and the outputs that a job received."""

    summary_file: Path
    output_file: Path

    @property
    def summary(self) -> str:
        """The Markdown of the job's page."""
        return self.summary_file.read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the step, each with its last value."""
        found = {}
        lines = iter(self.output_file.read_text(encoding="utf-8").splitlines())
        for line in lines:
            name, _, delimiter = line.partition("<<")
            value = []
            while (one := next(lines)) != delimiter:
                value.append(one)
            found[name] = "\n".join(value)
        return found


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Run the test as a step of a job."""
    made = Job(tmp_path / "summary.md", tmp_path / "output")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(made.summary_file))
    monkeypatch.setenv("GITHUB_OUTPUT", str(made.output_file))
    return made


def annotated(text: str) -> list[tuple[str, str, str]]:
    """Return the level, title and message of every annotation, decoded as the runner does."""
    found = re.findall(r"(?m)^\s*::(\w+) title=([^,:]*)::(.*)$", text)
    return [(level, _unescaped(title), _unescaped(message)) for level, title, message in found]


def _unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_publish_tells_the_job(shop: Project, job: Job) -> None:
    """The version and digests are outputs, and the summary names the environment."""
    told = shop.json("publish", "1.2.0")
    record = told["deployments"][0]
    assert job.outputs == {
        "version": "1.2.0",
        "commit": told["commit"],
        "release_digest": told["release_digest"],
        "tag": "v1.2.0",
        "already_released": "false",
        "deployed": "true",
        "deployment_id": record["id"],
        "environment": "local",
        "status": "succeeded",
    }
    assert "### Published `1.2.0`" in job.summary
    assert "| `local` | publish | `1.2.0` | – | **succeeded** | 1 created |" in job.summary


def test_publishing_again_has_the_same_outputs(shop: Project, job: Job) -> None:
    """A job that is run again has the outputs of its first run."""
    shop.ok("publish", "1.2.0")
    first = job.outputs
    shop.ok("publish", "1.2.0")
    changed = {"already_released": "true", "deployed": "false"}
    assert job.outputs == {**first, **changed}
    assert "No deployment was needed." in job.summary


def test_deployments_and_plans_tell_the_job(shop: Project, job: Job) -> None:
    """Each command appends a section with its own title to the summary."""
    shop.publish("1.0.0")
    shop.commit(hello="Hello Bob")
    shop.ok("plan")
    assert job.outputs["changes"] == "true"
    shop.ok("publish", "1.1.0")
    shop.ok("rollback", "--reason", "Bob | `Bob`")
    assert job.outputs["version"] == "1.0.0"
    shop.ok("status")
    assert job.outputs["in_sync"] == "true"
    titles = re.findall(r"(?m)^### (.*)$", job.summary)
    assert titles == [
        "Published `1.0.0`",
        "Plan: deploy the work tree to `local` (not AWS), where `1.0.0` is live",
        "Published `1.1.0`",
        "Rolled back to `1.0.0`",
        "`local`: in-sync, `1.0.0` is live",
    ]
    assert "Reason: `` Bob | `Bob` ``" in job.summary


def test_an_error_is_an_annotation(shop: Project, job: Job) -> None:
    """An error's annotation and summary include its fix."""
    ran = shop.run("deploy", "9.9.9")
    ((level, title, message),) = annotated(ran.err)
    assert (ran.code, level, title) == (1, "error", "E_NOT_FOUND")
    assert message.startswith("There is no release 9.9.9.\n")
    assert "### sfn-release failed: E_NOT_FOUND" in job.summary


@pytest.mark.usefixtures("job")
def test_json_stays_one_object(shop: Project) -> None:
    """Annotations go to stderr, which the runner reads as well."""
    ran = shop.run("--json", "deploy", "9.9.9")
    assert ran.json["error"]["code"] == "E_NOT_FOUND"
    assert len(annotated(ran.err)) == 1


def test_a_usage_error_is_told_too(shop: Project, job: Job) -> None:
    """An invalid command line is an annotation as well."""
    ran = shop.run("frobnicate")
    assert [title for _, title, _ in annotated(ran.err)] == ["E_USAGE"]
    assert "E_USAGE" in job.summary


def test_outside_of_actions_there_are_no_annotations(shop: Project) -> None:
    """Annotations are written on GitHub Actions only."""
    assert "::" not in shop.run("deploy", "9.9.9").err


def test_the_demo_is_no_ones_release(job: Job, shop: Project) -> None:
    """The demo's scratch project writes no summary and no outputs."""
    shop.ok("demo")
    assert not job.summary_file.exists()
    assert not job.output_file.exists()


def test_files_that_cannot_be_written_fail_nothing(
    shop: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The release is made, and the log names the files that can't be written."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "no" / "folder"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    ran = shop.ok("publish", "1.0.0")
    assert "can't write GITHUB_OUTPUT" in ran.err
    assert "can't write GITHUB_STEP_SUMMARY" in ran.err


def test_no_value_leaves_its_output() -> None:
    """A value is enclosed in random delimiters, so that its own lines can't end it."""
    written = [github._output("version", "1\nversion<<x\n2\nx") for _ in range(2)]
    first, second = (text.splitlines() for text in written)
    assert first[1:-1] == ["1", "version<<x", "2", "x"]
    assert first[0] == f"version<<{first[-1]}"
    assert first[-1] != second[-1]


def test_several_deployments_are_lines() -> None:
    """The outputs of several deployments have one line for each distinct value."""
    records = [
        {"id": name, "environment": name, "version": "1.0.0", "status": "succeeded"}
        | {"commit": "c", "release_digest": "d"}
        for name in ("eu", "us")
    ]
    told = dict(github.outputs("deploy", {"deployments": records}))
    assert (told["version"], told["deployment_id"]) == ("1.0.0", "eu\nus")


def test_errors_of_environments_are_annotations(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A property's colons and commas, and every line end, are escaped."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    error = {"environment": "a,b: 1 %\r\n::error::x", "code": "E_LOCKED"}
    error |= {"message": "50 %0A\n::error::no", "why": "", "fix": "x"}
    github.report("deploy", {"deployments": [], "errors": [error]})
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert annotated(err) == [
        (
            "error",
            "a,b: 1 %\\x0d\n\\x3a:error::x: E_LOCKED",
            "50 %0A\n\\x3a:error::no\nx",
        )
    ]


@pytest.mark.usefixtures("job")
def test_findings_are_annotations(shop: Project) -> None:
    """Each finding is annotated once, at its place, in every output format."""
    shop.write("workflows/bad.asl.json", '{"StartAt": "No", "States": {"A": {"Type": "Fail"}}}')
    for words in (["check"], ["check", "--format", "github"], ["--json", "check"]):
        ran = shop.run(*words)
        lines = [line for line in (ran.out + ran.err).splitlines() if line.startswith("::")]
        assert lines
        assert all("file=workflows/bad.asl.json" in line for line in lines)
        assert len(lines) == len({*lines})


def test_a_plan_that_fails_somewhere_says_so(shop: Project) -> None:
    """The failed plan is shown beside the successful ones."""
    shop.write(
        "releases.toml",
        '[project]\nname = "shop"\n[environments.eu]\nregion = "eu-west-1"\n'
        'endpoint_url = "http://127.0.0.1:9"\nrole_arn = "arn:aws:iam::000000000000:role/x"\n',
    )
    shop.commit()
    ran = shop.run("plan", "--env", "local", "--env", "eu", "--format", "markdown")
    assert ran.code == 1
    assert "### Plan: deploy the work tree to `local` (not AWS)" in ran.out
    assert "**`eu`: E_NETWORK**\n\n```text\n" in ran.out


def test_long_tables_are_cut() -> None:
    """A summary of five hundred workflows still fits."""
    lines = list(markdown.table(("Workflow",), [("x",)] * 500))
    assert lines[-1] == "\n… and 400 more"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("orders", "`orders`"),
        ("a|b", "`a|b`"),
        ("`x``", "``` `x`` ```"),
        ("<img src=x onerror=alert(1)>", "`<img src=x onerror=alert(1)>`"),
        ("@everyone #1 https://evil.example", "`@everyone #1 https://evil.example`"),
        ("one\ntwo", "`one\\ntwo`"),
        ("\x1b[31mred\u202e", "`\\x1b[31mred\\u202e`"),
        (" ", "–"),
    ],
)
def test_data_is_code(text: str, written: str) -> None:
    """Inside a code span, only its closing backticks have a meaning."""
    assert markdown.code(text) == written


def test_a_block_is_not_left() -> None:
    """A block's fence is longer than any fence in its text."""
    assert markdown.block("```\n<b>\n````") == "`````text\n```\n<b>\n````\n`````"


def test_a_plan_is_markdown_on_request(shop: Project) -> None:
    """`plan --format markdown > plan.md` writes a comment for a pull request."""
    shop.publish("1.0.0")
    assert "Nothing to change." in shop.ok("plan", "--format", "markdown").out
    shop.workflow("hello", "Hello Bob")
    shop.workflow("other", 1)
    text = shop.ok("plan", "--format", "markdown").out
    assert "| Workflow | Change | Steps |" in text
    assert "| `other` | created | `create state machine other (STANDARD)`<br>" in text


def test_a_plan_in_markdown_has_its_pins() -> None:
    """The plan lists its pins, and each line of a refusal on a separate line."""
    function = "arn:aws:lambda:eu-west-1:000000000000:function:charge"
    flow = WorkflowPlan("orders", "updated", prepare=(PublishVersion("orders", "a", None, ""),))
    flow = replace(flow, pins={"charge": f"{function}:7"}, pinned={"charge": f"{function}:6"})
    refusal = Refusal("protect_drift", "first:\n  second", "Mend it.")
    made = Plan("prod", "deploy", "1.1.0", "1.0.0", (flow,), refusals=(refusal,))
    text = plan_markdown({"prod": made}, labels={"prod": "prod"})
    assert "<br>`pin charge → :7 (was :6)` |" in text
    assert "\n\n- **Refused**: `first:`\n  - `second`\n  - `Mend it.`\n\n" in text
