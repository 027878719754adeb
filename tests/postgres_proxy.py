"""A way to Postgres that can fall silent: what is open stays open, and nothing comes through any more."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final
from urllib.parse import parse_qs, urlsplit

_BLOCK: Final = 65536
_LOST_SECONDS: Final = 0.1
"""From a commit whose answer is lost to the end of its link."""
_NOTIFICATION: Final = b"A"
"""What the message begins with that Postgres sends to who listens and does nothing else."""

Picks = Callable[[bytes], bool]
"""Whether a link is meant, by all that its client has sent."""


class _Link:
    def __init__(self) -> None:
        self.sent = bytearray()
        self.is_silent = False
        self.is_free = asyncio.Event()
        self.is_free.set()


class Proxy:
    """`silence` swallows what goes over the links that are open, both ways; those made later work."""

    def __init__(self, dsn: str) -> None:
        self._socket = f"{parse_qs(urlsplit(dsn).query)['host'][0]}/.s.PGSQL.5432"
        self._database = urlsplit(dsn).path
        self._links: dict[asyncio.Task[None], _Link] = {}
        self.port = 0
        self.is_deaf = False
        """Whether notifications (and nothing else) are swallowed, as by a pooler that keeps no sessions."""
        self.is_mute = False
        """Whether links made from now on are silent."""
        self.made = 0
        """Links so far."""
        self.loses_commits = 0
        """So many commits will be carried out and never answered: their links are cut."""
        self.last_words: bytes | None = None
        """A link falls silent once a client has sent this, which still comes through."""
        self.words_before = b""
        """But only a link over which this was sent, too."""

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}{self._database}"

    @property
    def open(self) -> int:
        return len(self._links)

    def silence(self, picks: Picks = lambda _: True) -> int:
        """How many links this meant."""
        meant = [link for link in self._links.values() if picks(bytes(link.sent))]
        for link in meant:
            link.is_silent = True
        return len(meant)

    @contextmanager
    def delayed(self, picks: Picks = lambda _: True) -> Iterator[None]:
        """For as long as the block lasts nothing comes through; then all that was held back does."""
        meant = [link for link in self._links.values() if picks(bytes(link.sent))]
        for link in meant:
            link.is_free.clear()
        try:
            yield
        finally:
            for link in meant:
                link.is_free.set()

    def cut(self, picks: Picks = lambda _: True) -> int:
        """Ends links as a firewall or a fail-over may; how many."""
        meant = [task for task, link in self._links.items() if picks(bytes(link.sent))]
        for task in meant:
            task.cancel()
        return len(meant)

    @property
    def has_silent(self) -> bool:
        """Whether an open link is silent."""
        return any(link.is_silent for link in self._links.values())

    @property
    def is_calm(self) -> bool:
        """Whether all that was sent over the links has arrived, or never will."""
        return all(link.is_free.is_set() for link in self._links.values())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        link, task = _Link(), asyncio.current_task()
        link.is_silent = self.is_mute
        assert task is not None
        self._links[task] = link
        try:
            their_reader, their_writer = await asyncio.open_unix_connection(self._socket)
            ends = {
                asyncio.create_task(self._carry(reader, their_writer, link, link.sent)),
                asyncio.create_task(self._carry(their_reader, writer, link, None)),
            }
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()
                their_writer.close()
                writer.close()
        except (OSError, asyncio.CancelledError):  # of which the server would complain
            writer.close()
        finally:
            del self._links[task]

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link, sent: bytearray | None
    ) -> None:
        with suppress(ConnectionError):
            while block := await reader.read(_BLOCK):
                await link.is_free.wait()
                if link.is_silent or (self.is_deaf and sent is None and block.startswith(_NOTIFICATION)):
                    continue
                if sent is not None:
                    sent += block
                writer.write(block)
                await writer.drain()
                if sent is not None and self.last_words and self.last_words in block and self.words_before in sent:
                    link.is_silent = True
                if sent is not None and self.loses_commits and b"COMMIT" in block:
                    self.loses_commits -= 1
                    link.is_silent = True
                    await asyncio.sleep(_LOST_SECONDS)
                    return

    async def end(self) -> None:
        for task in list(self._links):
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[Proxy]:
    """A proxy before the Postgres of this connection string."""
    proxy = Proxy(dsn)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
