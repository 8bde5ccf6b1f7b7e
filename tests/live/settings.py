"""The account that a run uses, from variables of the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "sfn-release-live-"
"""The beginning of every name that a run makes. What has it is ours to delete."""

VARIABLES = """\
variables:
  SFN_RELEASE_LIVE           an AWS profile ("default": the default credentials); needed
  SFN_RELEASE_LIVE_REGION    the region, such as eu-west-1
  SFN_RELEASE_LIVE_ROLE      the ARN of a role that Step Functions may assume; it needs no policy
  SFN_RELEASE_LIVE_ENDPOINT  an emulator's URL, instead of AWS
  SFN_RELEASE_LIVE_CANARY    how long callers are shifted (default: 2m)
"""

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")


class SettingsError(Exception):
    """A variable is missing or wrong; the message says which."""


@dataclass(frozen=True)
class Settings:
    """Where a run works."""

    profile: str
    region: str
    role: str
    endpoint: str | None
    canary: str

    def client(self) -> Any:
        """Return a client of Step Functions."""
        import boto3
        from botocore.config import Config

        profile = None if self.profile == "default" else self.profile
        session = boto3.Session(profile_name=profile, region_name=self.region)
        config = Config(
            inject_host_prefix=self.endpoint is None,
            retries={"mode": "standard", "max_attempts": 5},
        )
        return session.client("stepfunctions", endpoint_url=self.endpoint, config=config)


def read_settings(environ: Mapping[str, str]) -> Settings | None:
    """Return the settings, None if nobody asked for a run. Raises SettingsError."""
    profile = environ.get("SFN_RELEASE_LIVE", "")
    if not profile:
        return None
    region = environ.get("SFN_RELEASE_LIVE_REGION", "")
    role = environ.get("SFN_RELEASE_LIVE_ROLE", "")
    if not _REGION.fullmatch(region):
        raise SettingsError("Set SFN_RELEASE_LIVE_REGION to a region such as eu-west-1.")
    if not _ROLE.fullmatch(role):
        raise SettingsError(
            "Set SFN_RELEASE_LIVE_ROLE to the ARN of a role that states.amazonaws.com may assume."
        )
    return Settings(
        profile,
        region,
        role,
        environ.get("SFN_RELEASE_LIVE_ENDPOINT") or None,
        environ.get("SFN_RELEASE_LIVE_CANARY") or "2m",
    )


def placeholders(environ: Mapping[str, str]) -> Settings:
    """Return settings with placeholders for what is missing or wrong: for texts, not for a run."""
    region = environ.get("SFN_RELEASE_LIVE_REGION", "")
    role = environ.get("SFN_RELEASE_LIVE_ROLE", "")
    return Settings(
        environ.get("SFN_RELEASE_LIVE") or "default",
        region if _REGION.fullmatch(region) else "REGION",
        role if _ROLE.fullmatch(role) else "arn:aws:iam::ACCOUNT:role/ROLE",
        None,
        "2m",
    )
