"""`sfn-release test`: tests in TOML files, on the work tree."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from support.command_line import Project

CHARGE = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PAY = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": CHARGE,
            "Parameters": {"order.$": "$.order", "currency": "EUR"},
            "Next": "Paid?",
            "Catch": [{"ErrorEquals": ["Declined"], "ResultPath": None, "Next": "No"}],
        },
        "Paid?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.paid", "BooleanEquals": True, "Next": "Yes"}],
            "Default": "No",
        },
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Fail", "Error": "NotPaid", "Cause": "The card was declined."},
    },
}
TESTS = """\
# The tests of pay.

[[test]]
name = "a paid order"   # the usual
input = { order = 7 }
mocks.Charge = { payload = { paid = true, note = "é" } }

[test.expect]
output = { paid = true, note = "é" }
path = ["Charge", "Paid?", "Yes"]
calls.Charge = [{ order = 7, currency = "EUR" }]

# A declined card.
[[test]]
name = "a declined card"
input_json = '{"order": null}'
mocks.Charge = { error = "Declined" }

[test.expect]
error = "NotPaid"
cause_matches = "declined"
calls_contain.Charge = [{ currency = "EUR" }]
"""


@pytest.fixture
def paying(shop: Project) -> Project:
    """Make a project with the workflow `pay`, which has two tests, and `hello`, which has none."""
    shop.write("workflows/pay.asl.json", json.dumps(PAY))
    shop.write("workflows/pay.tests.toml", TESTS)
    return shop


def test_tests_pass(paying: Project) -> None:
    """Without a commit, and with nothing but the file."""
    done = paying.json("test", "pay")
    assert [(test["workflow"], test["name"], test["status"]) for test in done["tests"]] == [
        ("pay", "a paid order", "passed"),
        ("pay", "a declined card", "passed"),
    ]
    assert (done["passed"], done["failed"], done["errors"]) == (2, 0, [])
    assert [test["line"] for test in done["tests"]] == [3, 14]
    assert "Without tests: hello" in paying.ok("test").err


def test_a_workflow_without_tests_is_named_once(paying: Project) -> None:
    """The coverage names it already."""
    ran = paying.ok("test", "--coverage")
    assert ("Without a run: hello" in ran.out, "Without tests" in ran.err) == (True, False)


def change(project: Project, old: str, new: str) -> None:
    assert old in TESTS
    project.write("workflows/pay.tests.toml", TESTS.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        (
            "output = { paid = true, note",
            "output = { paid = 1, note",
            ["output  $.paid: expected 1, got true"],
        ),
        (', note = "é" }\npath', " }\npath", ['output  $.note: expected nothing, got "é"']),
        (
            'path = ["Charge", "Paid?", "Yes"]',
            'path = ["Charge", "Paid?", "No"]',
            ['path    step 3, after "Paid?": expected "No", got "Yes"'],
        ),
        (
            'path = ["Charge", "Paid?", "Yes"]',
            'path = ["Charge", "Paid?"]',
            ['path    step 3, after "Paid?": expected nothing, got "Yes"'],
        ),
        (
            "order = 7, currency",
            "order = 8, currency",
            ['calls   "Charge", call 1, $.order: expected 8, got 7'],
        ),
        (
            'calls.Charge = [{ order = 7, currency = "EUR" }]',
            "calls.Charge = 0",
            ['calls   number of calls of "Charge": expected 0, got 1'],
        ),
        (
            'error = "NotPaid"',
            'status = "SUCCEEDED"',
            [
                'status  expected "SUCCEEDED", got "FAILED"',
                "ended   in No with NotPaid: The card was declined.",
            ],
        ),
        (
            'cause_matches = "declined"',
            'cause_matches = "^declined"',
            [
                'cause   matching: expected "^declined", got "The card was declined."',
                "ended   in No with NotPaid: The card was declined.",
            ],
        ),
        (
            'error = "NotPaid"',
            'error = "Other"\noutput = 1',
            [
                'error   expected "Other", got "NotPaid"',
                "output  expected 1, got nothing",
                "ended   in No with NotPaid: The card was declined.",
            ],
        ),
        (
            'mocks.Charge = { error = "Declined" }',
            'mocks.Charge = { error = "Unknown" }',
            [
                'error   expected "NotPaid", got "Unknown"',
                'cause   matching: expected "declined", got nothing',
                "ended   in Charge with Unknown",
            ],
        ),
    ],
)
def test_a_difference_is_shown(paying: Project, old: str, new: str, differences: list[str]) -> None:
    """Where it is, what was expected, and what came; and the command exits 1."""
    change(paying, old, new)
    ran = paying.run("test", "pay")
    assert ran.code == 1
    assert "1 passed, 1 failed" in ran.out
    for line in differences:
        assert f"      {line}\n" in ran.out
    done = paying.run("--json", "test", "pay")
    assert done.code == 1
    (failed,) = [test for test in done.json["tests"] if test["status"] == "failed"]
    assert failed["difference"].splitlines() == differences
    assert failed["differences"]


@pytest.mark.parametrize(
    ("old", "new", "place", "fault", "fix"),
    [
        ("input_json", "inptu", 16, "unknown key 'inptu' in [test]", 'Did you mean "input"?'),
        ("error =", "eror =", 20, "unknown key 'eror' in [test.expect]", 'Did you mean "error"?'),
        ('{"order": null}', "{", 16, "input_json isn't JSON", ""),
        ("input_json = '{\"order\": null}'", 'input_file = "no.json"', 16, "there is no file", ""),
        ("input_json = '{\"order\": null}'", "input = 2026-01-01", 16, "can't be used", ""),
        ("input_json = '{\"order\": null}'", "input = nan", 16, "can't be used", ""),
        (
            '"a declined card"',
            '"a paid order"',
            15,
            "another test named 'a paid order', in line 3",
            "",
        ),
        ('name = "a declined card"', "", 14, "`name` is missing", ""),
        ("{ error = ", "{ eror = ", 17, 'unknown key "eror"', 'Did you mean "error"?'),
        ('"declined"\n', '"("\n', 21, "can't be used", ""),
        ("calls_contain.Charge = [", "calls_contain.Charge = -1 #", 22, "can't be used", ""),
        (
            'name = "a declined card"',
            'name = "x"\nworkflow = "pya"',
            16,
            "no workflow 'pya'",
            '"pay"',
        ),
    ],
)
def test_a_fault_is_named_with_its_line_and_the_other_tests_run(
    paying: Project, old: str, new: str, place: int, fault: str, fix: str
) -> None:
    """Nothing else is lost; the command exits 1."""
    change(paying, old, new)
    ran = paying.run("test", "pay")
    assert ran.code == 1
    assert ran.out.strip() == "1 passed, 0 failed, 1 error"
    assert fault in ran.err
    assert fix in ran.err
    (error,) = paying.run("--json", "test", "pay").json["errors"]
    assert error["message"].startswith(f"workflows/pay.tests.toml:{place}: ")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"Yes"]', '"Yse"]', 'pay has no state "Yse".\n      Did you mean "Yes"?'),
        ("calls.Charge = [", "calls.Chrage = [", 'pay has no state "Chrage".'),
        ("mocks.Charge = { payload", "mocks.Chrage = { payload", 'no task for the mocked "Chrage"'),
        ("input = { order = 7 }", 'test_case = "Happy"', "no MockConfigFile.json"),
    ],
)
def test_a_test_of_nothing_fails(paying: Project, old: str, new: str, fault: str) -> None:
    """A misspelt state would be expected never to be called, and pass."""
    change(paying, old, new)
    ran = paying.run("test", "pay")
    assert ran.code == 1
    assert fault in ran.out


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "workflows/pay.tests.toml is empty."),
        ('workflow = "pay"', "workflows/pay.tests.toml has no test."),
        ("[[test]", "workflows/pay.tests.toml:1: not valid TOML"),
        ("[[tests]]", "workflows/pay.tests.toml:1: unknown key 'tests'"),
    ],
)
def test_a_file_without_tests_is_an_error(paying: Project, text: str, fault: str) -> None:
    """The tests of other files run."""
    paying.write("workflows/pay.tests.toml", text)
    paying.write("workflows/hello.tests.toml", '[[test]]\nname = "it works"\n')
    ran = paying.run("test")
    assert ran.code == 1
    assert fault in ran.err
    assert ran.out.strip() == "1 passed, 0 failed, 1 error"


def test_a_command_that_runs_no_test_fails(paying: Project) -> None:
    """Whatever the reason is."""
    assert "There are no tests of hello." in paying.run("test", "hello").err
    ran = paying.run("test", "pya")
    assert (ran.code, 'Did you mean "pay"?' in ran.err) == (1, True)
    assert "matches none of 2 tests" in paying.run("test", "-k", "sofa").err
    (paying.root / "workflows/pay.tests.toml").unlink()
    ran = paying.run("test")
    assert ran.code == 1
    assert "workflows/hello.tests.toml" in ran.err


def test_a_task_without_a_mock_fails_its_test(paying: Project) -> None:
    """Even if the test expects a failure."""
    given = '[[test]]\nname = "x"\ninput.order = 1\nexpect.status = "FAILED"\n'
    paying.write("workflows/pay.tests.toml", given)
    ran = paying.run("test", "pay")
    assert ran.code == 1
    assert "The run ended in 'Charge' with SfnRelease.NoMock." in ran.out
    assert 'Add one to workflows/pay.mocks.json: {"Charge": {"payload": {}}}' in ran.out


def test_names_choose_tests(paying: Project) -> None:
    """With and, or, not, parentheses and quotes, in any case."""

    def names(expression: str) -> list[str]:
        return [test["name"] for test in paying.json("test", "-k", expression)["tests"]]

    assert names("PAID") == ["a paid order"]
    assert names("paid or declined") == ["a paid order", "a declined card"]
    assert names("pay and not (paid)") == ["a declined card"]
    assert names("'declined card'") == ["a declined card"]
    assert "1 passed, 0 failed, 1 deselected" in paying.ok("test", "-k", "paid").out
    ran = paying.run("test", "-k", "paid or")
    assert (ran.code, "at column 8" in ran.err) == (2, True)


def test_results_are_written_as_junit_xml(paying: Project) -> None:
    """A suite for each workflow."""
    change(paying, '"a paid order"', r'"a paid <order>"')
    paying.write("workflows/hello.tests.toml", '[[test]]\nname = "x"\n[test.expect]\noutput = 1\n')
    paying.write("workflows/bad.tests.toml", "x = 1")
    assert paying.run("test", "--junit", "out/tests.xml").code == 1
    root = ET.parse(paying.root / "out/tests.xml").getroot()  # noqa: S314 - our own
    assert root.tag == "testsuites"
    counts = {"tests": "4", "failures": "1", "errors": "1", "skipped": "0", "time": ""}
    assert {**root.attrib, "time": ""} == counts
    suites = {suite.attrib["name"]: suite for suite in root}
    assert [*suites] == ["hello", "pay", "files"]
    case = suites["pay"][0]
    assert case.attrib["name"] == "a paid <order>"
    assert (case.attrib["file"], case.attrib["line"]) == ("workflows/pay.tests.toml", "3")
    assert float(case.attrib["time"]) >= 0
    failure = suites["hello"][0][0]
    assert failure.tag == "failure"
    assert failure.text == 'output  $: expected 1, got "Hello Alice"'


RECORD = """\
# Mine.\r
[[test]]
name = "a paid order"
input = { order = 7 }
mocks.Charge = { payload = { paid = true } }  # paid

# The next one.
[[test]]
name = "a declined card"
input = { order = 7 }
[test.mocks.Charge]
error = "Declined"
"""


def test_expectations_are_recorded(paying: Project) -> None:
    """For tests without any; comments and layout stay, and a second run passes."""
    paying.write("workflows/pay.tests.toml", RECORD)
    paying.git("add", "--all")
    before = (paying.root / "workflows/pay.tests.toml").read_text()
    ran = paying.run("test", "pay", "--record")
    after = (paying.root / "workflows/pay.tests.toml").read_text()
    assert '  +path = ["Charge", "Paid?", "Yes"]' in ran.out
    assert 'error = "NotPaid"\ncause = "The card was declined."\npath' in after
    kept = [line for line in after.splitlines() if line in before.splitlines()]
    assert [line for line in kept if line] == [line for line in before.splitlines() if line]
    done = paying.json("test", "pay", "--record")
    assert (done["passed"], done["recorded"]) == (2, [])
    assert after.index("# paid") < after.index("[test.expect]") < after.index("# The next one.")


def test_a_persons_expectations_are_overwritten_only_if_asked(paying: Project) -> None:
    """With --overwrite, and only those that fail."""
    change(paying, "order = 7, currency", "order = 8, currency")
    file = paying.root / "workflows/pay.tests.toml"
    before = file.read_text()
    assert paying.run("test", "pay", "--record").code == 1
    assert file.read_text() == before
    assert paying.run("test", "--overwrite").code == 2
    assert paying.ok("test", "pay", "--record", "--overwrite").out
    after = file.read_text()
    assert 'calls.Charge = [{ order = 7, currency = "EUR" }]' in after
    assert after.partition("# A declined")[2] == before.partition("# A declined")[2]
    paying.ok("test", "pay")


def mock_config(**cases: dict[str, str]) -> str:
    """Return a mock file of `pay`."""
    return json.dumps(
        {
            "StateMachines": {"pay": {"TestCases": cases}},
            "MockedResponses": {"Paid": {"0": {"Return": {"paid": True}}}},
        }
    )


def test_cases_of_a_mock_config_file_are_tests(paying: Project) -> None:
    """They run on {}, and must not lack a mock; a declared test can give input and expectations."""
    flow: dict[str, Any] = json.loads(json.dumps(PAY))
    del flow["States"]["Charge"]["Parameters"]
    paying.write("workflows/pay.asl.json", json.dumps(flow))
    paying.write("MockConfigFile.json", mock_config(Happy={"Charge": "Paid"}, Sad={}))
    (paying.root / "workflows/pay.tests.toml").unlink()
    done = paying.run("--json", "test", "pay").json
    assert [(test["name"], test["status"]) for test in done["tests"]] == [
        ("Happy", "passed"),
        ("Sad", "failed"),
    ]
    assert 'The task "Charge"' in done["tests"][1]["difference"]
    paying.write(
        "workflows/pay.tests.toml",
        '[[test]]\nname = "a"\ntest_case = "Happy"\nexpect.path = ["Charge"]\n'
        '[[test]]\nname = "b"\ntest_case = "Sad"\nmocks.Charge = { error = "Declined" }\n'
        'expect.error = "NotPaid"\n',
    )
    done = paying.run("--json", "test", "pay").json
    assert [(test["name"], test["status"]) for test in done["tests"]] == [
        ("a", "failed"),
        ("b", "passed"),
    ]


def test_a_case_of_a_mock_config_file_may_need_an_input(paying: Project) -> None:
    """A case may end in any way; but a path that {} lacks says nothing about the workflow."""
    paying.write("MockConfigFile.json", mock_config(Happy={"Charge": "Paid"}))
    (paying.root / "workflows/pay.tests.toml").unlink()
    (only,) = paying.run("--json", "test", "pay").json["tests"]
    assert only["status"] == "failed"
    assert "States.Runtime" in only["difference"]
    assert 'Give the case an input: a [[test]] with  test_case = "Happy"' in only["difference"]


def test_a_job_of_github_actions_shows_the_failures(
    paying: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its summary, and beside the lines of the tests."""
    change(paying, 'error = "NotPaid"', 'error = "Other"')
    paying.write("workflows/hello.tests.toml", "x = 1")
    summary = paying.root / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ran = paying.run("test")
    assert "### Tests of workflows: 1 passed, 1 failed" in summary.read_text()
    assert "a declined card" in summary.read_text()
    place = "file=workflows/pay.tests.toml,line=14,title=pay%3A a declined card"
    assert f'::error {place}::error   expected "Other"' in ran.err
    assert "workflows/hello.tests.toml%3A E_CONFIG" in ran.err


def test_errors_belong_to_the_workflows_beside_their_file(paying: Project) -> None:
    """A file that can't be read doesn't count as missing, and fails its own workflow alone."""
    paying.write("workflows/hello.tests.toml", "[[test]]\nname = 'x'\ninput = null\n")
    paying.ok("test", "pay")
    ran = paying.run("test")
    assert (ran.code, "Without tests" in ran.err) == (1, False)
    assert "hello.tests.toml:3: not valid TOML" in ran.err
    assert "TOML has no null." in ran.err


def test_faulty_workflows_fail_their_own_tests(paying: Project) -> None:
    """The other workflows are tested."""
    paying.write("workflows/hello.asl.json", '{"StartAt": "X", "States": {}}')
    paying.write("workflows/hello.tests.toml", '[[test]]\nname = "x"\n')
    done = paying.run("--json", "test")
    assert (done.code, done.json["passed"], done.json["failed"]) == (1, 2, 1)
    assert "has an error in its definition" in done.json["tests"][0]["difference"]


def test_a_part_of_a_workflow_can_be_tested(paying: Project) -> None:
    """From a state until another has ended, with variables and a start time."""
    flow = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"},
            "B": {
                "Type": "Pass",
                "Output": "{% [$v, $states.context.Execution.StartTime] %}",
                "Next": "C",
            },
            "C": {"Type": "Fail"},
        },
    }
    paying.write("workflows/part.asl.json", json.dumps(flow))
    paying.write(
        "workflows/part.tests.toml",
        '[[test]]\nname = "x"\nstart_at = "B"\nuntil = "B"\nvariables.v = 7\n'
        "started_at = 2027-02-03T04:05:06Z\n"
        'expect.output = [7, "2027-02-03T04:05:06.000Z"]\nexpect.path = ["B"]\n'
        '[[test]]\nname = "y"\nstart_at = "Z"\n',
    )
    done = paying.run("--json", "test", "part").json
    assert [test["status"] for test in done["tests"]] == ["passed", "failed"]
    assert 'part has no state "Z".' in done["tests"][1]["difference"]


def test_a_state_that_does_not_exist_is_named_with_its_own_line(paying: Project) -> None:
    """And with the states that there are, if none is near."""
    named = [
        (5, "Elsewhere", 'start_at = "Elsewhere"'),
        (5, "Elsewhere", 'until = "Elsewhere"'),
        (5, "Elsewhere", 'expect.path = ["Charge", "Elsewhere"]'),
        (5, "Elsewhere", "[test.expect.calls]\nElsewhere = 2"),
        (5, "Elsewhere", "expect.calls_contain_json = '{\"Elsewhere\": 0}'"),
        (6, "Elsewhere", "expect.calls.Charge = 1\nexpect.calls.Elsewhere = 1"),
    ]
    for line, name, text in named:
        at = line if "[test" not in text else line + 1
        given = f'[[test]]\nname = "x"\ninput.order = 1\n\n{text}\n'
        paying.write("workflows/pay.tests.toml", given)
        (only,) = paying.run("--json", "test", "pay").json["tests"]
        start = f'workflows/pay.tests.toml:{at}: pay has no state "{name}".'
        assert only["difference"].startswith(start), only["difference"]
        assert "Its states are: Charge, " in only["difference"]


def test_a_part_that_misses_its_end_is_a_warning(paying: Project) -> None:
    """Its end lies before its start, or on another way."""
    states = {name: {"Type": "Pass", "Next": after} for name, after in ("AB", "BC")}
    flow = {"StartAt": "A", "States": {**states, "C": {"Type": "Succeed"}}}
    paying.write("workflows/part.asl.json", json.dumps(flow))
    test = '[[test]]\nname = "x"\nstart_at = "B"\nuntil = "{}"\n'
    paying.write("workflows/part.tests.toml", test.format("A"))
    (only,) = paying.json("test", "part")["tests"]
    (warning,) = only["warnings"]
    assert warning.startswith("The run never reached 'A', after which it should end (until).")
    assert warning.endswith(" It went on to the end: B → C.")
    paying.write("workflows/part.tests.toml", test.format("C"))
    assert paying.json("test", "part")["tests"][0]["warnings"] == []


def test_a_misspelled_state_of_a_case_is_a_warning(paying: Project) -> None:
    """Though the mock file of the workflow answers the task."""
    paying.write("workflows/pay.mocks.json", '{"Charge": {"payload": {"paid": true}}}')
    paying.write("MockConfigFile.json", mock_config(Happy={"Chrage": "Paid"}))
    test = '[[test]]\nname = "a"\ninput.order = 1\ntest_case = "Happy"\n'
    paying.write("workflows/pay.tests.toml", test + 'expect.status = "SUCCEEDED"\n')
    (only,) = paying.json("test", "pay")["tests"]
    (warning,) = only["warnings"]
    assert 'mocks "Chrage", which is no task of the workflow.' in warning
    assert 'Did you mean "Charge"?' in warning
    assert "Chrage" in paying.run("faults", "pay", "--test-case", "a").err


def test_a_broken_run_is_recorded_with_a_mark(paying: Project) -> None:
    """A state that breaks is rarely what a test should expect; an end without a mock isn't kept."""
    flow = {"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$.no", "End": True}}}
    paying.write("workflows/broke.asl.json", json.dumps(flow))
    paying.write("workflows/broke.tests.toml", '[[test]]\nname = "x"\n')
    ran = paying.ok("test", "broke", "--record")
    assert "warning: The recorded error is States.Runtime" in ran.out
    text = (paying.root / "workflows/broke.tests.toml").read_text(encoding="utf-8")
    assert 'error = "States.Runtime"  # review: a state broke here.' in text
    assert paying.ok("test", "broke").code == 0
    unmocked = '[[test]]\nname = "x"\ninput.order = 1\n'
    paying.write("workflows/pay.tests.toml", unmocked)
    assert "SfnRelease.NoMock" in paying.run("test", "pay", "--record").out
    assert (paying.root / "workflows/pay.tests.toml").read_text(encoding="utf-8") == unmocked


def test_a_mock_that_aws_never_gives_is_a_warning(paying: Project) -> None:
    """With --strict, it fails the test."""
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "q", "MessageBody": "m"},
        "End": True,
    }
    flow = {"StartAt": "Send", "States": {"Send": send}}
    paying.write("workflows/send.asl.json", json.dumps(flow))
    paying.write("workflows/send.tests.toml", '[[test]]\nname = "x"\nmocks.Send.MessageID = "1"\n')
    ran = paying.ok("test", "send")
    assert 'warning: The mock of "Send" (sqs:sendMessage)' in ran.out
    assert paying.json("test", "send")["tests"][0]["warnings"]
    ran = paying.run("test", "send", "--strict")
    assert (ran.code, "A mock answers as AWS never would." in ran.out) == (1, True)


def test_coverage_is_shown_and_kept(paying: Project) -> None:
    """For `coverage` and `graph`; a percentage can be required."""
    ran = paying.run("test", "pay", "--coverage")
    assert ran.code == 0
    assert "pay" in ran.out
    assert (paying.root / ".sfn-coverage").is_file()
    done = paying.run("--json", "test", "pay", "-k", "paid", "--fail-under", "100")
    assert done.code == 1
    assert done.json["workflows"][0]["states"]["missing"]


def test_coverage_counts_the_tests_that_failed(paying: Project) -> None:
    """A report says so: a failed test reaches states, too."""
    change(paying, 'mocks.Charge = { error = "Declined" }', 'mocks.Charge = { error = "Unknown" }')
    assert paying.run("test", "pay", "--coverage").code == 1
    data = json.loads((paying.root / ".sfn-coverage").read_text())
    assert data["workflows"]["pay"]["failed"] == 1
    assert data["workflows"]["pay"]["definition"].startswith("sha256:")


def test_import_writes_a_test_with_a_mock_for_every_task(paying: Project) -> None:
    """It is read, and a person's file is never replaced."""
    flow = {
        "StartAt": "Put",
        "States": {
            "Put": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "F"},
            "F": {"Type": "Task", "Resource": CHARGE, "Next": "Each"},
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "P",
                    "States": {"P": {"Type": "Pass", "End": True}},
                },
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Parameters": {"Bucket": "b"},
                },
                "End": True,
            },
        },
    }
    flow["States"]["Put"]["Parameters"] = {"TableName": "t", "Item": {"id": {"S": "1"}}}  # type: ignore[index]
    paying.write("flow.json", json.dumps(flow))
    done = paying.json("import", "flow.json")
    assert done["tests"].endswith("workflows/flow.tests.toml")
    ran = paying.ok("test", "flow")
    assert "warning" not in ran.out
    assert paying.json("import", "flow.json", "--force")["tests"] is None
    assert "module" in paying.json("import", "flow.json", "--out", "-")
