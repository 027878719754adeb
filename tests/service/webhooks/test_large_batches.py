"""What webhooks are told of a batch beyond its first thousand changes."""

from collections import Counter

from app.db.connections.connect import Connection
from tests.service.webhooks.conftest import Post, Receiver

_DELETED = """
    insert into product (id, sku, sku_key, slug) values (8, 'dress', 'dress', 'dress');
    insert into change (kind, image_id, product_id, actor_kind, actor_id, via, batch, before, closes)
    select 'image.deleted', n, 8, 'key', '1', 'v1', 'b', '{"file_name": "a.jpg"}', true from generate_series(1, 1003) n
"""


async def test_caches_are_told_of_all_of_a_large_batch(post: Post, receiver: Receiver, connection: Connection) -> None:
    """What was changed is told a thousand times and not once more, what follows from it for caches always, and the end
    once."""
    one = await post.hook(receiver, types=("image.*", "media.withdrawn", "product.images_changed", "batch.*"))
    await connection.execute(_DELETED)
    await post.happen(kind="batch.finished", batch="b")
    while await post.turn(one):
        pass
    assert Counter(came.event["type"] for came in receiver.received) == {
        "image.deleted": 1000,
        "media.withdrawn": 1003,
        "product.images_changed": 1003,
        "batch.finished": 1,
    }
    assert len(receiver.ids) == len(set(receiver.ids))
