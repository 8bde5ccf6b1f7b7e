"""The actions that ``.sync`` tasks poll until a job has ended.

Source: "Run a job (.sync)" in "Discover service integration patterns in Step Functions" in AWS's
developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

POLLED: Final[Mapping[tuple[str, str], str]] = {
    ("athena", "startQueryExecution"): "getQueryExecution",
    ("batch", "submitJob"): "describeJobs",
    ("bedrock", "createModelCustomizationJob"): "getModelCustomizationJob",
    ("codebuild", "startBuild"): "batchGetBuilds",
    ("codebuild", "startBuildBatch"): "batchGetBuildBatches",
    ("databrew", "startJobRun"): "describeJobRun",
    ("ecs", "runTask"): "describeTasks",
    ("eks", "createCluster"): "describeCluster",
    ("eks", "createFargateProfile"): "describeFargateProfile",
    ("eks", "createNodegroup"): "describeNodegroup",
    ("eks", "deleteCluster"): "describeCluster",
    ("eks", "deleteFargateProfile"): "describeFargateProfile",
    ("eks", "deleteNodegroup"): "describeNodegroup",
    ("elasticmapreduce", "addStep"): "describeStep",
    ("elasticmapreduce", "createCluster"): "describeCluster",
    ("elasticmapreduce", "terminateCluster"): "describeCluster",
    ("emr-containers", "createVirtualCluster"): "describeVirtualCluster",
    ("emr-containers", "deleteVirtualCluster"): "describeVirtualCluster",
    ("emr-containers", "startJobRun"): "describeJobRun",
    ("emr-serverless", "createApplication"): "getApplication",
    ("emr-serverless", "deleteApplication"): "getApplication",
    ("emr-serverless", "startApplication"): "getApplication",
    ("emr-serverless", "stopApplication"): "getApplication",
    ("emr-serverless", "startJobRun"): "getJobRun",
    ("glue", "startJobRun"): "getJobRun",
    ("mediaconvert", "createJob"): "getJob",
    ("sagemaker", "createAutoMLJob"): "describeAutoMLJob",
    ("sagemaker", "createHyperParameterTuningJob"): "describeHyperParameterTuningJob",
    ("sagemaker", "createLabelingJob"): "describeLabelingJob",
    ("sagemaker", "createProcessingJob"): "describeProcessingJob",
    ("sagemaker", "createTrainingJob"): "describeTrainingJob",
    ("sagemaker", "createTransformJob"): "describeTransformJob",
    ("states", "startExecution"): "describeExecution",
}
"""The action that a ``.sync`` task polls; its result is the task's."""
