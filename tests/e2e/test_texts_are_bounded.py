"""How long any text may be that somebody sends: every column for one has a bound, and every way to it keeps that."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from tests.commands.conftest import CommandLine
from tests.e2e.conftest import Answer, Commands, Serve, Shop
from tests.e2e.test_gallery_transfer import imported, parts_of
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture

PHOTO: Final = encoded(picture(60, 40))
OPENMAGE: Final = "/api/rest/products/8/images"
SPREE: Final = "/api/v1/products/a-dress/images"
LONG: Final = 70_000
"""Characters that no text has."""
TOO_LONG: Final = "x" * LONG


@dataclass
class Senders:
    """Whatever brings texts in: the three APIs, imports and commands."""

    shop: Shop
    commands: CommandLine
    folder: Path

    async def spree(self, **fields: str) -> Answer:
        form = aiohttp.FormData()
        name = fields.pop("file_name", "a.jpg")
        for key, value in fields.items():
            form.add_field(f"image[{key}]", value)
        form.add_field("image[attachment]", PHOTO, filename=name, content_type="image/jpeg")
        return await self.shop.call("POST", SPREE, data=form, headers={"X-Spree-Token": self.shop.api_key})

    async def openmage(self, path: str = OPENMAGE, method: str = "POST", **values: Any) -> Answer:
        content = {"Content-Type": "application/json"}
        return await self.shop.signed(method, path, data=json.dumps(values), headers=content)

    async def upload(self) -> str:
        created = await self.shop.signed(
            "POST", OPENMAGE, data=body(PHOTO), headers={"Content-Type": "application/json"}
        )
        assert created.status == 200
        return created.headers["Location"]

    async def line(self, **values: Any) -> None:
        """Refused as a line of a gallery import."""
        async with parts_of(self.shop) as parts:
            counts, rejected = await imported(parts, [{"sku": "dress", **values}], self.folder)
        assert len(rejected) == 1, counts
        assert any(words in rejected[0] for words in ("onger than", "there is no image type")), rejected[0][:200]

    async def refused(self, *words: str) -> None:
        """Refused as a command."""
        output = await self.commands.fails(*words)
        assert "longer than" in output or "at most" in output or "has 32 printable" in output, output[:200]

    async def glue(self, **cells: str) -> None:
        """Refused as a row of a Glue import."""
        row = {
            "image_set_name": "default", "external_url_large": "https://a/b.jpg", "external_url_small": "",
            "product_image_key": "k", "abstract_sku": "dress",
        } | cells  # fmt: skip
        folder = self.folder / "glue"
        folder.mkdir(exist_ok=True)
        (folder / "product_image.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
        report = folder / "rejected.csv"
        output = await self.commands.run("import", "glue", str(folder), "--report", str(report))
        assert output.code == 1
        assert "is longer than" in report.read_text(), report.read_text()[-300:]


async def _line_file_name(senders: Senders) -> None:
    """Cut: former versions stored longer ones, and an export of theirs is taken."""
    async with parts_of(senders.shop) as parts:
        line = {"sku": "dress", "url_large": "https://a/b.jpg", "file_name": f"{TOO_LONG}.jpg"}
        counts, rejected = await imported(parts, [line], senders.folder)
    assert rejected == [], counts


Way = Callable[[Senders], Awaitable[object]]


async def _spree_alt(senders: Senders) -> None:
    assert (await senders.spree(alt=TOO_LONG)).status == 422
    location = (await senders.upload()).rpartition("/")[2]
    headers = {"X-Spree-Token": senders.shop.api_key}
    changed = await senders.shop.call("PUT", f"{SPREE}/{location}", json={"image": {"alt": TOO_LONG}}, headers=headers)
    assert (changed.status, [*changed.json()["errors"]]) == (422, ["alt"])


async def _spree_file_name(senders: Senders) -> None:
    """Cut, as file systems need it; so are the other two names of files."""
    for length, status in ((LONG, 400), (2000, 400), (300, 201)):
        assert (await senders.spree(file_name=f"{'é' * length}.jpg")).status == status
    data = {"image": {"attachment": f"data:image/{TOO_LONG};base64,"}}
    headers = {"X-Spree-Token": senders.shop.api_key}
    assert (await senders.shop.call("POST", SPREE, json=data, headers=headers)).status == 422


async def _openmage_label(senders: Senders) -> None:
    """Cut, as the original does it; texts that are longer than any are refused."""
    image = await senders.upload()
    for path in (image, f"{image}/store/2"):
        assert (await senders.openmage(path, "PUT", label=TOO_LONG)).status == 413
        assert (await senders.openmage(path, "PUT", label="x" * 30_000)).status == 200
    assert len((await senders.shop.signed("GET", image)).json()["label"]) == 255


async def _openmage_file_name(senders: Senders) -> None:
    content = json.loads(body(PHOTO))
    for length, status in ((LONG, 413), (30_000, 200)):
        name = "x" * length
        assert (await senders.openmage(**content, file_name=name)).status == status
        assert (await senders.openmage(await senders.upload(), "PUT", file_name=name)).status == status


async def _openmage_types(senders: Senders) -> None:
    assert (await senders.openmage(await senders.upload(), "PUT", types=[TOO_LONG])).status in (400, 413)


async def _nonce(senders: Senders) -> None:
    for name in ("oauth_nonce", "oauth_consumer_key", "oauth_token"):
        given = dict.fromkeys(("oauth_consumer_key", "oauth_token", "oauth_nonce"), "k" * 32)
        given |= {name: "x" * 7000, "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "1"}
        given |= {"oauth_signature": "x"}
        words = ",".join(f'{key}="{value}"' for key, value in given.items())
        answer = await senders.shop.get(OPENMAGE, Authorization=f"OAuth {words}")
        assert answer.status in (400, 401), answer.status
    key = senders.shop.admin.consumer_key
    words = f'oauth_consumer_key="{key}",oauth_token="{senders.shop.admin.token}",oauth_signature_method="HMAC-SHA1"'
    words += f',oauth_timestamp="9999999999",oauth_signature="x",oauth_nonce="{"n" * 7000}"'
    assert (await senders.shop.get(OPENMAGE, Authorization=f"OAuth {words}")).status in (400, 401)


def by_line(**values: Any) -> Way:
    return lambda senders: senders.line(**({"url_large": "https://a/b.jpg"} | values))


def by_command(*words: str) -> Way:
    return lambda senders: senders.refused(*words)


def by_glue(**cells: str) -> Way:
    return lambda senders: senders.glue(**cells)


URL: Final = f"https://a/{TOO_LONG}"
WAYS: Final[dict[str, tuple[int, tuple[Way, ...]]]] = {
    "image.label": (65_535, (_spree_alt, _openmage_label, by_line(label=TOO_LONG))),
    "image_store.label": (65_535, (_openmage_label, by_line(stores={"german": {"label": TOO_LONG}}))),
    "image.file_name": (2048, (_spree_file_name, _openmage_file_name, _line_file_name)),
    "image.file_path": (2048, (_spree_file_name, _openmage_file_name, by_line(path=f"/a/b/{TOO_LONG}.jpg"))),
    "file_path.path": (2048, (_spree_file_name, _openmage_file_name, by_line(path=f"/a/b/{TOO_LONG}.jpg"))),
    "file_path_series.stem": (2048, (_spree_file_name, _openmage_file_name)),
    "picture.url_large": (2048, (by_line(url_large=URL), by_glue(external_url_large=URL))),
    "picture.url_small": (2048, (by_line(url_small=URL), by_glue(external_url_small=URL))),
    "picture.key": (255, (by_line(key=TOO_LONG), by_glue(product_image_key=TOO_LONG))),
    "picture_text.locale": (2048, (by_line(texts={TOO_LONG: {"large": "a"}}),)),
    "picture_text.large": (
        2048, (by_line(texts={"en_US": {"large": TOO_LONG}}), by_glue(**{"alt_text_large.en_US": TOO_LONG})),
    ),
    "picture_text.small": (
        2048, (by_line(texts={"en_US": {"small": TOO_LONG}}), by_glue(**{"alt_text_small.en_US": TOO_LONG})),
    ),
    "image_set.name": (255, (by_command("set", "put", "1", "--sku", "dress", "--name", TOO_LONG),
                             by_glue(image_set_name=TOO_LONG))),
    "image_set.locale": (255, (by_command("set", "put", "1", "--sku", "dress", "--name", "a", "--locale", TOO_LONG),)),
    "image_set.key": (255, (by_command("set", "put", "1", "--sku", "dress", "--name", "a", "--key", TOO_LONG),
                            by_glue(product_image_set_key=TOO_LONG))),
    "image_type.code": (32, (by_command("image-type", "add", "--code", TOO_LONG),)),
    "image_type_assignment.type_code": (32, (_openmage_types, by_line(types=[TOO_LONG]))),
    "product.sku": (255, (by_command("product", "add", "--sku", TOO_LONG),)),
    "product.sku_key": (255, (by_command("product", "add", "--sku", TOO_LONG),)),
    "product.slug": (255, (by_command("product", "add", "--sku", "a", "--slug", TOO_LONG),)),
    "product.name": (255, (by_command("product", "add", "--sku", "a", "--name", TOO_LONG),)),
    "product_former_slug.slug": (255, (by_command("product", "rename", "--sku", "dress", "--slug", TOO_LONG),)),
    "website.code": (255, (by_command("store", "add", "--code", "a", "--website", TOO_LONG),
                           by_command("product", "add", "--sku", "a", "--website", TOO_LONG))),
    "store_view.code": (32, (by_command("store", "add", "--code", TOO_LONG),)),
    "store_view.locale": (255, (by_command("store", "add", "--code", "a", "--locale", TOO_LONG),)),
    "oauth_consumer.key": (32, (by_command("oauth", "consumer", "add", "--key", TOO_LONG),)),
    "api_key.name": (255, (by_command("key", "add", "--role", "admin", "--name", TOO_LONG),)),
    "oauth_consumer.name": (255, (by_command("oauth", "consumer", "add", "--name", TOO_LONG),)),
    "oauth_token.token": (32, (by_command("oauth", "token", "add", "--user-type", "admin", "--token", TOO_LONG),)),
    "webhook.url": (2000, (by_command("webhook", "add", f"https://a.example/{TOO_LONG}"),)),
    "webhook.sku_prefix": (255, (by_command("webhook", "add", "https://a.example/", "--sku-prefix", TOO_LONG),)),
    "webhook.description": (1000, (by_command("webhook", "add", "https://a.example/", "--description", TOO_LONG),)),
    "oauth_nonce.consumer_key": (32, (_nonce,)),
    "oauth_nonce.nonce": (255, (_nonce,)),
}  # fmt: skip
"""Each column that a client can fill, its bound in characters, and the ways to it: each refuses what is longer, in its
own words, or cuts it where its specification says so."""

OURS: Final = {
    "any_rendition": "a view",
    "schema_migrations": "names of files of ours",
    "pgqueuer": "the queue's, whose payloads are hashes",
    "recipe": "made of settings",
    "rendition": "of recipes and digests",
    "rendition_failure": "of recipes; its reason is ours",
    "marked_rendition": "of recipes and digests",
    "marked_rendition_failure": "of recipes; its reason is ours",
    "edited_picture": "digests, numbers, words of ours and what is made by the job that renders",
    "edited_rendition": "of recipes and digests",
    "edited_rendition_failure": "of recipes; its reason is ours",
    "blob.format": "one of five",
    "blob.converted_from": "one of two",
    "blob.marks": "a digest",
    "blob.notes": "what inspection found, in words of ours",
    "blob.state": "one of three",
    "blob.pixel_facts": "numbers",
    "blob.thumbhash": "made by the job that renders; the table bounds it",
    "blob.color": "made by the job that renders; the table bounds it",
    "blob.failure_code": "a word of ours",
    "blob.failure_detail": "a sentence of ours",
    "blob_claim.marks": "a digest",
    "blob_claim.edits": "digests",
    "image.edit": "numbers",
    "image.edit_key": "a digest",
    "file_path.clean_recipe": "a recipe's hash",
    "file_path_series.extension": "one of a format",
    "image.recipes": "hashes of recipes",
    "api_key.role": "one of four",
    "console_link.role": "one of three",
    "console_session.role": "one of three",
    "api_key.audiences": "some of two",
    "change": "copies of what other columns hold, names of keys, ids of requests",
    "blob_uploader.uploader": "an account's kind and id",
    "image_declared_type.media_type": "a column's own check; the native API reads no longer one",
    "kept_answer": "answers of ours",
    "open_batch": "names of 64 characters, and copies of what other columns hold",
    "long_job": "names of batches, of keys and of errors, ids of requests",
    "webhook.types": "types of events",
    "webhook.disabled_reason": "one of three",
    "webhook.holder": "a process's name",
    "webhook_delivery": "of events; of each try's answer the first kilobyte",
    "product_term.term": "of a product's SKU, slug and name",
    "oauth_token.consumer_key": "refers to oauth_consumer.key",
    "oauth_token.user_type": "one of two",
    "oauth_token.privileges": "some of four",
}
"""Columns and whole tables that hold texts of nobody but us, and why."""
_COLUMNS: Final = """
    select c.table_name || '.' || c.column_name from information_schema.columns c
    where c.table_schema = 'public'
        and c.table_name not in (select relname from pg_class where relispartition)
        and (c.data_type in ('text', 'character varying', 'character', 'json', 'jsonb') or c.udt_name = '_text')
"""


def is_ours(column: str) -> bool:
    return column in OURS or column.partition(".")[0] in OURS or column.startswith("pgqueuer")


async def test_every_text_column_is_known(shop_database: Any) -> None:
    """A new column for texts is either ours alone, with a reason, or has a bound and the ways that lead to it."""
    columns = {row[0] for row in await shop_database.fetch(_COLUMNS)}
    assert {column for column in columns if not is_ours(column)} == WAYS.keys()


@pytest.fixture(name="shop_database")
async def _shop_database(connection: Any) -> Any:
    return connection


@pytest.mark.timeout(240)  # every way to every column
async def test_no_way_leads_beyond_a_bound(serve: Serve, commands: Commands, connection: Any, tmp_path: Path) -> None:
    """Each API that writes a text refuses one that is too long in its own words, and nothing longer is stored."""
    shop = await serve(run_worker=False)
    senders = Senders(shop, commands(shop), tmp_path)
    wrong: list[str] = []
    for column, (_, ways) in WAYS.items():
        for way in ways:
            try:
                await way(senders)
            except (AssertionError, pytest.fail.Exception) as error:
                wrong.append(f"{column}: {error}")
    for column, (bound, _) in WAYS.items():
        table, name = column.split(".")
        longest = await connection.fetchval(f"select max(char_length({name})) from {table}") or 0
        if longest > bound:
            wrong.append(f"{column} holds {longest} characters")
    assert not wrong, "\n".join(wrong)
    assert "request_failed" not in (await shop.get("/metrics")).body.decode()
