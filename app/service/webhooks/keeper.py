"""What administrators do with webhooks. Each act is in the log, without anything secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from app.access.secrets import SecretBox
from app.db.pool import Database, Record, Transaction
from app.errors import Conflict, DeliveryNotFound, InvalidAddress, WebhookNotFound
from app.service.changes.acting import acting
from app.service.changes.record import Row, record_rows
from app.service.feed.events import OWN_PART, Change, Event
from app.service.feed.kinds import TEST
from app.service.feed.reader import EventReader
from app.service.webhooks.hooks import Webhook, trouble_with_address
from app.service.webhooks.signing import BOTH_SIGN, make_secret
from app.settings import Settings

Present = Callable[[Event], bytes]
"""From an event to what is sent of it."""
Clock = Callable[[], datetime]

_MOST: Final = 100
"""Webhooks that there may be."""


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """What can be given of a webhook."""

    url: str
    types: tuple[str, ...] = ("*",)
    sku_prefix: str | None = None
    description: str | None = None


class WebhookKeeper:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        box: SecretBox,
        reader: EventReader,
        present: Present,
        now: Clock = clock,
    ) -> None:
        self._settings = settings
        self._db = database
        self._box = box
        self._reader = reader
        self._present = present
        self._now = now

    async def page(self, after: int, most: int) -> list[Webhook]:
        """The webhooks with ids beyond `after`, in their order."""
        return [Webhook.of(row) for row in await self._db.fetch("webhooks_behind", after, most)]

    async def webhook(self, number: int) -> Webhook:
        """WebhookNotFound."""
        return _found(await self._db.fetchrow("webhook", number), number)

    async def add(self, options: WebhookOptions) -> tuple[Webhook, str]:
        """The webhook, told of what happens from now on, and its secret. InvalidAddress; Conflict where nobody could
        tell under which address this service is known, and where there are very many."""
        self._check(options.url)
        if not self._settings.own_url:
            raise Conflict("Set PUBLIC_URL first: events name whole addresses, which are not known without it.")
        place = (await self._reader.now()).id
        async with self._db.transaction() as tx:
            if len(await tx.fetch("webhooks_behind", 0, _MOST)) >= _MOST:
                raise Conflict(f"There are {_MOST} webhooks, which is the most.")
            given = options.url, list(options.types), options.sku_prefix, options.description
            hook = _found(await tx.fetchrow("add_webhook", *given, place), 0)
            secret = await self._give_secret(tx, hook)
            await record_rows(tx, [Row("webhook.added", after=_logged(hook))])
        return hook, secret

    async def change(self, number: int, given: Mapping[str, Any]) -> Webhook:
        """With those members of `WebhookOptions`, and `enabled`, that are given. WebhookNotFound, InvalidAddress."""
        if "url" in given:
            self._check(given["url"])
        place = (await self._reader.now()).id
        async with self._db.transaction() as tx:
            former = await self._locked(tx, number)
            kept = {name: given.get(name, getattr(former, name)) for name in WebhookOptions.__slots__}
            values = kept["url"], list(kept["types"]), kept["sku_prefix"], kept["description"]
            await tx.execute("change_webhook", number, *values)
            if "enabled" in given:
                await self._switch(tx, number, place, on=given["enabled"])
            hook = await self._locked(tx, number)
            before, after = _logged(former), _logged(hook)
            if before != after:
                await record_rows(tx, [Row("webhook.changed", before=before, after=after)])
        return hook

    async def remove(self, number: int) -> None:
        """WebhookNotFound."""
        async with self._db.transaction() as tx:
            hook = await self._locked(tx, number)
            await tx.execute("remove_webhook", number)
            await record_rows(tx, [Row("webhook.removed", before=_logged(hook))])

    async def rotate(self, number: int) -> str:
        """A new secret; the one before signs beside it for a day. WebhookNotFound."""
        async with self._db.transaction() as tx:
            hook = await self._locked(tx, number)
            await tx.execute("end_webhook_secrets", number, self._now() + BOTH_SIGN)
            secret = await self._give_secret(tx, hook)
            await record_rows(tx, [Row("webhook.rotated", after={"id": number})])
        return secret

    async def test(self, number: int) -> str:
        """Sends an event that says nothing, whatever the webhook is told else: the delivery's id. WebhookNotFound."""
        now, place = self._now(), (await self._reader.now()).id
        body = self._present(_test_event(place, now))
        async with self._db.transaction() as tx:
            await self._locked(tx, number)
            message = f"wh{number}_test_{await tx.fetchval('next_test', number)}"
            await tx.execute("queue_deliveries", number, [message], [TEST], [place], [0], [None], False, now)
            await tx.execute("keep_bodies", [message], [body])
        return message

    async def deliveries(self, number: int, state: str | None, before: int | None, most: int) -> list[Record]:
        """The latest first. WebhookNotFound."""
        await self.webhook(number)
        return await self._db.fetch("page_deliveries", number, state, before, most)

    async def resend(self, number: int, delivery: str) -> Record:
        """Once more, under the same id and with the same bytes. WebhookNotFound, DeliveryNotFound."""
        await self.webhook(number)
        row = await self._db.fetchrow("resend_delivery", delivery, number, self._now())
        if row is None:
            raise DeliveryNotFound(f"delivery {delivery}")
        return row

    async def _locked(self, tx: Transaction, number: int) -> Webhook:
        return _found(await tx.fetchrow("lock_webhook", number), number)

    async def _switch(self, tx: Transaction, number: int, place: int, *, on: bool) -> None:
        if on:
            await tx.execute("enable_webhook", number, place)
        else:
            await tx.execute("disable_webhook", number, "asked", self._now())

    async def _give_secret(self, tx: Transaction, hook: Webhook) -> str:
        secret = make_secret()
        await tx.execute("add_webhook_secret", hook.id, self._box.seal(secret, hook.owner))
        return secret

    def trouble_with(self, url: str) -> str | None:
        """What is wrong with an address to be told at, as a sentence; None where it may do."""
        return trouble_with_address(url, self._settings.fetch_allowed_networks)

    def _check(self, url: str) -> None:
        if trouble := self.trouble_with(url):
            raise InvalidAddress(trouble)


def message_id(webhook: int, change: int, part: int) -> str:
    """Of a delivery: the webhook and the cursor, so that it is the same whoever makes it."""
    return f"wh{webhook}_{change}_{part}"


def _test_event(place: int, now: datetime) -> Event:
    act = acting()
    return Event(
        TEST,
        Change(place, now, TEST, None, None, None, act.via, act.name or act.id, None, {}, {}, closes=False),
        OWN_PART,
    )


def _found(row: Record | None, number: int) -> Webhook:
    if row is None:
        raise WebhookNotFound(f"webhook {number}")
    return Webhook.of(row)


def _logged(hook: Webhook) -> Mapping[str, Any]:
    """Addresses are half secrets."""
    return {
        "id": hook.id,
        "types": list(hook.types),
        "sku_prefix": hook.sku_prefix,
        "description": hook.description,
        "enabled": hook.disabled_at is None,
    }
