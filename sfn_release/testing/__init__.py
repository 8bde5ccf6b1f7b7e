"""Tests of workflows, and everything else that runs a definition to find something out.

    definition, input, answers → run_definition → Run → a test, coverage, a failure map
    history of an execution → read_visits → Visits → replay, explain

One engine, the simulator, and several readers. All of it runs in this process, in virtual time.

run               one simulated execution, as tests see it; `run_definition` makes it
histories         the histories of executions: of AWS, of files and of the simulator
"""
