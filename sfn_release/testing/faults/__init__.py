"""The failure map: what happens to an execution when one of its tasks fails.

    definition, passing case → explore → FailureMap (faults, problems, unexplored states)

At every task in turn the exploration injects every error that the task can meet, and answers that
its service or function could give. Each time it runs the definition again, and reads how the
execution ended. Runs that reach new tasks are explored further, within a budget of runs.

failure_map       the result: its rows, problems and unexplored states
exploration       the order of the runs
fault_kinds       the faults that a task can meet; `result_faults` has the odd answers
injections        answers tasks, with faults in between
fault_outcomes    how one fault ended: retries, waits, the catcher
definition_problems  endless loops, missing paths and the like, found in a run
loops             the states that repeat at the end of a run
steering          answers that send a Choice another way; `choice_wishes` has the wanted values
"""
