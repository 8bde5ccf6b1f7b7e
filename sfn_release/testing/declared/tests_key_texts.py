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
    "workflow": "The workflow of tests that name none.",
    "strict": "Fail for mocks that answer as AWS never would.",
    "test": "The tests.",
    "test[]": "One test.",
    "test[].name": "The test's name, which no other test of the workflow has.",
    "test[].workflow": "The workflow. Default: the only one of the module.",
    **_forms("test[].input", "The input of the execution."),
    **_forms("test[].mocks", "The answers of tasks, by the states' names."),
    "test[].mocks.*": "The answer of a state, or a list with the answers of its calls.",
    "test[].test_case": "A test case of the project's MockConfigFile.json, for its answers.",
    "test[].start_at": "Start at this state. The input goes to it.",
    "test[].until": "End after this state.",
    **_forms("test[].variables", "Variables that are assigned before the first state."),
    "test[].variables.*": "The value of a variable.",
    "test[].started_at": "The start of the execution. Default: 2026-01-01T00:00:00Z.",
    "test[].strict": "Fail for mocks that answer as AWS never would.",
    "test[].check_input": "`false`: don't check the input by the workflow's JSON Schema.",
    "test[].expect": "How the execution has to end.",
    "test[].expect.status": "Its status.",
    **_forms("test[].expect.output", "Its whole output."),
    **_forms("test[].expect.output_contains", "A part of its output."),
    "test[].expect.error": "The name of its error.",
    "test[].expect.cause": "The whole cause of its error.",
    "test[].expect.cause_matches": "A regular expression that occurs in the cause.",
    "test[].expect.path": "The states that it enters, in order.",
    "test[].expect.path[]": "The name of a state.",
    **_forms("test[].expect.calls", "The calls of each state: their arguments, or their number."),
    "test[].expect.calls.*": "The arguments of each call in order, or the number of calls.",
    **_forms("test[].expect.calls_contain", "A part of the arguments of each state's calls."),
    "test[].expect.calls_contain.*": "A part of each call's arguments, or the number of calls.",
}
"""The text of every key, by its place; ``*`` is a name, ``[]`` an item of an array."""
