"""Executions: run in virtual or real time, driven while they wait, stored when they end.

execution_records  executions in the store; `map_run_records`: map runs and their children
live_executions    drives the executions that wait, each a `live_execution` with its `live_clock`,
                   by a few threads (`worker_pool`)
live_tasks         tasks that the API answers: `open_tasks` in the store, `task_tokens` in memory;
                   `activity_tasks` hands them to workers
task_signals       answers, heartbeats and stops on their way to an execution, which another process
                   may run (`signal_reader`, `process_owner`)
task_scope         the service as an execution's tasks see it, to start other executions
"""
