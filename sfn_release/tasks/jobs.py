"""The jobs of ``.sync`` tasks: how to ask a service whether one has ended, and how it ended.

Source: "Run a job (.sync)" in "Discover service integration patterns in Step Functions" in AWS's
developer guide, and the API references of the services.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.checks.services.botocore_models import Service

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """One kind of job. Members are botocore's.

    *operation* describes it, with the request that *request* makes of the submission's request and
    answer. *find* returns the job in that answer; *status* its state. *shown* is the name of the
    member of the answer's shape whose shape the job has, with "[]" for an item of a list. A task's
    result has the job in its member *wrapped*, or is the job if that is "".
    """

    operation: str
    request: Callable[[JsonObject, JsonObject], dict[str, Any]]
    find: Callable[[JsonObject], JsonObject]
    status: Callable[[JsonObject], str]
    succeeded: frozenset[str]
    failed: frozenset[str]
    shown: str = ""
    wrapped: str = ""

    def shape(self, service: Service) -> str:
        """Return the name of a job's shape in the model of its *service*."""
        action = self.operation[:1].lower() + self.operation[1:]
        shape: str = service.actions[action]["output"]["shape"]
        if self.shown:
            shape = service.shapes[shape]["members"][self.shown.removesuffix("[]")]["shape"]
            shape = service.shapes[shape]["member"]["shape"] if self.shown.endswith("[]") else shape
        return shape


def _exit_status(task: JsonObject) -> str:
    """Return the state of a task of ECS: STOPPED counts as a failure by its containers' codes."""
    if task.get("lastStatus") != "STOPPED":
        return str(task.get("lastStatus"))
    codes = [container.get("exitCode") for container in task.get("containers", [])]
    return "STOPPED" if all(code == 0 for code in codes) else "EXITED"


def _named(parameter: str) -> Callable[[JsonObject, JsonObject], dict[str, Any]]:
    return lambda request, _answer: {parameter: request.get(parameter)}


def _sagemaker(kind: str) -> Job:
    return Job(
        f"Describe{kind}Job",
        _named(f"{kind}JobName"),
        lambda answer: answer,
        lambda job: str(job.get(f"{kind}JobStatus")),
        frozenset({"Completed"}),
        frozenset({"Failed", "Stopped"}),
    )


JOBS: Final[Mapping[tuple[str, str], Job]] = {
    ("athena", "startQueryExecution"): Job(
        "GetQueryExecution",
        lambda _request, answer: {"QueryExecutionId": answer["QueryExecutionId"]},
        lambda answer: answer["QueryExecution"],
        lambda job: str(job.get("Status", {}).get("State")),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "CANCELLED"}),
        shown="QueryExecution",
        wrapped="QueryExecution",
    ),
    ("batch", "submitJob"): Job(
        "DescribeJobs",
        lambda _request, answer: {"jobs": [answer["jobId"]]},
        lambda answer: answer["jobs"][0],
        lambda job: str(job.get("status")),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED"}),
        shown="jobs[]",
    ),
    ("codebuild", "startBuild"): Job(
        "BatchGetBuilds",
        lambda _request, answer: {"ids": [answer["build"]["id"]]},
        lambda answer: answer["builds"][0],
        lambda job: str(job.get("buildStatus")),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "FAULT", "STOPPED", "TIMED_OUT"}),
        shown="builds[]",
        wrapped="Build",
    ),
    ("ecs", "runTask"): Job(
        "DescribeTasks",
        lambda request, answer: {
            "tasks": [task["taskArn"] for task in answer["tasks"]],
            **({"cluster": request["cluster"]} if "cluster" in request else {}),
        },
        lambda answer: answer["tasks"][0],
        _exit_status,
        frozenset({"STOPPED"}),
        frozenset({"EXITED"}),
        shown="tasks[]",
    ),
    ("glue", "startJobRun"): Job(
        "GetJobRun",
        lambda request, answer: {"JobName": request["JobName"], "RunId": answer["JobRunId"]},
        lambda answer: answer["JobRun"],
        lambda job: str(job.get("JobRunState")),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "STOPPED", "TIMEOUT", "ERROR"}),
        shown="JobRun",
    ),
    ("sagemaker", "createProcessingJob"): _sagemaker("Processing"),
    ("sagemaker", "createTrainingJob"): _sagemaker("Training"),
    ("sagemaker", "createTransformJob"): _sagemaker("Transform"),
    ("states", "startExecution"): Job(
        "DescribeExecution",
        lambda _request, answer: {"executionArn": answer["executionArn"]},
        lambda answer: answer,
        lambda job: str(job.get("status")),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "TIMED_OUT", "ABORTED"}),
    ),
}
"""The jobs that can be waited for at an endpoint, by the service and action of the Resource."""
