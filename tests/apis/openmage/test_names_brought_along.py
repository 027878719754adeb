"""File names that another system made: what becomes of them when their images are replaced here."""

import base64

import pytest

from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import JPEG, PNG


@pytest.mark.parametrize(
    ("path", "told", "name"),
    [
        ("/f/r/front_7.jpg", "front", "front_1.jpg"),
        ("/I/M/IMG_2043.jpg", "", "IMG_2043_1.jpg"),
        ("/n/o/noext", "", "noext.png"),
        ("/a/r/photo.tar.gz", "", "photo.tar.png"),
        ("/l/o/" + "l" * 251 + ".jpg", "", "l" * 239 + ".jpg"),
        ("/g/r/größe.jpg", "größe", "gr_e.jpg"),
    ],
)
async def test_names_that_were_brought_along_are_gone_on_with(open_own: Open, path: str, told: str, name: str) -> None:
    """Of a name that was brought along a number counts as such where the name without it is taken, too; a name told
    as it is changes nothing; and a replacement gets a name that is one."""
    room = await open_own()
    images = await room.product()
    image = await room.create(images, PNG, file_name="any")
    await room.sql(
        "insert into file_path (path, blob_hash, clean_recipe) select p, blob_hash, clean_recipe"
        " from file_path, unnest(array[$2::text, '/f/r/front.jpg']) p"
        " where path = (select file_path from image where id = $1)",
        image,
        path,
    )
    await room.sql("update image set file_path = $2 where id = $1", image, path)
    if told:
        await room.put(f"{images}/{image}", file_name=told)
        assert await room.sql("select file_path from image where id = $1", image) == path
    await room.put(f"{images}/{image}", file_content=base64.b64encode(JPEG).decode())
    assert await room.sql("select file_name from image where id = $1", image) == name
