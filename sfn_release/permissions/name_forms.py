"""Names of resources that come in a form of their own: queue URLs, functions, secrets, models."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.iam_data import ResourceType
from sfn_release.permissions.needed import Place

_QUEUE: Final = re.compile(
    r"https?://(?:sqs\.(?P<region>[\w-]+)|(?P<old>[\w-]+)\.queue|[^/]*)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<account>[^/]+)/(?P<name>[^/]+)"
)
_FUNCTION: Final = re.compile(
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)
_FUNCTION_ARN: Final = re.compile(r"(?P<arn>arn:.*:function:[^:]+)(?::(?P<qualifier>[^:]+))?")
_ACCESS_POINT: Final = re.compile(r"arn:[^:]*:s3[^:]*:[^:]*:[^:]*:accesspoint[/:].+")
_SUFFIX: Final = re.compile(r".*-[A-Za-z0-9]{6}", re.DOTALL)
_PROFILE: Final = re.compile(r"(?:us|eu|apac|jp|au|ca|sa|us-gov|global)\.(?P<model>.+)")
_ROUGH: Final = re.compile(
    r".*:secret:.*-\?{6}|arn:[^:]*:kms:[^:]*:[^:]*:key/\*|arn:[^:]*:bedrock:\*:.*", re.DOTALL
)
"""A secret by its name, a key by its alias, a model of a profile across regions."""
_LATEST: Final = "$LATEST"
_ADDED: Final = "-??????"
"""Secrets Manager adds six characters to a secret's name in its ARN."""


def name_forms(
    type: ResourceType, text: KnownText, arguments: Arguments, place: Place
) -> tuple[str, ...] | None:
    """Return the ARNs up to the first variable of a pattern, or None for a plain name or ARN."""
    form = _FORMS.get((type.service, type.name))
    return form(text.text, arguments, place) if form else None


def is_rough(arn: str) -> bool:
    """Whether an ARN stands for one that only AWS knows, so that a role may allow less.

    >>> is_rough("arn:aws:secretsmanager:x:1:secret:db-??????"), is_rough("arn:aws:kms:x:1:key/*")
    (True, True)
    """
    return _ROUGH.fullmatch(arn) is not None


def function_arn(name: str, qualifier: str, place: Place) -> str:
    """Return the ARN of a function by its name, partial ARN or ARN; with its version or alias.

    A name without a version, or with ``$LATEST``, is the function's own ARN, as IAM compares it.
    """
    found = _FUNCTION_ARN.fullmatch(name)
    if found:
        return _qualified(found["arn"], qualifier or found["qualifier"])
    part = _FUNCTION.fullmatch(name)
    if name.startswith(("arn:", "${")) or part is None:
        return name
    account = part["account"] or place.account
    base = f"arn:{place.partition}:lambda:{place.region}:{account}:function:{part['name']}"
    return _qualified(base, qualifier or part["qualifier"])


def _qualified(arn: str, qualifier: str | None) -> str:
    return arn if qualifier in (None, "", _LATEST) else f"{arn}:{qualifier}"


def _function(name: str, arguments: Arguments, place: Place) -> tuple[str, ...]:
    return (function_arn(name, arguments.literal("Qualifier"), place),)


def _queue(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    found = _QUEUE.fullmatch(name)
    if found is None:
        return None
    region = found["region"] or found["old"] or place.region
    return (f"arn:{place.partition}:sqs:{region}:{found['account']}:{found['name']}",)


def _bucket(name: str, _arguments: Arguments, _place: Place) -> tuple[str, ...] | None:
    return (name,) if name.startswith("arn:") else None


def _object(name: str, _arguments: Arguments, _place: Place) -> tuple[str, ...] | None:
    """Return the place of an object: below its bucket, or behind an access point."""
    if _ACCESS_POINT.fullmatch(name):
        return (f"{name}/object",)
    return (name,) if name.startswith("arn:") else None


def _by_bucket(_name: str, _arguments: Arguments, _place: Place) -> tuple[str, ...]:
    """Return nothing: a request names an access point by the parameter for the bucket."""
    return ()


def _parameter(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    if name.startswith("arn:"):
        return None
    return (place.arn("ssm", f"parameter/{name.removeprefix('/')}"),)


def _log_group(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    """Return both ARNs of a log group: most actions compare that with ``:*``, tagging doesn't."""
    if name.startswith("${"):
        return None
    base = name.removesuffix(":*")
    arn = base if base.startswith("arn:") else place.arn("logs", f"log-group:{base}")
    return arn, f"{arn}:*"


def _execution(name: str, _arguments: Arguments, _place: Place) -> tuple[str, ...]:
    return (name,) if ":execution:" in name or name.startswith("${") else ()


def _key(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    """Return all keys for an alias: IAM compares the key's ARN, which the alias doesn't tell."""
    if name.startswith("alias/") or ":alias/" in name:
        return (place.arn("kms", f"key/{UNKNOWN}"),)
    return None


def _secret(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...]:
    if name.startswith("arn:"):
        return (name if _SUFFIX.fullmatch(name) else name + _ADDED,)
    if name.startswith("${") and name.lower().endswith("arn}"):
        return (name,)
    return (place.arn("secretsmanager", f"secret:{name}{_ADDED}"),)


def _foundation_model(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    """Return a model's ARN. A profile across regions needs the model in each of them."""
    if name.startswith("arn:") and ":inference-profile/" not in name:
        return None
    name = name.rpartition(":inference-profile/")[2]
    profile = _PROFILE.fullmatch(name)
    region = UNKNOWN if profile else place.region
    model = profile["model"] if profile else name
    return (f"arn:{place.partition}:bedrock:{region}::foundation-model/{model}",)


def _inference_profile(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    if name.startswith("arn:"):
        return None
    return (place.arn("bedrock", f"inference-profile/{name}"),) if _PROFILE.fullmatch(name) else ()


def _model_by_arn(name: str, _arguments: Arguments, _place: Place) -> tuple[str, ...] | None:
    return None if name.startswith("arn:") else ()


def _identity(name: str, _arguments: Arguments, place: Place) -> tuple[str, ...] | None:
    """Return both identities that can be verified: the address and its domain."""
    address = re.sub(r".*<(.*)>", r"\1", name)
    _, at, domain = address.partition("@")
    if not at:
        return None
    return tuple(place.arn("ses", f"identity/{identity}") for identity in (address, domain))


_Form = Callable[[str, Arguments, Place], tuple[str, ...] | None]
_FORMS: Final[Mapping[tuple[str, str], _Form]] = {
    ("bedrock", "application-inference-profile"): _model_by_arn,
    ("bedrock", "custom-model-deployment"): _model_by_arn,
    ("bedrock", "default-prompt-router"): _model_by_arn,
    ("bedrock", "foundation-model"): _foundation_model,
    ("bedrock", "imported-model"): _model_by_arn,
    ("bedrock", "inference-profile"): _inference_profile,
    ("bedrock", "prompt-router"): _model_by_arn,
    ("bedrock", "provisioned-model"): _model_by_arn,
    ("kms", "key"): _key,
    ("lambda", "function"): _function,
    ("logs", "log-group"): _log_group,
    ("s3", "accesspoint"): _by_bucket,
    ("s3", "accesspointobject"): _by_bucket,
    ("s3", "bucket"): _bucket,
    ("s3", "object"): _object,
    ("secretsmanager", "Secret"): _secret,
    ("ses", "identity"): _identity,
    ("sqs", "queue"): _queue,
    ("ssm", "parameter"): _parameter,
    ("states", "execution"): _execution,
}
"""Readers of names, by IAM's service and kind of resource. They return nothing for other kinds."""
