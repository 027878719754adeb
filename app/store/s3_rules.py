"""What a bucket does by itself with what lies in it: its lifecycle rules, as far as they reach originals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from app.store.keys import ORIGINALS

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_ASLEEP: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Classes of storage from which nothing is read before it was asked for hours ago."""


async def rules_of(client: "S3Client", bucket: str) -> Sequence[Mapping[str, Any]]:
    """None where the server knows no rules, or does not tell them."""
    try:
        answer = await client.get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError:
        return ()
    return answer.get("Rules", ())


def harm_of(rule: Mapping[str, Any]) -> str | None:
    """Its name and what it does; None of one that leaves originals as they are."""
    if rule.get("Status") != "Enabled" or not _reaches(_prefix_of(rule)):
        return None
    name = rule.get("ID", "without a name")
    if {"Days", "Date"} & rule.get("Expiration", {}).keys():
        return f"{name} removes originals"
    if any(step.get("StorageClass") in _ASLEEP for step in rule.get("Transitions", ())):
        return f"{name} moves originals to where they cannot be read at once"
    return None


def _prefix_of(rule: Mapping[str, Any]) -> str:
    """In each of the ways in which rules tell it; tags and sizes narrow a rule further, and do not make it safe."""
    within = rule.get("Filter", {})
    return str(rule.get("Prefix") or within.get("Prefix") or within.get("And", {}).get("Prefix") or "")


def _reaches(prefix: str) -> bool:
    return prefix.startswith(ORIGINALS) or ORIGINALS.startswith(prefix)
