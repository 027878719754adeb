"""What tells a receiver that a delivery comes from here: Standard Webhooks 1.0, by its own package."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from standardwebhooks import Webhook as Signer

PREFIX: Final = "whsec_"
BOTH_SIGN: Final = timedelta(hours=24)
"""How long a secret goes on signing once another one has taken its place."""
_SECRET_BYTES: Final = 32


def make_secret() -> str:
    """A new one, as receivers are given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed(keys: Sequence[str], message: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers of a delivery: its id, the time of the try, and a signature by each secret."""
    signatures = (Signer(key).sign(message, at, body.decode()) for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
