"""The pytest plugin: tests of workflows, with the fixture `simulate`.

    def test_an_order_is_paid(simulate):
        run = simulate("orders", {"order_id": "7"}, mocks={"Charge": Payload(status="PAID")})
        assert run.status == "SUCCEEDED"

pytest loads it by itself, for every test session of an environment that has sfn-release. So the
start of a session imports pytest and small modules only; the rest comes with the first `simulate`.
``__init__.pyi`` has the public name: `Simulate`, the type of the fixture.

hooks               the entry point: options, fixtures, reports
simulate_fixture    the callable behind the fixture `simulate`
project_workflows   finds a test's project, and builds its workflows once in a session
kept_runs           the runs of a test, for its report; `path_difference` explains their paths
coverage_option     the options of coverage
session_coverage    counts the runs of a session, and reports what they reached
hook_specs          the hook that gets every run
"""

from __future__ import annotations


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from sfn_release.lazy_names import load

    value = load(__name__, __file__, name)
    globals()[name] = value
    return value
