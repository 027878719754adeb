"""Each operation, for each type of user and in each format, answers exactly as its golden file has it."""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import IMAGES, PNG, USERS, Answer, Api, User, upload

GOLDEN: Final = Path(__file__).parent / "golden" / "answers"
SUFFIXES: Final = {"text/xml": "xml", "application/json": "json", "text/plain": "txt"}
REPORTED: Final = ("Content-Type", "Content-Length", "Location")

CREATE: Final = upload(
    PNG, file_name="new image", label="Vörderseite <b> & 'Rück'", position=3, types=["thumbnail", "swatch", "image"]
)
UPDATE: Final = {"label": "", "position": "2", "exclude": 1, "types": ["small_image"]}
OPERATIONS: Final[dict[str, tuple[str, str, dict[str, object] | None]]] = {
    "list": ("GET", IMAGES, None),
    "list_in_store": ("GET", f"{IMAGES}/store/french", None),
    "read": ("GET", f"{IMAGES}/1", None),
    "read_in_store": ("GET", f"{IMAGES}/1/store/3", None),
    "create": ("POST", IMAGES, CREATE),
    "update": ("PUT", f"{IMAGES}/1", UPDATE),
    "delete": ("DELETE", f"{IMAGES}/1", None),
    "list_of_none": ("GET", "/api/rest/products/gift-card/images", None),
}


async def stocked(api: Api) -> Api:
    """One image with everything, one that only the French store view has named, one that is excluded."""
    await api.post(IMAGES, CREATE)
    await api.create(f"{IMAGES}/store/french", label="Dos", types=["small_image"])
    await api.create(exclude=True, label="hidden")
    return api


async def answer_to(api: Api, name: str, user: User, accept: str) -> Answer:
    method, path, fields = OPERATIONS[name]
    body = None if fields is None else json.dumps(fields)
    content_type = "application/json" if fields else None
    return await api.call(user, method, path, body=body, accept=accept, Content_Type=content_type)


def transcript(answer: Answer) -> bytes:
    lines = [str(answer.status), *(f"{name}: {answer.headers[name]}" for name in REPORTED if name in answer.headers)]
    return "\n".join(lines).encode() + b"\n\n" + answer.body


@pytest.mark.parametrize("accept", SUFFIXES)
@pytest.mark.parametrize("user", USERS)
async def test_each_operation_answers_as_its_golden_file_has_it(open_own: Open, user: User, accept: str) -> None:
    """For every type of user and every format, status, headers and body of each operation are the golden ones."""
    api = await stocked(await open_own())
    for name in OPERATIONS:
        reported = transcript(await answer_to(api, name, user, accept))
        file = GOLDEN / f"{name}_{user}.{SUFFIXES[accept]}"
        assert reported == file.read_bytes(), file.name
