"""What the database can answer besides rows, in this product's own terms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

import asyncpg

from app.errors import DatabaseUnavailable, ProductImagesError, Unavailable

ConstraintKind = Literal["unique", "foreign_key", "check", "not_null", "exclusion", "other"]

_KINDS: Final[dict[str, ConstraintKind]] = {
    asyncpg.UniqueViolationError.sqlstate: "unique",
    asyncpg.ForeignKeyViolationError.sqlstate: "foreign_key",
    asyncpg.CheckViolationError.sqlstate: "check",
    asyncpg.NotNullViolationError.sqlstate: "not_null",
    asyncpg.ExclusionViolationError.sqlstate: "exclusion",
}

_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # such as a statement on a connection that is just being ended
    asyncpg.ClientConfigurationError,
    OSError,  # TimeoutError is one
)

DRIVER_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that can go wrong on a connection, for those who are done with it anyway."""


class ConstraintViolated(ProductImagesError):
    """The change would contradict what is already stored.

    `constraint` is its name in `sql/migrations`, empty for a column that must not be null (then
    `column` is set).
    """

    def __init__(self, kind: ConstraintKind, constraint: str, column: str = "", reason: str = "") -> None:
        super().__init__(reason or f"{kind} {constraint or column}")
        self.kind = kind
        self.constraint = constraint
        self.column = column


class TransactionConflict(Unavailable):
    """Another change got in the way; please try again."""

    retry_after = 1


@contextmanager
def translated() -> Iterator[None]:
    """Turn what asyncpg raises into what `translation` makes of it."""
    try:
        yield
    except Exception as error:
        if (failure := translation(error)) is None:
            raise
        raise failure from error


def translation(error: BaseException) -> ProductImagesError | None:
    """`ConstraintViolated`, `TransactionConflict` or `DatabaseUnavailable`.

    None for an error in a statement or in its arguments, which is a defect of ours.
    """
    match error:
        case asyncpg.IntegrityConstraintViolationError():
            return _violation(error)
        case asyncpg.SerializationError() | asyncpg.DeadlockDetectedError() | asyncpg.LockNotAvailableError():
            return TransactionConflict(str(error))
        case _ if isinstance(error, _AWAY) or (isinstance(error, asyncpg.InterfaceError) and _is_closed(error)):
            return unavailable(error)
        case _:
            return None


def _violation(error: asyncpg.IntegrityConstraintViolationError) -> ConstraintViolated:
    kind = _KINDS.get(error.sqlstate or "", "other")
    return ConstraintViolated(kind, error.constraint_name or "", error.column_name or "", str(error))


def _is_closed(error: asyncpg.InterfaceError) -> bool:
    """asyncpg uses the one class for connections that were closed, or taken from their user when they
    broke, and for misuse."""
    return any(word in str(error) for word in ("closed", "closing", "released back"))


def unavailable(error: BaseException) -> DatabaseUnavailable:
    """With the driver's words as its reason."""
    return DatabaseUnavailable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
