"""Requests made up from the OpenAPI document: whatever is sent, the answer is one that the document describes."""

import asyncio
from collections.abc import Callable
from typing import Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.openapi.document import document
from app.service.catalogue.keys import KeyOptions, put_key
from app.wiring.application import _SECTIONS
from tests.e2e.conftest import Serve
from tests.lengths import by_length

CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES: Final = by_length(3, 30)  # of each kind of request
MOST_SECONDS: Final = by_length(240, 2400)
ANSWER_SECONDS: Final = 20


@pytest.mark.timeout(MOST_SECONDS + 60)
async def test_any_request_gets_an_answer_that_is_described(serve: Serve) -> None:
    """Some hundred requests of all kinds, with the credentials of admins, never meet a bug, nor an answer that the
    document does not know."""
    shop = await serve(run_worker=False)
    plaintext = f"{shop.admin.consumer_secret}%26{shop.admin.token_secret}"
    credentials = {
        "X-Spree-Token": shop.api_key,
        "Authorization": f'OAuth oauth_consumer_key="{shop.admin.consumer_key}", oauth_token="{shop.admin.token}", '
        f'oauth_signature_method="PLAINTEXT", oauth_signature="{plaintext}"',
    }
    session = requests.Session()
    session.headers.update(credentials)
    async with asyncio.timeout(MOST_SECONDS):
        for result in schemathesis.openapi.from_dict(document(_SECTIONS)).get_all_operations():
            operation = result.ok()
            if operation.path.startswith("/v1/"):  # where one request may revoke the key of another
                _, key = await put_key(shop.database, KeyOptions("admin", ["v1"]))
                session.headers["Authorization"] = f"Bearer {key}"
            else:
                session.headers["Authorization"] = credentials["Authorization"]
            await asyncio.to_thread(trial(operation, str(shop.url), session))


def trial(operation: APIOperation, base: str, session: requests.Session) -> Callable[[], None]:
    """Some requests of one kind. The answer to a preflight without its headers is 501, which is no bug."""
    checks = [check for check in CHECKS if operation.method != "options" or check is not not_a_server_error]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: Case) -> None:
        case.validate_response(case.call(base_url=base, session=session, timeout=ANSWER_SECONDS), checks=checks)

    return run
