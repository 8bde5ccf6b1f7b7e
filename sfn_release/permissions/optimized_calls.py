"""The needs of optimized integrations beyond the call itself: above all, to wait for a job's end.

Source: the pages "IAM policies for …" of each service in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_release.asl.integrations import ServiceCall

_RULE: Final = "StepFunctionsGetEvents"


@dataclass(frozen=True)
class JobWait:
    """The needs of ``.sync``: to watch a job and to stop it.

    *actions* act on the resources of the call, or on *resource*: a pattern as in IAM's reference,
    without its beginning. *rule* is the EventBridge rule that reports the job's end; without it,
    Step Functions polls. A rule with ``*`` has a name that AWS doesn't document.
    """

    actions: tuple[str, ...]
    resource: str = ""
    rule: str = ""
    condition: Mapping[str, Any] = field(default_factory=dict)
    anywhere: tuple[str, ...] = ()


def _sagemaker(job: str, rule: str) -> JobWait:
    """Return the needs of a job of SageMaker. Step Functions tags it: MANAGED_BY_AWS."""
    tags = ("sagemaker:ListTags", "sagemaker:AddTags")
    actions = (f"sagemaker:Describe{job}", f"sagemaker:Stop{job}", *tags)
    return JobWait(actions, rule=f"{_RULE}ForSageMaker{rule}Rule")


_APPLICATION: Final = f"{_RULE}ForEMRServerlessApplicationRule"
_SERVERLESS_JOB: Final = f"{_RULE}ForEMRServerlessJobRule"
_STEPS: Final = "StepFunctionsGetEventForEMR{}Rule"
_BUILD: Final = "StepFunctionsGetEventForCodeBuild{}Rule"

WAITS: Final[Mapping[tuple[str, str], JobWait]] = {
    ("athena", "startQueryExecution"): JobWait(
        ("athena:StopQueryExecution", "athena:GetQueryExecution")
    ),
    ("batch", "submitJob"): JobWait(
        ("batch:TerminateJob",),
        "batch:job/*",
        f"{_RULE}ForBatchJobsRule",
        anywhere=("batch:DescribeJobs",),
    ),
    ("bedrock", "createModelCustomizationJob"): JobWait(
        ("bedrock:GetModelCustomizationJob", "bedrock:StopModelCustomizationJob"),
        "bedrock:model-customization-job/*",
    ),
    ("codebuild", "startBuild"): JobWait(
        ("codebuild:StopBuild", "codebuild:BatchGetBuilds"), rule=_BUILD.format("StartBuild")
    ),
    ("codebuild", "startBuildBatch"): JobWait(
        ("codebuild:StopBuildBatch", "codebuild:BatchGetBuildBatches"),
        rule=_BUILD.format("StartBuildBatch"),
    ),
    ("databrew", "startJobRun"): JobWait(("databrew:ListJobRuns", "databrew:StopJobRun")),
    ("ecs", "runTask"): JobWait(
        ("ecs:StopTask", "ecs:DescribeTasks"), rule=f"{_RULE}ForECSTaskRule"
    ),
    ("eks", "createCluster"): JobWait(("eks:DescribeCluster", "eks:DeleteCluster")),
    ("eks", "createFargateProfile"): JobWait(
        ("eks:DescribeFargateProfile", "eks:DeleteFargateProfile")
    ),
    ("eks", "createNodegroup"): JobWait(("eks:DescribeNodegroup", "eks:DeleteNodegroup")),
    ("eks", "deleteCluster"): JobWait(("eks:DescribeCluster",)),
    ("eks", "deleteFargateProfile"): JobWait(("eks:DescribeFargateProfile",)),
    ("eks", "deleteNodegroup"): JobWait(("eks:DescribeNodegroup",)),
    ("elasticmapreduce", "addStep"): JobWait(
        ("elasticmapreduce:DescribeStep", "elasticmapreduce:CancelSteps"),
        rule=_STEPS.format("AddJobFlowSteps"),
    ),
    ("elasticmapreduce", "createCluster"): JobWait(
        ("elasticmapreduce:DescribeCluster", "elasticmapreduce:TerminateJobFlows"),
        "elasticmapreduce:cluster/*",
        _STEPS.format("RunJobFlow"),
    ),
    ("elasticmapreduce", "terminateCluster"): JobWait(
        ("elasticmapreduce:DescribeCluster",), rule=_STEPS.format("TerminateJobFlows")
    ),
    ("emr-containers", "createVirtualCluster"): JobWait(
        ("emr-containers:DescribeVirtualCluster",), "emr-containers:/virtualclusters/*"
    ),
    ("emr-containers", "deleteVirtualCluster"): JobWait(("emr-containers:DescribeVirtualCluster",)),
    ("emr-containers", "startJobRun"): JobWait(
        ("emr-containers:DescribeJobRun", "emr-containers:CancelJobRun")
    ),
    ("emr-serverless", "cancelJobRun"): JobWait(
        ("emr-serverless:GetJobRun",), rule=_SERVERLESS_JOB
    ),
    ("emr-serverless", "createApplication"): JobWait(
        ("emr-serverless:GetApplication", "emr-serverless:DeleteApplication"),
        "emr-serverless:/applications/*",
        _APPLICATION,
    ),
    ("emr-serverless", "deleteApplication"): JobWait(
        ("emr-serverless:GetApplication",), rule=_APPLICATION
    ),
    ("emr-serverless", "startApplication"): JobWait(
        ("emr-serverless:GetApplication", "emr-serverless:StopApplication"), rule=_APPLICATION
    ),
    ("emr-serverless", "stopApplication"): JobWait(
        ("emr-serverless:GetApplication",), rule=_APPLICATION
    ),
    ("emr-serverless", "startJobRun"): JobWait(
        ("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"), rule=_SERVERLESS_JOB
    ),
    ("glue", "startJobRun"): JobWait(("glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")),
    ("mediaconvert", "createJob"): JobWait(
        ("mediaconvert:GetJob", "mediaconvert:CancelJob"),
        "mediaconvert:jobs/*",
        f"{_RULE}ForMediaConvertJobRule",
        {"StringEquals": {"aws:ResourceTag/ManagedByService": "AWSStepFunctions"}},
    ),
    ("sagemaker", "createAutoMLJob"): _sagemaker("AutoMLJob", "*"),
    ("sagemaker", "createHyperParameterTuningJob"): _sagemaker(
        "HyperParameterTuningJob", "TuningJobs"
    ),
    ("sagemaker", "createLabelingJob"): _sagemaker("LabelingJob", "*"),
    ("sagemaker", "createProcessingJob"): _sagemaker("ProcessingJob", "ProcessingJobs"),
    ("sagemaker", "createTrainingJob"): _sagemaker("TrainingJob", "TrainingJobs"),
    ("sagemaker", "createTransformJob"): _sagemaker("TransformJob", "TransformJobs"),
    ("states", "startExecution"): JobWait(
        ("states:DescribeExecution", "states:StopExecution"),
        rule=f"{_RULE}ForStepFunctionsExecutionRule",
    ),
}
"""The needs of ``.sync`` by integration and action."""

_API: Final[Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]] = {
    ("bedrock", "invokeModel"): ("bedrockruntime", ("invokeModel",)),
    ("bedrockagentcore", "invokeHarness"): ("bedrockagentcore", ("invokeHarness",)),
    ("elasticmapreduce", "addStep"): ("emr", ("addJobFlowSteps",)),
    ("elasticmapreduce", "cancelStep"): ("emr", ("cancelSteps",)),
    ("elasticmapreduce", "createCluster"): ("emr", ("runJobFlow",)),
    ("elasticmapreduce", "modifyInstanceFleetByName"): (
        "emr",
        ("modifyInstanceFleet", "listInstanceFleets"),
    ),
    ("elasticmapreduce", "modifyInstanceGroupByName"): (
        "emr",
        ("modifyInstanceGroups", "listInstanceGroups"),
    ),
    ("elasticmapreduce", "setClusterTerminationProtection"): ("emr", ("setTerminationProtection",)),
    ("elasticmapreduce", "terminateCluster"): ("emr", ("terminateJobFlows",)),
}
"""The SDK's service and actions of integrations that have a name of their own."""


def api_calls(call: ServiceCall) -> tuple[ServiceCall, ...]:
    """Return the calls of the service's API that an integration makes.

    >>> [made.action for made in api_calls(ServiceCall("elasticmapreduce", "", "addStep", ""))]
    ['addJobFlowSteps']
    """
    sdk, actions = _API.get((call.service, call.action), ("", ()))
    return tuple(ServiceCall("aws-sdk", sdk, action, "") for action in actions) or (call,)
