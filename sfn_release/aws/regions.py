"""Facts about AWS regions: the partition of each, and the region and account of the local service.

Source: `describe-regions` of each partition, and botocore's partitions.json.
"""

from __future__ import annotations

from typing import Final

LOCAL_REGION: Final = "us-east-1"
LOCAL_ACCOUNT: Final = "000000000000"

_PARTITIONS: Final = (
    # The first match wins: us-isob- before us-iso-.
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)


def partition_of(region: str) -> str:
    """Return the partition of a *region*: the second part of its ARNs.

    >>> partition_of("eu-west-1"), partition_of("cn-north-1")
    ('aws', 'aws-cn')
    """
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")
