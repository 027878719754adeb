"""Whatever changes the catalogue, through whatever door, is in the log: as it was, as it is, and by whom."""

import base64
import json
import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import orjson
import pytest

from app.__main__ import parser
from app.apis.v1.operations import ROWS
from app.db.connections.connect import Connection
from tests.e2e.conftest import Answer, Commands, Serve, Shop
from tests.pictures import encoded, picture

OPENMAGE: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/products/a-dress/images"
BLUE: Final = "/api/v1/variants/10/images"
GLUE: Final = (
    "image_set_name,external_url_large,external_url_small,locale,abstract_sku,sort_order,product_image_key\n"
    "default,/L,/S,,cup,0,k1\n"
    "detail,/D,/d,en_US,cup,0,k2\n"
)

_THINGS: Final[Mapping[str, str]] = {
    "image": """
        select i.id, i.product_id as product, i.picture_id as picture, encode(p.blob_hash, 'hex') as hash,
            i.file_path as path, i.file_name, i.file_updated_at as stamp, nullif(i.recipes, '{}') as recipes, i.label,
            i.position, i.excluded as exclude, i.revision,
            (select jsonb_object_agg(coalesce(scope, 0), types) from (
                select a.store_view_id as scope, jsonb_object_agg(a.type_code, 'held') as types
                from image_type_assignment a where a.image_id = i.id group by a.store_view_id
            ) held)::text as types,
            (select jsonb_object_agg(o.store_view_id, jsonb_build_array(o.label, o.position, o.excluded, o.hidden))
                from image_store o where o.image_id = i.id)::text as stores
        from image i join picture p on p.id = i.picture_id where i.deleted_at is null""",
    "product": """
        select p.id, p.sku, p.slug, p.name, p.parent_id as parent, p.enabled, p.visible, p.supports_images, p.revision,
            array(select w.code from product_website pw join website w on w.id = pw.website_id
                where pw.product_id = p.id order by w.code) as websites
        from product p where p.deleted_at is null""",
    "set": """
        select s.id, s.name, s.locale, s.key, s.revision,
            array(select l.picture_id from image_set_link l where l.set_id = s.id order by l.sort_order, l.ordinal)
                as pictures
        from image_set s""",
    "picture": """
        select p.id, p.url_large, p.url_small, encode(p.blob_hash, 'hex') as hash, p.revision,
            (select jsonb_object_agg(t.locale, jsonb_build_array(t.large, t.small)) from picture_text t
                where t.picture_id = p.id)::text as texts
        from picture p""",
    "catalogue": """
        select 1 as id, null::bigint as revision, array(select s::text from store_view s order by s.id) as stores,
            array(select t::text from image_type t order by t.code) as types,
            array(select w::text from website w order by w.id) as websites""",
    "key": """
        select 1 as id, null::bigint as revision,
            array(select (k.id, k.role, k.audiences, k.revoked_at)::text from api_key k) as keys,
            array(select c.key || coalesce(c.name, '') from oauth_consumer c) as consumers,
            array(select (t.token, t.revoked_at, t.privileges)::text from oauth_token t) as tokens""",
    "webhook": """
        select 1 as id, null::bigint as revision,
            array(select (w.id, w.url, w.types, w.disabled_at)::text from webhook w order by w.id) as webhooks,
            array(select s.id from webhook_secret s order by s.id) as secrets""",
}
_PLAIN: Final = {
    *("product", "picture", "hash", "path", "file_name", "label", "exclude", "recipes", "position"),
    *("sku", "slug", "name", "parent", "enabled", "visible", "supports_images", "websites"),
    *("locale", "key", "pictures", "url_large", "url_small"),
}
"""Members that the log has as the tables have them."""
_COMING_BACK: Final = {"image.restored", "product.restored"}
"""Kinds that go on with the revision of what was deleted."""

Snapshot = Mapping[str, Mapping[int, Mapping[str, Any]]]


@dataclass
class Watch:
    """Compares, step by step, what the log says with what became of the catalogue."""

    shop: Shop
    connection: Connection
    last: int = 0
    former: Snapshot | None = None
    rows: Sequence[asyncpg.Record] = ()

    async def begin(self) -> None:
        self.former = await self._look()
        self.last = await self.connection.fetchval("select coalesce(max(id), 0) from change")

    async def reported(self) -> list[str]:
        """The kinds of the rows that came since the last step; fails where they do not tell what has changed."""
        former, present = self.former, await self._look()
        assert former is not None
        rows = await self.connection.fetch("select * from change where id > $1 order by id", self.last)
        for thing in _THINGS:
            _compare(thing, former[thing], present[thing], [row for row in rows if _thing(row) == thing])
        self.former, self.last = present, max([self.last, *(row["id"] for row in rows)])
        self.rows = rows
        return [row["kind"] for row in rows]

    async def _look(self) -> Snapshot:
        return {
            thing: {row["id"]: dict(row) for row in await self.connection.fetch(query)}
            for thing, query in _THINGS.items()
        }


def _thing(row: asyncpg.Record) -> str:
    return str(row["kind"]).partition(".")[0]


def _compare(
    thing: str,
    former: Mapping[int, Mapping[str, Any]],
    present: Mapping[int, Mapping[str, Any]],
    rows: list[asyncpg.Record],
) -> None:
    differing = {number for number in {*former, *present} if _known(former, number) != _known(present, number)}
    if thing in ("catalogue", "key", "webhook"):
        assert bool(rows) == bool(differing), (thing, rows)
        return
    if thing == "picture":  # a new one is reported by the image or the set that shows it
        differing = {number for number in differing if number in former and number in present}
    reported = {_number(thing, row) for row in rows if row["kind"] not in ("picture.swept", "picture.purged")}
    assert reported >= differing - _made_way(former, present, differing), (thing, differing, reported)
    for row in rows:
        if row["kind"] not in ("picture.swept", "picture.purged"):
            _check(thing, former.get(_number(thing, row)), present.get(_number(thing, row)), row)


def _known(things: Mapping[int, Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    return {name: value for name, value in things.get(number, {}).items() if name != "revision"}


def _made_way(former: Any, present: Any, differing: set[int]) -> set[int]:
    """Images that differ in their position alone."""
    both = {number for number in differing if number in former and number in present}
    return {
        number
        for number in both
        if {n: v for n, v in _known(former, number).items() if n != "position"}
        == {n: v for n, v in _known(present, number).items() if n != "position"}
    }


def _number(thing: str, row: asyncpg.Record) -> int:
    members = orjson.loads(row["after"] or row["before"])
    column = {"image": "image_id", "product": "product_id"}.get(thing)
    return int(row[column] if column else members[thing])


def _check(
    thing: str, former: Mapping[str, Any] | None, present: Mapping[str, Any] | None, row: asyncpg.Record
) -> None:
    """A row counts on from the thing's last revision, and has what was and what is."""
    if former is not None or row["revision"] == 1 or row["kind"] not in _COMING_BACK:
        assert row["revision"] == (0 if former is None else former["revision"]) + 1, row
    assert present is None or present["revision"] == row["revision"], row
    for members, state in ((row["before"], former), (row["after"], present)):
        assert (members is None) == (state is None), row
        for name, value in orjson.loads(members or "{}").items():
            if name in _PLAIN and name != thing:
                assert state is not None
                assert value == state[name], (name, row)
    if former is not None and present is not None:
        after = orjson.loads(row["after"])
        differing = {name for name in former if former[name] != present[name]} & _PLAIN - {"position"}
        assert differing <= after.keys(), row


@pytest.fixture(name="watch")
async def _watch(serve: Serve, connection: Connection) -> Watch:
    watch = Watch(await serve(run_worker=False, public_url="https://shop.example"), connection)
    await watch.begin()
    return watch


def upload(seed: int, **fields: Any) -> dict[str, Any]:
    content = base64.b64encode(encoded(picture(40, 30, seed=seed))).decode()
    document = {"file_mime_type": "image/jpeg", "file_content": content, **fields}
    return {"data": json.dumps(document), "headers": {"Content-Type": "application/json"}}


def given(**fields: Any) -> dict[str, Any]:
    return {"data": json.dumps(fields), "headers": {"Content-Type": "application/json"}}


async def openmage(watch: Watch, method: str, path: str, **options: Any) -> list[str]:
    answer = await watch.shop.signed(method, path, **options)
    assert answer.status == 200, answer.body
    kinds = await watch.reported()
    assert {(row["actor_kind"], row["actor_id"], row["via"]) for row in watch.rows} <= {
        ("oauth", watch.shop.admin.consumer_key, "openmage")
    }
    return kinds


async def spree(watch: Watch, method: str, path: str, **options: Any) -> tuple[Answer, list[str]]:
    answer = await watch.shop.call(method, path, headers={"X-Spree-Token": watch.shop.api_key}, **options)
    assert answer.status < 300, answer.body
    kinds = await watch.reported()
    assert {(row["actor_kind"], row["actor_name"], row["via"]) for row in watch.rows} <= {("key", "admin", "spree")}
    assert all(row["request_id"] for row in watch.rows)
    return answer, kinds


def form(seed: int | None = None, **fields: str) -> aiohttp.FormData:
    parts = aiohttp.FormData()
    if seed is not None:
        parts.add_field("image[attachment]", encoded(picture(40, 30, seed=seed)), filename=f"view{seed}.jpg")
    for name, value in fields.items():
        parts.add_field(f"image[{name}]", value)
    return parts


@pytest.mark.timeout(240)
async def test_every_operation_of_openmage_is_in_the_log(watch: Watch) -> None:
    """Uploads, changes in any scope, files, names, types that move, deletes: each is told, and nothing where nothing
    changed."""
    types = ["image", "small_image"]
    assert await openmage(watch, "POST", OPENMAGE, **upload(1, label="Front", types=types)) == ["image.created"]
    kinds = await openmage(watch, "POST", OPENMAGE, **upload(2, label="Back", types=["image"]))
    assert kinds == ["image.updated", "image.created"]
    in_store = await openmage(
        watch, "POST", f"{OPENMAGE}/store/german", **upload(3, label="Seite", types=["thumbnail"])
    )
    assert in_store == ["image.created"]
    first, second = await watch.connection.fetch("select id from image order by id limit 2")
    one, other = f"{OPENMAGE}/{first['id']}", f"{OPENMAGE}/{second['id']}"
    assert await openmage(watch, "PUT", one, **given(label="Front view", position=7, exclude=1)) == ["image.updated"]
    assert await openmage(watch, "PUT", one, **given(label="Front view", position=7, exclude=1)) == []
    assert await openmage(watch, "PUT", f"{one}/store/german", **given(label="Vorne", position=2)) == ["image.updated"]
    assert await openmage(watch, "PUT", f"{one}/store/german", **given(types=["image"])) == [
        "image.updated",
        "image.updated",
    ]
    assert await openmage(watch, "PUT", one, **given(file_name="front-view")) == ["image.updated"]
    assert await openmage(watch, "PUT", one, **upload(4, label="Other")) == ["image.replaced"]
    assert await openmage(watch, "PUT", one, **upload(4)) == []
    assert await openmage(watch, "DELETE", f"{other}/store/german") == []  # its type elsewhere keeps it
    assert await openmage(watch, "DELETE", f"{one}/store/german") == ["image.updated"]
    assert await openmage(watch, "DELETE", f"{OPENMAGE}/{second['id']}") == ["image.deleted"]


@pytest.mark.timeout(240)
async def test_every_operation_of_spree_is_in_the_log(watch: Watch) -> None:
    """Uploads, texts, places, files, moves, deletes: each has one row; who makes way has none."""
    ids = []
    for seed in (1, 2, 3):
        answer, kinds = await spree(watch, "POST", SPREE, data=form(seed, alt=f"View {seed}", position="1"))
        assert kinds == ["image.created"]
        ids.append(answer.json()["id"])
    one = f"{SPREE}/{ids[0]}"
    for fields, expected in (
        ({"alt": "Front"}, ["image.updated"]),
        ({"alt": "Front"}, []),
        ({"position": "1"}, ["image.updated"]),
    ):
        assert (await spree(watch, "PUT", one, data=form(**fields)))[1] == expected
    assert (await spree(watch, "PUT", one, data=form(4, alt="Replaced")))[1] == ["image.replaced"]
    moved = form(viewable_id="10", viewable_type="Spree::Variant")
    assert (await spree(watch, "PUT", one, data=moved))[1] == ["image.moved"]
    assert (await spree(watch, "DELETE", f"{BLUE}/{ids[0]}"))[1] == ["image.deleted"]
    assert (await spree(watch, "DELETE", f"{SPREE}/{ids[2]}"))[1] == ["image.deleted"]


@dataclass
class Native:
    """Asks the native API with the key of an admin, and remembers for what."""

    watch: Watch
    asked: set[str] = field(default_factory=set)

    async def ask(self, kinds: Sequence[str], operation: str, *names: object, **options: Any) -> Any:
        """Fails where the log has other kinds. `names` stand in the address of the operation, the last perhaps behind
        it."""
        self.asked.add(operation)
        method, _, pattern = operation.partition(" ")
        parts = iter(names)
        path = re.sub(r"\{\w+\}", lambda _: str(next(parts)), pattern) + "".join(map(str, parts))
        headers = {"Authorization": f"Bearer {self.watch.shop.api_key}"} | options.pop("headers", {})
        answer = await self.watch.shop.call(method, path, headers=headers, **options)
        assert answer.status < 300, (operation, answer.body)
        assert await self.watch.reported() == kinds, operation
        by = {(row["actor_kind"], row["actor_name"], row["via"]) for row in self.watch.rows}
        assert by <= {("key", "admin", "v1")}, operation
        return answer.json() if answer.body else None


_JPEG: Final = {"Content-Type": "image/jpeg"}
_CSV: Final = {"Content-Type": "text/csv"}
_UPLOAD: Final = "POST /v1/products/{sku}/images"
_PATCH: Final = "PATCH /v1/images/{id}"
_OF_NO_CATALOGUE: Final = {
    "DELETE /v1/jobs/{id}",
    "POST /v1/jobs/retry",
    "POST /v1/webhooks/{id}/deliveries/{delivery}/resend",
}
"""Jobs and deliveries are no part of it."""


@pytest.mark.timeout(240)
async def test_every_operation_of_v1_is_in_the_log(watch: Watch) -> None:
    """Whatever the native API can write has its row, and none where it changed nothing; an operation more fails here
    until somebody says what it records."""
    native = Native(watch)
    one, two = await _add_images(native)
    await _change_images(native, one, two)
    await _write_texts_and_sets(native, one)
    await _take_back(native, two)
    await _write_catalogue(native)
    await _write_keys(native)
    await _write_webhooks(native)
    assert native.asked | _OF_NO_CATALOGUE == {f"{row.method} {row.pattern}" for row in ROWS if row.method != "GET"}


async def _add_images(native: Native) -> tuple[int, int]:
    files = [encoded(picture(40, 30, seed=seed)) for seed in range(3)]
    one = await native.ask(["image.created"], _UPLOAD, "dress", "?label=One&types=image", data=files[0], headers=_JPEG)
    kinds = ["image.updated", "image.created"]
    two = await native.ask(kinds, _UPLOAD, "dress", "?types=image", data=files[1], headers=_JPEG)
    for kinds in (["image.replaced"], []):
        await native.ask(kinds, "PUT /v1/images/{id}/file", one["id"], data=files[2], headers=_JPEG)
    await native.ask(["image.created"], "POST /v1/images/{id}/copy", one["id"], json={"sku": "dress-red"})
    return one["id"], two["id"]


async def _change_images(native: Native, one: int, two: int) -> None:
    for values in (
        {"label": "Front", "stores": {"german": {"label": "Vorne", "types": ["thumbnail"]}}},
        {"position": 7},
        {"file_name": "front"},
        {"edit": {"rotate": 90}},
    ):
        await native.ask(["image.updated"], _PATCH, one, json=values)
        await native.ask([], _PATCH, one, json=values)
    for kinds in (["gallery.reordered"], []):
        await native.ask(kinds, "PUT /v1/products/{sku}/images/order", "dress", json={"images": [one, two]})


async def _write_texts_and_sets(native: Native, image: int) -> None:
    shown = await native.watch.connection.fetchval("select picture_id from image where id = $1", image)
    for kinds in (["picture.changed"], []):
        await native.ask(kinds, "PATCH /v1/pictures/{id}", shown, json={"texts": {"de_DE": {"large": "Kleid"}}})
    members = {"members": [{"image": image}]}
    for kinds in (["set.changed"], []):
        await native.ask(kinds, "PUT /v1/products/{sku}/sets/{name}", "dress", "detail", json=members)
    await native.ask(["set.removed"], "DELETE /v1/products/{sku}/sets/{name}", "dress", "detail")
    table = f"sku,image,store,label\ndress,{image},,Other\n".encode()
    for kinds in (["image.updated"], []):
        await native.ask(kinds, "POST /v1/texts", data=table, headers=_CSV)


async def _take_back(native: Native, image: int) -> None:
    for kinds, how in ((["image.restored"], "restore"), (["image.restored", "batch.finished"], "undo")):
        await native.ask(["image.deleted"], "DELETE /v1/images/{id}", image)
        if how == "restore":
            await native.ask(kinds, "POST /v1/images/{id}/restore", image)
        else:
            await native.ask(kinds, "POST /v1/history/undo", json={"change": native.watch.last})
    await native.ask(["product.deleted"] * 3, "DELETE /v1/products/{sku}", "dress")
    await native.ask(["product.restored"] * 3, "POST /v1/products/{sku}/restore", "dress")


async def _write_catalogue(native: Native) -> None:
    mug, hat = {"sku": "mug", "name": "Mug"}, {"sku": "hat"}
    for kinds, operation, names, values in (
        (["catalogue.changed"], "PUT /v1/stores/{id}", [4], {"code": "italian"}),
        (["catalogue.changed"], "PUT /v1/image-types/{code}", ["swatch"], {"rank": 9}),
        (["product.created"], "PUT /v1/products/{sku}", ["mug"], {}),
        (["product.updated"], "PUT /v1/products/{sku}", ["mug"], {"name": "Cup"}),
        (["product.updated", "product.created"], "POST /v1/products", [], {"items": [mug, hat]}),
    ):
        await native.ask(kinds, operation, *names, json=values)
        await native.ask([], operation, *names, json=values)


async def _write_keys(native: Native) -> None:
    key = await native.ask(["key.added"], "POST /v1/keys", json={"role": "reader"})
    await native.ask(["key.revoked"], "DELETE /v1/keys/{id}", key["id"])
    consumer = await native.ask(["key.added"], "POST /v1/oauth/consumers", json={"name": "PIM"})
    values = {"user_type": "customer", "consumer_key": consumer["key"]}
    token = await native.ask(["key.added"], "POST /v1/oauth/tokens", json=values)
    await native.ask(["key.revoked"], "DELETE /v1/oauth/tokens/{token}", token["token"])
    await native.ask(["key.revoked"], "DELETE /v1/oauth/consumers/{key}", consumer["key"])


async def _write_webhooks(native: Native) -> None:
    hook = await native.ask(["webhook.added"], "POST /v1/webhooks", json={"url": "https://hooks.example/"})
    for kinds in (["webhook.changed"], []):
        await native.ask(kinds, "PATCH /v1/webhooks/{id}", hook["id"], json={"types": ["image.*"]})
    await native.ask(["webhook.rotated"], "POST /v1/webhooks/{id}/rotate", hook["id"])
    await native.ask([], "POST /v1/webhooks/{id}/test", hook["id"])
    await native.ask(["webhook.removed"], "DELETE /v1/webhooks/{id}", hook["id"])


_ELSEWHERE: Final = {
    *("key add", "oauth token add"),  # the first that the test does
    *("import gallery", "import glue", "image purge"),  # below
    *("blobs sweep", "renditions sweep"),  # tests/e2e/test_housekeeping_commands.py
    "demo",  # which is of `product add` and uploads
}
_CHANGING_NOTHING: Final = {
    *("serve", "worker", "migrate", "doctor", "oauth reseal", "blobs verify", "renditions plan", "renditions build"),
    *("store list", "product list", "product show", "image-type list", "set show", "image list", "image urls"),
    *("key list", "oauth consumer list", "oauth token list", "webhook list", "webhook deliveries", "webhook test"),
    *("console link", "console list", "console revoke", "jobs list", "jobs failed", "jobs retry"),
    *("history list", "history show", "export gallery", "export products", "report checks", "report missing"),
}


def _commands(of: ArgumentParser, before: str = "") -> Iterator[str]:
    """Each as it is typed."""
    words = [action for action in of._actions if isinstance(action, _SubParsersAction)]
    if not words:
        yield before.strip()
    for action in words:
        for word, more in action.choices.items():
            yield from _commands(more, f"{before} {word}")


def _begins(words: tuple[str, ...], command: str) -> bool:
    return f"{' '.join(words)} ".startswith(f"{command} ")


@pytest.mark.timeout(240)
async def test_every_command_is_in_the_log(watch: Watch, commands: Commands, tmp_path: Path) -> None:
    """Products, stores, types, sets, credentials: each act has its row, and none where it changed nothing. A command
    more fails here until somebody says what it records."""
    cli, shop = commands(watch.shop, PUBLIC_URL=str(watch.shop.settings.public_url)), watch.shop
    await openmage(watch, "POST", OPENMAGE, **upload(1))
    image = str(await watch.connection.fetchval("select max(id) from image"))
    assert await openmage(watch, "PUT", f"{OPENMAGE}/{image}", **given(label="Front")) == ["image.updated"]
    labelled = str(watch.last)
    products = tmp_path / "products.jsonl"
    products.write_text('{"sku": "dress", "name": "Dress"}\n{"sku": "hat", "name": "Hat"}\n')
    key = (await cli("key", "add", "--role", "customer"))["id"]
    admin = (await cli("key", "add", "--role", "admin"))["id"]
    made = await cli("oauth", "token", "add", "--user-type", "customer")
    token, consumer = made["token"], made["consumer_key"]
    assert await watch.reported() == ["key.added", "key.added", "key.added", "key.added"]
    steps: list[tuple[tuple[str, ...], list[str]]] = [
        (("history", "undo", "--change", labelled), ["image.updated"]),
        (("product", "add", "--sku", "mug", "--website", "base", "second"), ["catalogue.changed", "product.created"]),
        (("product", "add", "--sku", "mug", "--disabled"), ["product.updated"]),
        (("product", "add", "--sku", "mug", "--disabled"), []),
        (("product", "add", "--sku", "mug", "--website", "second"), ["product.updated"]),
        (("product", "rename", "--sku", "mug", "--slug", "cup"), ["product.updated"]),
        (("product", "import", str(products)), ["product.created"]),
        (("store", "add", "--code", "italian", "--locale", "it_IT", "--default"), ["catalogue.changed"]),
        (("store", "add", "--code", "italian"), []),
        (("image-type", "add", "--code", "swatch"), ["catalogue.changed"]),
        (("image-type", "add", "--code", "swatch"), []),
        (("set", "put", "--sku", "dress", "--name", "detail", image), ["set.changed"]),
        (("set", "put", "--sku", "dress", "--name", "detail", image), []),
        (("set", "remove", "--sku", "dress", "--name", "detail"), ["set.removed"]),
        (("key", "revoke", str(key)), ["key.revoked"]),
        (("key", "revoke", str(key)), []),
        (("oauth", "consumer", "add", "--name", "PIM"), ["key.added"]),
        (("oauth", "token", "revoke", token), ["key.revoked"]),
        (("product", "delete", "--sku", "dress"), ["product.deleted"] * 3),
        (("product", "delete", "--sku", "dress"), []),
        (("product", "restore", "--sku", "dress"), ["product.restored"] * 3),
        (("image", "restore", image, "--revision", "2"), ["image.updated"]),
        (("image", "restore", image, "--revision", "2"), []),
        (("key", "grant", str(admin), "--api", "v1"), ["key.changed"]),
        (("key", "grant", str(admin), "--api", "v1"), []),
        (("oauth", "consumer", "remove", consumer), ["key.revoked"]),
        (("webhook", "add", "https://hooks.example/"), ["webhook.added"]),
        (("webhook", "remove", "1"), ["webhook.removed"]),
    ]
    for words, expected in steps:
        await cli(*words)
        end = ["batch.finished"] if expected and not expected[0].startswith(("key.", "webhook.")) else []
        assert await watch.reported() == [*expected, *end], words
        via = "import" if "import" in words else "command"
        assert {(row["actor_kind"], row["via"]) for row in watch.rows} <= {("command", via)}, words
        assert all(" ".join(words).startswith(row["actor_name"]) for row in watch.rows)
    tried = {command for command in _commands(parser()) for words, _ in steps if _begins(words, command)}
    assert tried | _ELSEWHERE | _CHANGING_NOTHING == set(_commands(parser()))
    batches = await watch.connection.fetch("select distinct batch from change where kind = 'product.deleted'")
    assert len(batches) == 1
    assert batches[0]["batch"] is not None
    assert shop.admin.token_secret not in str(await watch.connection.fetch("select after from change"))


@pytest.mark.timeout(240)
async def test_every_import_is_in_the_log(watch: Watch, commands: Commands, tmp_path: Path) -> None:
    """Imports have a row for whatever they made or changed, and none when they are repeated."""
    cli = commands(watch.shop)
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "front.jpg").write_bytes(encoded(picture(40, 30)))
    report = ("--report", str(tmp_path / "rejected"))
    gallery = ("import", "gallery", str(tmp_path / "lines"), "--files", str(tmp_path / "media"), *report)
    glue = ("import", "glue", str(tmp_path), *report)
    line: dict[str, Any] = {"sku": "dress", "path": "/front.jpg", "label": "Front", "position": 1, "types": ["image"]}
    (tmp_path / "product_abstract.csv").write_text("abstract_sku,name.en_US\ncup,Cup\n")
    none = {"sku": "dress", "types": {"small_image": None}, "stores": {"german": {"types": {"small_image": None}}}}
    files = {
        "none": (none, GLUE.partition("\n")[0] + "\n"),
        "first": (line, GLUE),
        "again": (line, GLUE),
        "changed": (
            line
            | {"label": "Front view", "stores": {"german": {"label": "Vorne"}}, "texts": {"de_DE": {"large": "K"}}},
            GLUE.replace("cup,0,k1", "cup,5,k1").replace("/D", "/E"),
        ),
    }
    expected = {
        "none": (["product.updated", "batch.finished"], ["product.created", "batch.finished"]),
        "first": (
            ["image.created", "batch.finished"],
            ["set.changed", "image.created", "batch.finished"],
        ),
        "again": ([], []),
        "changed": (
            ["image.updated", "picture.changed", "batch.finished"],
            ["picture.changed", "image.updated", "batch.finished"],
        ),
    }
    for name, (lines, rows) in files.items():
        (tmp_path / "lines").write_text(json.dumps(lines) + "\n")
        (tmp_path / "product_image.csv").write_text(rows)
        await cli(*gallery)
        assert await watch.reported() == expected[name][0], name
        await cli(*glue)
        assert await watch.reported() == expected[name][1], name
        assert {row["via"] for row in watch.rows} <= {"import"}
        assert len({row["batch"] for row in watch.rows}) <= 1
    await cli(*glue, "--dry-run")
    assert await watch.reported() == []


@pytest.mark.timeout(240)
async def test_a_purge_is_in_the_log(watch: Watch, commands: Commands) -> None:
    """A purge takes the image away, and tells what stopped answering."""
    answer, _ = await spree(watch, "POST", SPREE, data=form(1, alt="Front"))
    image = str(answer.json()["id"])
    product = (await spree(watch, "POST", BLUE, data=form(1)))[0].json()["id"]
    await commands(watch.shop)("set", "put", "--sku", "dress", "--name", "detail", image)
    await watch.reported()
    cli = commands(watch.shop)
    await cli("image", "purge", image)
    rows = await watch.connection.fetch("select * from change where id > $1 order by id", watch.last)
    assert [row["kind"] for row in rows] == [
        "image.deleted",
        "image.deleted",
        "set.changed",
        "picture.purged",
        "batch.finished",
    ]
    assert {row["image_id"] for row in rows[:2]} == {int(image), product}
    assert "Front" not in str(await watch.connection.fetch("select before, after from change"))
