"""Deleting many objects of a bucket at once, also on servers that delete single ones only."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from app.errors import StoreUnavailable
from app.store.s3_conditions import code_of

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

ANSWER_SECONDS: Final = 8.0
"""For everything but the transfer of a body."""
DELETE_BATCH: Final = 1000
"""The protocol's own limit."""
_ONE_BY_ONE: Final = frozenset({"NotImplemented", "501", "MethodNotAllowed", "405", "MissingContentMD5"})
"""What servers answer that delete single objects only, or many only with the checksum of former years."""


async def delete_batch(client: "S3Client", bucket: str, keys: list[str]) -> None:
    """Up to `DELETE_BATCH` of them. Raises `StoreUnavailable` where some are still there, and what the SDK raises."""
    wanted: Any = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await client.delete_objects(Bucket=bucket, Delete=wanted)
    except ClientError as error:
        if code_of(error) not in _ONE_BY_ONE:
            raise
        await _delete_one_by_one(client, bucket, keys)
        return
    if errors := answer.get("Errors"):
        raise StoreUnavailable(f"{len(errors)} objects were not deleted, the first: {errors[0]}")


async def _delete_one_by_one(client: "S3Client", bucket: str, keys: list[str]) -> None:
    for key in keys:
        async with asyncio.timeout(ANSWER_SECONDS):
            await client.delete_object(Bucket=bucket, Key=key)
