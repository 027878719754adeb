"""An import is taken back in memory that does not grow with it."""

import tracemalloc
from datetime import timedelta
from typing import Final

import pytest

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.changes.acting import Act, as_actor
from app.service.changes.long_jobs import LongJobs
from app.service.galleries.undoing import LongUndo
from app.service.pictures.edits.following import Edits
from app.settings import Settings
from tests.lengths import by_length

_IMAGES: Final = by_length(4_000, 100_000)
_MOST_BYTES: Final = 24 * 1024 * 1024
"""Of Python's objects; a slice of 2,000 rows takes some 10 MiB."""
_IMPORT: Final = """
    set session_replication_role = replica;
    create temp table n as select n from generate_series(1, $IMAGES) n;
    insert into website (id, code) values (1, 'base');
    insert into product (id, sku, sku_key, slug, revision)
        select p, p, p, p, 1 from generate_series(1, $IMAGES / 5 + 1) p;
    insert into picture (id, url_large) select n, '//img.example/' || n from n;
    insert into image (id, product_id, picture_id, imported_picture_id, position, revision)
        select n, 1 + n / 5, n, n, 1 + n % 5, 1 from n;
    insert into change (kind, product_id, actor_kind, actor_name, via, batch, revision)
        select 'product.created', id, 'command', 'import glue', 'import', 'imported', 1 from product;
    insert into change (kind, product_id, image_id, revision, actor_kind, actor_name, via, batch, after)
        select 'image.created', 1 + n / 5, n, 1, 'command', 'import glue', 'import', 'imported',
            jsonb_build_object('product', 1 + n / 5, 'picture', n, 'position', 1 + n % 5, 'exclude', false)
        from n;
    set session_replication_role = origin;
    analyze;
"""


@pytest.mark.timeout(1800)
async def test_an_import_is_taken_back_in_little_memory(database: Database, connection: Connection) -> None:
    """All its gallery entries go, and what was imported is forgotten, so that a later import brings them again."""
    await connection.execute(_IMPORT.replace("$IMAGES", str(_IMAGES)))
    undo = LongUndo(database, timedelta(days=30), Edits(Settings()))
    tracemalloc.start()
    with as_actor(Act("key", "3", "PIM", "v1")):
        number = await undo.begin("imported", ("command", None), {"product.created": 1}, queued=False)
        await undo.work(number)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    job = await LongJobs(database).job(number)
    assert (job["state"], job["done"], job["total"], list(job["left_images"])) == ("done", _IMAGES, _IMAGES, [])
    assert peak < _MOST_BYTES, f"{peak / 2**20:.0f} MiB"
    left = "select count(*) from image where deleted_at is null or imported_picture_id is not null"
    assert await connection.fetchval(left) == 0
    assert await connection.fetchval("select count(*) from change where kind = 'image.deleted'") == _IMAGES
