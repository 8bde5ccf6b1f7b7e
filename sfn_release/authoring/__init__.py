"""Write a workflow in Python, and read, import or draw an existing one.

    states and chains → `Workflow` → definition      a `StateMachine` adds a name, a role and tags

    state, states           the base classes of states, and the states of the language
    task, retry             usual tasks, shorter; retriers and catchers
    conditions, var         the rules of a Choice
    expressions, fn         JSONPath values: paths, the context object, intrinsic functions
    jsonata_values          JSONata values, written with ``q``
    chain, graph_builder    how states are linked
    state_names             the id of every state
    *_writer                how fields, states and whole definitions become JSON
    definition_reader       an existing definition as a workflow (``importing``: as a module)
    declaration             the frozen form of a finished workflow, which a release keeps

``diagrams`` draws any definition.
"""
