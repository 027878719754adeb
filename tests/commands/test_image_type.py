from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine


async def test_a_custom_type_comes_after_the_others(cli: CommandLine) -> None:
    """A new image type takes the last position, and keeps it when it is added again."""
    assert await cli("image-type", "add", "--code", "swatch_image") == {"code": "swatch_image", "position": 4}
    assert await cli("image-type", "add", "--code", "swatch_image") == {"code": "swatch_image", "position": 4}
    codes = [row["code"] for row in (await cli("image-type", "list"))["image_types"]]
    assert codes == ["image", "small_image", "thumbnail", "swatch_image"]


async def test_a_type_is_moved(cli: CommandLine) -> None:
    """Adding a type again with a position moves it."""
    await cli("image-type", "add", "--code", "swatch_image")
    assert (await cli("image-type", "add", "--code", "swatch_image", "--position", "9"))["position"] == 9


async def test_a_position_that_is_taken_is_refused(cli: CommandLine) -> None:
    """Two types never share a position."""
    refused = await cli.fails("image-type", "add", "--code", "swatch_image", "--position", "2")
    assert refused == "The image type small_image has the position 2."


async def test_a_code_that_is_none_is_refused(cli: CommandLine) -> None:
    """An image type's code has small letters, digits and underscores."""
    assert "small letters" in await cli.fails("image-type", "add", "--code", "Swatch Image")


async def test_a_code_that_a_former_version_took_stays(cli: CommandLine, connection: Connection) -> None:
    """A type whose code is longer than a new one may be can still be moved."""
    await connection.execute("insert into image_type (code, rank) values ($1, 4)", "s" * 33)
    assert (await cli("image-type", "add", "--code", "s" * 33, "--position", "9"))["position"] == 9
    assert "32 characters at most" in await cli.fails("image-type", "add", "--code", "t" * 33)
