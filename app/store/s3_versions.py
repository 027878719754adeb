"""Former versions of objects: where a bucket keeps them, what is deleted is only hidden."""

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from app.errors import StoreUnavailable
from app.store.s3_conditions import code_of

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import ObjectIdentifierTypeDef

_DENIED: Final = frozenset({"AccessDenied", "403"})
_HAS_NONE: Final = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})
"""What servers say that do not know versions at all."""
_NEEDED: Final = "s3:GetBucketVersioning, s3:ListBucketVersions and s3:DeleteObjectVersion"
_ROUNDS: Final = 4
_AT_ONCE: Final = 100
"""Versions that one request deletes: a busy server takes longer over a thousand than an answer is waited for."""


class Versions:
    """Those that `bucket` keeps. Raises what the client raises, where nothing else is said."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def are_kept(self) -> bool:
        """Also where no further ones are: those of before stay. StoreUnavailable where that may not be asked."""
        try:
            answer = await self._client.get_bucket_versioning(Bucket=self._bucket)
        except ClientError as error:
            return _known(error)
        return answer.get("Status") is not None

    async def remove(self, beginnings: Iterable[str]) -> int:
        """All versions, and what hides them, of keys that begin so; how many. StoreUnavailable where some stay."""
        if not await self.are_kept():
            return 0
        return sum([await self._remove_all(beginning) for beginning in beginnings])

    async def _remove_all(self, beginning: str) -> int:
        """Seen to be gone: what a server answers to a deletion is not taken for that."""
        removed = 0
        for _ in range(_ROUNDS):
            before = removed
            async for page in self._pages(beginning):
                for start in range(0, len(page), _AT_ONCE):
                    await self._delete(page[start : start + _AT_ONCE])
                removed += len(page)
            if removed == before:
                return removed
        raise StoreUnavailable(f"former versions remain in the bucket {self._bucket} below {beginning}")

    async def _pages(self, beginning: str) -> AsyncIterator[list["ObjectIdentifierTypeDef"]]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=beginning)
        try:
            async for page in pages:
                listed = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                if listed:
                    yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in listed]
        except ClientError as error:
            _known(error)

    async def _delete(self, page: list["ObjectIdentifierTypeDef"]) -> None:
        answer = await self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": page, "Quiet": True})
        if errors := answer.get("Errors"):
            raise StoreUnavailable(
                f"{len(errors)} former versions remain in the bucket {self._bucket}, the first: {errors[0]}; "
                f"{_NEEDED} are needed, and no lock on the objects"
            )


def _known(error: ClientError) -> bool:
    """False where the error says that there are no versions."""
    if code_of(error) in _HAS_NONE:
        return False
    if code_of(error) in _DENIED:
        raise StoreUnavailable(
            f"former versions may remain in the bucket: whether it keeps any may not be asked; allow {_NEEDED}"
        ) from error
    raise error
