"""The answers to an execution's tasks that come from outside the simulator.

    TaskCall → chain → the first source that knows the task → result, or the failure of the task

The simulator is pure: it asks a `Tasks` for every answer. `TaskSources` builds one for each
execution, which asks in this order:

1. the answers that a test gives (`simulator.mocks`);
2. the test case of a MockConfigFile.json that the start of the execution named (`mock_config`);
3. the mock file beside the workflow (`simulator.mocks`);
4. Python handlers, run as Lambda functions (`handlers`);
5. the other workflows of the project, and Step Functions itself (`workflows`);
6. folders that replace S3 buckets (`buckets`);
7. real services at AWS or in an emulator, if you asked for them by name (`endpoints`).

If no source knows a task, the execution fails, and the cause names the state, its resource and the
mock to write.

chain               asks the sources in order
task_sources        what a project, a test or `local serve` gives, from which chains are built
execution_scope     the execution that asks
handlers            runs Python handlers as Lambda functions, in processes of their own:
                    `handler_specs` reads their declarations, `handler_pool` keeps processes warm,
                    `handler_process` is one of them, `handler_worker` runs inside it
workflows           starts other workflows, and calls the other operations of Step Functions
unknown_workflow    says which workflow a task starts that doesn't exist
sdk_values          spells requests and answers as Step Functions does; `service_failures` names
                    errors, `sdk_metadata` adds the members of the AWS SDK
endpoints           sends requests to services; `jobs` follows the jobs of .sync tasks,
                    `lambda_endpoint` calls functions, `model_endpoint` models of Bedrock;
                    `map_endpoint` reads and writes for Maps, `event_entries` names the sender
work                runs an answer in the background
buckets             S3 tasks, answered from a folder (`folder_bucket`) or from memory
                    (`object_store`); `s3_request` and `bucket_listing` are their parts
mock_config         reads MockConfigFile.json (`mock_config_file`: again when it changes);
                    `mocked_case` answers tasks from one of its cases

``__init__.pyi`` lists the public names. Each is imported when you first use it: a handler needs
processes, an endpoint botocore, and most executions need neither.
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
