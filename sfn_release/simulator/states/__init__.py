"""The behaviour of each type of state, as a strand that ends in a `StateExit`.

simple_states   Pass, Succeed, Fail, Wait, Choice
task_state      Task; `task_parameters` refuses requests with which AWS starts no task
nested_states   Parallel, and Map; `item_processor` has the part that both kinds of Map share
retries         Retry and Catch of Task, Parallel and Map
state_visit     one visit to a state, and its end
"""
