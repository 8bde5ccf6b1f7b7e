"""Writing a workflow in Python: states, chains, `Workflow`, `StateMachine`.

`reader` turns existing ASL into states, `importing` writes it as a Python module, `diagrams` draws
it. A finished workflow becomes a `Declaration`: the frozen data that a release keeps.
"""
