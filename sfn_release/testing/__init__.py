"""Tests of workflows, and everything else that runs a definition to find something out.

    definition, input, answers → run_definition → Run → a test, coverage, a failure map
    history of an execution → read_visits → Visits → replay, explain

One engine, the simulator, and several readers. All of it runs in this process, in virtual time.

``__init__.pyi`` lists the public names. Each is imported when you first use it: the pytest plugin
is in every test session of its environment.

simulate_workflow  `simulate`: a workflow on an input, under the conditions of a `scenario`
answers            the answers of tasks in a test
mocked_results     holds results and errors to AWS's models, and makes plausible results
schemas            a hypothesis strategy for inputs, made from a JSON Schema
run                one simulated execution, as tests see it; `run_definition` makes it
run_report         a run as text, for a failed test
own_frames         keeps our frames out of a test's tracebacks
declared           tests in TOML files, without Python
coverage           the states and steps that runs reached, and the rest
faults             the failure map: each error that a task can meet, and how the execution ends
bisection          the release that changed a result
histories          the histories of executions: of AWS, of files and of the simulator
replay             recorded executions on a candidate, and where the two part
"""

from __future__ import annotations

from sfn_release.lazy_names import load, public_names


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    value = load(__name__, __file__, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *public_names(__file__)})
