"""The meaning of every key of a ``*.tests.toml``, for the editor and the documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_FORMS: Final = {
    "": "",
    "_json": " As JSON text, for a null or for text from elsewhere.",
    "_file": " In a JSON file beside the tests.",
}


def _forms(key: str, text: str) -> dict[str, str]:
    """Return the texts of a JSON value in its three forms."""
    return {f"{key}{form}": f"{text}{how}" for form, how in _FORMS.items()}


TESTS_TEXTS: Final[Mapping[str, str]] = {
    "": "Tests of the workflows in the module beside this file. Run them by `sfn-release test`.",
    "workflow": "The workflow of all tests in the file that don't name one.",
    "strict": "Fail if a mock answers as AWS never would.",
    "test": "The tests.",
    "test[]": "One test.",
    "test[].name": "The test's name. It must be unique in the workflow.",
    "test[].workflow": "The workflow. You need it only if the module has several workflows.",
    **_forms("test[].input", "The input of the execution. By default, an empty object."),
    **_forms("test[].mocks", "The answers of tasks, by state name or Resource."),
    "test[].mocks.*": "An answer as in a mock file, or the result itself. A list has the"
    " answers of successive calls.",
    "test[].test_case": "A test case of the project's MockConfigFile.json. It answers the tasks"
    " that `mocks` doesn't answer.",
    "test[].start_at": "Start at this state, with the input as its input.",
    "test[].until": "End after this state. A run that succeeds without reaching it is a warning.",
    **_forms("test[].variables", "The variables that earlier states would have assigned."),
    "test[].variables.*": "The value of a variable.",
    "test[].started_at": "The start of the execution. Default: 2026-01-01T00:00:00Z.",
    "test[].strict": "Fail if a mock answers as AWS never would.",
    "test[].check_input": "`false`: don't check the input against the workflow's schema.",
    "test[].expect": "How the execution has to end. By default, it has to succeed.",
    "test[].expect.status": "The status. Default: SUCCEEDED, if you expect no error or cause.",
    **_forms("test[].expect.output", "The exact output."),
    **_forms(
        "test[].expect.output_contains",
        "A part of the output. Objects may have more members. Arrays are compared item by item.",
    ),
    "test[].expect.error": "The exact name of the error.",
    "test[].expect.cause": "The exact cause of the error.",
    "test[].expect.cause_matches": "A regular expression that occurs in the cause.",
    "test[].expect.path": "The states in order, without the states inside a Map or a Parallel.",
    "test[].expect.path[]": "The name of a state.",
    **_forms("test[].expect.calls", "The calls of each state: their arguments, or their number."),
    "test[].expect.calls.*": "The arguments of each call in order, or the number of calls.",
    **_forms(
        "test[].expect.calls_contain",
        "A part of the arguments of each state's calls, as in `output_contains`.",
    ),
    "test[].expect.calls_contain.*": "A part of each call's arguments, or the number of calls.",
}
"""The text of every key, by its place; ``*`` is a name, ``[]`` an item of an array."""
