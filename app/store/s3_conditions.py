"""Whether a server heeds the condition of a write: some take it, answer 200, and write over what is there."""

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

TAKEN: Final = frozenset({"PreconditionFailed", "412"})
CONFLICT: Final = frozenset({"ConditionalRequestConflict", "409"})
_UNKNOWN: Final = frozenset({"NotImplemented", "501"})


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


class Conditions:
    """Tried once, before the first write of the process, with an object of its own that is written twice."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._lock = asyncio.Lock()
        self._are_heeded: bool | None = None

    async def are_heeded(self) -> bool:
        """Raises what the client raises; it is tried again then."""
        async with self._lock:
            if self._are_heeded is None:
                self._are_heeded = await self._tried()
            return self._are_heeded

    async def _tried(self) -> bool:
        key = f"check/{secrets.token_hex(16)}"
        try:
            return await self._refuses_second(key)
        finally:
            with suppress(ClientError):  # it is small, and who may not delete is told of that elsewhere
                await self._client.delete_object(Bucket=self._bucket, Key=key)

    async def _refuses_second(self, key: str) -> bool:
        try:
            for _ in range(2):
                await self._client.put_object(Bucket=self._bucket, Key=key, Body=b"condition", IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) in TAKEN | CONFLICT:
                return True
            if code_of(error) in _UNKNOWN:
                return False
            raise
        return False
