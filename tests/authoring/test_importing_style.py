"""Imported modules as a person writes them: names, repeated rules, helpers, and their types."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.authoring.importing.identifiers import identifier
from sfn_release.canonical import digest
from sfn_release.errors import DefinitionError
from support.places import CORPUS, ROOT
from support.places import DEFINITIONS as OWN
from support.written_modules import digest_of, executed, written

EVERY = 4  # the step between the definitions of the corpus that are tried
ARN = "arn:aws:states:eu-west-1:111122223333:activity:work"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("S3Copy", "s3_copy"),
        ("S3 Copy", "s3_copy"),
        ("Copy to S3", "copy_to_s3"),
        ("EC2Start", "ec2_start"),
        ("HTTP2Server", "http2_server"),
        ("Base64Encode", "base64_encode"),
        ("Step 2", "step_2"),
        ("Step2Done", "step2_done"),
        ("2nd try", "state_2_nd_try"),
    ],
)
def test_a_digit_belongs_to_the_word_before_it(text: str, name: str) -> None:
    """A digit is part of the word before it, as in the names of AWS's services."""
    assert identifier(text) == name


def _task(next: str | None, **fields: Any) -> dict[str, Any]:
    following = {"End": True} if next is None else {"Next": next}
    return {"Type": "Task", "Resource": ARN, **fields, **following}


RETRY = {"ErrorEquals": ["Lambda.ServiceException", "States.Timeout"], "MaxAttempts": 6}
ONCE = {"ErrorEquals": ["States.TaskFailed"], "BackoffRate": 1.5}
CAUGHT = {"ErrorEquals": ["States.ALL"], "Next": "Sorry", "ResultPath": "$.error"}


def test_a_rule_that_repeats_is_a_variable() -> None:
    """A repeated rule is a variable, after the state that it names; a single rule stays inline."""
    definition = {
        "StartAt": "A",
        "States": {
            "A": _task("B", Retry=[RETRY, ONCE], Catch=[CAUGHT]),
            "B": _task("C", Retry=[RETRY], Catch=[CAUGHT]),
            "C": _task(None, Retry=[RETRY]),
            "Sorry": {"Type": "Fail"},
        },
    }
    text = written(definition)
    assert text.count("sfn.Retry(") == 2
    assert text.count("sfn.Catch(") == 1
    assert "retry=[retry_service_exception]" in text
    assert text.index("retry_service_exception = sfn.Retry(") < text.index("sorry = sfn.Fail(")
    assert text.index("sorry = sfn.Fail(") < text.index("catch_sorry = sfn.Catch(")
    assert digest_of(text) == digest(definition)


def test_a_variable_of_a_rule_takes_no_other_name() -> None:
    """A rule's variable doesn't reuse the name of a state's variable."""
    states = {
        "Retry Timeout": _task("B", Retry=[{"ErrorEquals": ["States.Timeout"]}]),
        "B": _task(None, Retry=[{"ErrorEquals": ["States.Timeout"]}]),
    }
    definition = {"StartAt": "Retry Timeout", "States": states}
    text = written(definition)
    assert "retry_timeout_2 = sfn.Retry(sfn.States.Timeout)" in text
    assert digest_of(text) == digest(definition)


def test_rules_that_python_takes_as_equal_stay_apart() -> None:
    """True equals 1 in Python, but not in JSON."""
    states = {
        "A": _task("B", Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}]),
        "B": _task(None, Retry=[{"ErrorEquals": ["E"], "MaxAttempts": True}]),
    }
    definition = {"StartAt": "A", "States": states}
    assert digest_of(written(definition)) == digest(definition)


GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
PLACE = {"Bucket": "b", "Key.$": "$.key"}


@pytest.mark.parametrize(
    ("reader", "shown"),
    [
        (
            {"Resource": GET, "ReaderConfig": {"InputType": "JSON"}, "Parameters": PLACE},
            'sfn.ItemReader.json("b", path("$.key"))',
        ),
        (
            {
                "Resource": GET,
                "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n", "ItemsPointer": "/a"},
                "Parameters": {**PLACE, "VersionId": "v"},
            },
            'json("b", path("$.key"), pointer="/a", max_items=path("$.n"), version_id="v")',
        ),
        (
            {
                "Resource": GET,
                "ReaderConfig": {
                    "InputType": "CSV",
                    "CSVHeaderLocation": "GIVEN",
                    "CSVHeaders": ["a"],
                    "CSVDelimiter": "TAB",
                    "MaxItems": "${Most}",
                },
                "Parameters": PLACE,
            },
            'headers=["a"], delimiter="TAB", max_items=sfn.parameter("Most"))',
        ),
        (
            {"Resource": GET, "ReaderConfig": {"InputType": "MANIFEST"}, "Parameters": PLACE},
            'sfn.ItemReader.inventory("b", path("$.key"))',
        ),
        (
            {
                "Resource": GET,
                "ReaderConfig": {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"},
                "Parameters": PLACE,
            },
            'sfn.ItemReader.athena("b", path("$.key"), "JSONL")',
        ),
        ({"Resource": LIST, "Parameters": {"Bucket": "b"}}, 'sfn.ItemReader.objects("b")'),
        (
            {
                "Resource": LIST,
                "ReaderConfig": {"InputType": "CSV", "Transformation": "LOAD_AND_FLATTEN"},
                "Parameters": {"Bucket": "b", "Prefix": "p"},
            },
            'sfn.ItemReader.objects("b", "p", load="CSV")',
        ),
        (
            {
                "Resource": GET,
                "ReaderConfig": {"InputType": "JSON"},
                "Parameters": {**PLACE, "RequestPayer": "requester"},
            },
            "sfn.ItemReader(",  # the helper lacks this parameter
        ),
    ],
)
def test_a_reader_is_made_by_its_helper(reader: dict[str, Any], shown: str) -> None:
    """A reader is made by a helper that supports all its fields."""
    item = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "b", "Prefix.$": "$.p"},
        "WriterConfig": {"OutputType": "JSONL", "Transformation": "FLATTEN"},
    }
    rows = {"Type": "Map", "ItemReader": reader, "ItemProcessor": {**config, **item}, "End": True}
    definition = {"StartAt": "M", "States": {"M": {**rows, "ResultWriter": writer}}}
    text = written(definition)
    joined = " ".join(line.strip() for line in text.splitlines())
    assert shown in joined.replace("( ", "(").replace(", )", ")")
    assert 'sfn.ResultWriter.s3("b", path("$.p"),' in joined.replace("( ", "(")
    assert digest_of(text) == digest(definition)


def test_a_placeholder_for_a_number_is_a_parameter() -> None:
    """A placeholder for a number is a parameter in every field that isn't a string."""
    retry = {"ErrorEquals": ["E"], "IntervalSeconds": "${Pause}", "MaxAttempts": "${Many}"}
    rule = {"Variable": "$.n", "NumericLessThan": "${Limit}", "Next": "W"}
    definition = {
        "StartAt": "C",
        "TimeoutSeconds": "${Total}",
        "States": {
            "C": {"Type": "Choice", "Choices": [rule], "Default": "T"},
            "W": {"Type": "Wait", "Seconds": "${AWS::Pause}", "Next": "T"},
            "T": _task(None, TimeoutSeconds="${Limit}", Retry=[retry], Comment="${Text}"),
        },
    }
    text = written(definition)
    for name in ("Pause", "Many", "Limit", "Total", "AWS::Pause"):
        assert f'sfn.parameter("{name}")' in text
    assert 'comment="${Text}"' in text
    assert digest_of(text) == digest(definition)


def test_a_call_with_odd_spacing_is_a_call() -> None:
    """A call's spacing is kept, and so is the digest."""
    odd = "States.Format( 'Hello {}' , $.name )"
    state = {"Type": "Pass", "Parameters": {"a.$": odd, "b.$": "States.UUID()"}, "End": True}
    definition = {"StartAt": "A", "States": {"A": state}}
    text = written(definition)
    assert f'"a": fn.call("{odd}")' in text
    assert '"b": fn.uuid()' in text
    assert digest_of(text) == digest(definition)
    with pytest.raises(DefinitionError, match="not a call"):
        sfn.fn.call("States.Nothing()")


def test_a_value_of_another_type_is_extra() -> None:
    """A value of another type is in `extra`, so that a type checker accepts the module."""
    states = {
        "A": {"Type": "Pass", "Parameters": "text", "Next": "B"},
        "B": _task(None, TimeoutSeconds="5", Retry=[{"ErrorEquals": ["E"], "MaxAttempts": "3"}]),
    }
    definition = {"StartAt": "A", "States": states}
    text = written(definition)
    assert 'extra={"Parameters": "text"}' in text
    assert 'extra={"TimeoutSeconds": "5"}' in text
    assert 'sfn.Retry("E", extra={"MaxAttempts": "3"})' in text
    assert executed(text)["workflow"].state("A").extra == {"Parameters": "text"}
    assert digest_of(text) == digest(definition)


def _definitions() -> list[Any]:
    """Return our own definitions, and the corpus's if it is present."""
    own = [json.loads(file.read_bytes())["definition"] for file in sorted(OWN.rglob("*.json"))]
    files: list[Path] = []
    index = CORPUS / "index.tsv"
    if index.exists():
        with index.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))[::EVERY]
        files += [CORPUS / row["path"] for row in rows]
    return [*own, *(json.loads(file.read_bytes()) for file in files)]


def test_modules_are_clean_in_strict_mypy(tmp_path: Path) -> None:
    """One run of mypy checks every module."""
    count = 0
    for definition in _definitions():
        try:
            text = written(definition)
        except DefinitionError:
            continue
        count += 1
        (tmp_path / f"module_{count}.py").write_text(text, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n")
    assert count > 10
    cache = ROOT / ".mypy_cache" / "imported"
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "."]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
