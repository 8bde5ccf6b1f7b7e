"""The texts that an expression can make, before it runs."""

from __future__ import annotations

import pytest

from sfn_release.asl.known_text import Known, jsonata_texts, path_texts

KNOWN = Known("arn:aws:states:x:1:stateMachine:m", "m", (("stage", "prod"),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$.table", ("*",)),
        ("$$.StateMachine.Name", ("m",)),
        ("$$.Execution.Name", ("*",)),
        ("$stage", ("prod",)),
        ("$stage.deeper", ("*",)),
        ("States.Format('a-{}-{}', $stage, $.x)", ("a-prod-*",)),
        ("States.Format('{}', States.Format('x{}', 1))", ("x1",)),
        (r"States.Format('\{\}-{}', 'a')", ("{}-a",)),
        ("States.Format('{}{}', 'a')", ("a*",)),
        ("States.Base64Encode('x')", ("eA==",)),
        ("States.UUID()", ("*",)),
        ("States.Format(", ("*",)),
        ("States.ArrayLength($.x)", ("*",)),
    ],
)
def test_paths_and_intrinsic_functions(text: str, expected: tuple[str, ...]) -> None:
    """What they read in the input is known only when the state runs."""
    assert path_texts(text, KNOWN) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a'", ("a",)),
        ("'a' & $b & 'c'", ("a*c",)),
        ("$a & $b", ("*",)),
        ("$stage & '-' & 3", ("prod-3",)),
        ("$states.context.StateMachine.Id & ':1'", ("arn:aws:states:x:1:stateMachine:m:1",)),
        ("$states.input.table", ("*",)),
        ("$x ? 'a' : $y ? 'b' : 'a'", ("a", "b")),
        ("$x ? 'a'", ("*",)),
        ("('a')", ("a",)),
        ("($stage := 'b'; $stage)", ("*",)),
        ("$uppercase('a')", ("*",)),
        ("1.5", ("*",)),
        ("(", ("*",)),
    ],
)
def test_jsonata(text: str, expected: tuple[str, ...]) -> None:
    """Literals, concatenations and conditions are known; everything else isn't."""
    assert jsonata_texts(text, KNOWN) == expected


def test_many_ways_are_cut_short() -> None:
    """A policy with hundreds of names is no help: the first parts count as unknown."""
    text = " & ".join(f"($x ? 'a{index}' : 'b{index}')" for index in range(8))
    found = jsonata_texts(text)
    assert len(found) <= 16
    assert all(made.startswith("*") for made in found)
