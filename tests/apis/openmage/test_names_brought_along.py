"""File names that another system made: what becomes of them when their images are replaced here."""

import base64

import pytest

from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import JPEG, PNG


@pytest.mark.parametrize(
    ("path", "reported", "name"),
    [
        ("/f/r/front_7.jpg", "front", "front_1.jpg"),
        ("/I/M/IMG_2043.jpg", "", "IMG_2043_1.jpg"),
        ("/n/o/noext", "", "noext.png"),
        ("/a/r/photo.tar.gz", "", "photo.tar.png"),
        ("/l/o/" + "l" * 251 + ".jpg", "", "l" * 239 + ".jpg"),
        ("/g/r/größe.jpg", "größe", "gr_e.jpg"),
    ],
)
async def test_names_that_were_brought_along_are_gone_on_with(
    open_own: Open, path: str, reported: str, name: str
) -> None:
    """Of a name that was brought along a number counts as such where the name without it is taken, too; a name told
    as it is changes nothing; and a replacement gets a name that is one."""
    api = await open_own()
    images = await api.product()
    image = await api.create(images, PNG, file_name="any")
    await api.sql(
        "insert into file_path (path, blob_hash, clean_recipe) select p, blob_hash, clean_recipe"
        " from file_path, unnest(array[$2::text, '/f/r/front.jpg']) p"
        " where path = (select file_path from image where id = $1)",
        image,
        path,
    )
    await api.sql("update image set file_path = $2 where id = $1", image, path)
    if reported:
        await api.put(f"{images}/{image}", file_name=reported)
        assert await api.sql("select file_path from image where id = $1", image) == path
    await api.put(f"{images}/{image}", file_content=base64.b64encode(JPEG).decode())
    assert await api.sql("select file_name from image where id = $1", image) == name
