"""Renditions: built by the background task for every upload, and on demand until it came round."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from typing import TypeVar

from app.db.pool import Database
from app.errors import (
    CodecsTooSlow,
    ImageRejected,
    ImageUndecodable,
    ObjectMissing,
    RenditionFailed,
    RenditionNotFound,
    Unavailable,
)
from app.events import Observe, nobody
from app.model import (
    FURTHER_FORMATS,
    NO_MARKS,
    BlobHash,
    Format,
    MarksKey,
    Placeholder,
    Recipe,
    RecipeHash,
    Segment,
    parted,
    segment_of,
)
from app.raster.child.pool import CodecPool
from app.service.flight import SingleFlight, Slots
from app.service.pictures.disc import fair
from app.service.pictures.originals import original_of
from app.service.renditions.building import Builder
from app.service.renditions.demand import Delays, Guests
from app.service.renditions.hindsight import look_into
from app.service.renditions.kept_recipes import kept, register
from app.service.renditions.lacking import Lacking
from app.service.renditions.rendition import Rendition
from app.service.renditions.rows import RenditionRows, keep_placeholder
from app.settings import Settings
from app.store import ObjectStore
from app.store.keys import rendition_key, rendition_of_key

T = TypeVar("T")


def _all_of(settings: Settings) -> Iterable[Recipe]:
    """The recipes in force, and those by which pictures are offered to storefronts and to feeds of channels."""
    return (*settings.cleanings, *settings.recipes, *settings.width_recipes, settings.feed_recipe)


class Renderer:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        store: ObjectStore,
        codecs: CodecPool,
        observe: Observe = nobody,
    ) -> None:
        self._settings = settings
        self._db = database
        self._store = store
        self._codecs = codecs
        self._rows = RenditionRows(settings, database)
        self._builder = Builder(settings, database, store, codecs, self._rows, observe)
        self._recipes = {recipe.hash: recipe for recipe in _all_of(settings)}
        self.slots = Slots(settings.max_builds)
        self._guests = Guests(max(1, settings.max_builds // 2))
        self._delays = Delays()
        self._building: SingleFlight[tuple[str, ...], None] = SingleFlight(self.slots)

    async def register_recipes(self) -> None:
        """Keeps the parameters of the recipes in force, so that their URLs can be built for ever."""
        await register(self._db, self._recipes.values())

    async def build_all(self, blob: BlobHash) -> None:
        """The job: every recipe in force that the blob has no rendition of yet, in its own format, with its marks.

        Where it fails, cleaning is done alone: it encodes nothing as a rule, and is what answers instead.
        """
        with suppress(RenditionNotFound):  # swept since the job was enqueued, or while it was being built
            marks = await self._marks(blob)
            lacking = await self._rows.lacking(blob, marks)
            if lacking.is_bare:
                await keep_placeholder(self._db, blob, await self._placeholder(lacking.segment))
            await self._build_lacking(lacking)
            await self._rows.decide(blob)
            await look_into(self._db, self._store, self._codecs, blob, lacking)

    async def build_edit(self, segment: Segment) -> None:
        """The job of an edited picture: the same."""
        with suppress(RenditionNotFound):
            lacking = await self._rows.edited.lacking(segment)
            if lacking.is_bare:
                await self._rows.edited.keep_placeholder(self._db, segment, await self._placeholder(segment))
            await self._build_lacking(lacking)
            await self._rows.edited.decide(segment)

    async def _build_lacking(self, lacking: Lacking) -> None:
        try:
            await self._builder.build_each(lacking.segment, lacking.shares)
        except (ImageRejected, CodecsTooSlow):
            if lacking.cleaning and len(lacking.shares[0]) > 1:
                await self._builder.build(lacking.segment, lacking.cleaning, None, "job")
            raise

    async def _placeholder(self, segment: Segment) -> Placeholder:
        """For a picture whose smallest rendition was built by a version that made none."""
        smallest = self._settings.recipes[-1].hash

        async def made() -> Placeholder:
            rendition = await self.find(segment, smallest)
            async with self._store.local(rendition.key) as path:
                return await self._codecs.placeholder(path)

        return await self.despite_losses(made, lambda: "")

    async def give_up(self, blob: BlobHash, reason: str) -> None:
        """After the job's last try: what is missing answers with the cleaned original from now on. Marks that nobody
        found are looked for once more where the picture is not what kept them from being found."""
        with suppress(RenditionNotFound):
            marks = await self._rows.known_marks(blob)
            if marks is None and reason.startswith(ImageUndecodable.__name__):
                await self._rows.keep_marks(blob, NO_MARKS)
            await self.register_recipes()
            await self._rows.fail(blob, marks or NO_MARKS, reason)

    async def give_up_edit(self, segment: Segment, reason: str) -> None:
        """After the last try of the job of an edited picture."""
        with suppress(RenditionNotFound):
            await self.register_recipes()
            await self._rows.edited.fail(segment, reason)

    async def _marks(self, blob: BlobHash) -> MarksKey:
        """Those that the blob's renditions are to carry; a picture of before is looked into first."""
        marks = await self._rows.known_marks(blob)
        if marks is None:
            async with original_of(blob, self._db, self._store) as path, fair(path, blob):
                marks = await self._codecs.marks(path)
            await self._rows.keep_marks(blob, marks)
        return marks

    async def find(
        self, segment: Segment, recipe: RecipeHash, fmt: Format | None = None, *, asker: str = ""
    ) -> Rendition:
        """A rendition, built now if it is not there yet; `fmt` None = the source's own format. `asker` is the address
        for which a further format would be built.

        Raises RenditionNotFound for what was never listed, RenditionFailed for what failed for good, Busy when all
        slots, or those of the asker, are taken, RenditionDelayed when the codecs did not manage it lately.
        """
        row = await self._rows.find(segment, recipe, fmt)
        made: Format = fmt or row["source_format"]
        if row["size"] is None:
            own = made == row["source_format"]
            which = (segment, recipe, made)
            self._delays.require_due(which)
            cleaning = self._settings.cleaning_of(row["marks"])
            await self._building.run(which, lambda: self._build_one(*which, None if own else asker, cleaning))
            row = await self._rows.find(segment, recipe, made)
        if row["size"] is None:
            raise RenditionNotFound(f"{segment} has no {recipe} in {made}")
        key = rendition_key(segment, recipe, made)
        return Rendition(key, made, row["size"], row["etag"], row["created_at"])

    async def find_preferred(
        self, segment: Segment, recipe: RecipeHash, own: Format, wanted: Sequence[Format], asker: str
    ) -> tuple[Rendition, bool]:
        """A rendition in the first of the formats `wanted` that can be had now, else in the picture's `own`; and
        whether nothing better may come. Raises as `find` does."""
        if (await self._recipe(recipe)).only:
            return await self.find(segment, recipe, own, asker=asker), True
        row = await self._rows.find(segment, recipe, own)
        if own != row["source_format"]:
            raise RenditionNotFound(f"{segment} is not a picture in {own}")
        for fmt in wanted:
            with suppress(RenditionFailed, Unavailable):
                return await self.find(segment, recipe, fmt, asker=asker), fmt == wanted[0]
        return await self.find(segment, recipe, own), not wanted

    async def build_further(self, picture: Segment, recipes: Sequence[Recipe], formats: Sequence[Format]) -> None:
        """What a blob with its marks, or an edited picture, lacks of these recipes in these formats."""
        with suppress(RenditionNotFound):  # swept meanwhile
            blob, edit = parted(picture)
            segment = segment_of(blob, edit or await self._marks(blob))
            for lacking, shared in await self._rows.lacking_further(segment, recipes, formats):
                await self._builder.build_each(segment, shared, lacking)

    async def cleaned(self, blob: BlobHash, version: RecipeHash | None = None) -> Rendition:
        """The cleaned original under the cleaning version that a path was given (None: the one in force).

        A version that is gone before it was ever built gives way to the one in force, also where it had failed.
        """
        own = Segment(blob)
        row = await self._rows.look(own, version or self._settings.clean.hash, None)
        current = self._settings.cleaning_of(row["marks"]).hash
        if version is not None and version != current:
            if row["size"] is not None:
                return await self.find(own, version)
            await self._rows.move_paths(blob, current)
        return await self.find(own, current)

    async def original(self, path: str) -> Rendition:
        """The cleaned original that a file path serves; RenditionNotFound, RenditionFailed, Busy."""
        row = None if "\0" in path else await self._db.fetchrow("original_by_path", path)
        if row is None:
            raise RenditionNotFound(f"no file has the path {path}")
        return await self.cleaned(BlobHash(row["blob_hash"].hex()), row["clean_recipe"])

    async def despite_losses(self, work: Callable[[], Awaitable[T]], asker: Callable[[], str]) -> T:
        """What `work` gives. Where it meets a rendition that is recorded but not in the store, that is built again as
        what it was, so that no URL changes its bytes, and `work` done once more."""
        try:
            return await work()
        except ObjectMissing as lost:
            made = rendition_of_key(lost.reason)
            if made is None:
                raise
            await self._build_again(*made, asker)
        return await work()

    async def _build_again(self, segment: Segment, recipe: RecipeHash, fmt: Format, asker: Callable[[], str]) -> None:
        """Nothing, where it is not recorded any more. A picture that cannot be built any more has no such rendition;
        its cleaned original fails."""
        which, lost = (segment, recipe, fmt), await self._rows.look(segment, recipe, fmt)
        if lost["size"] is None:
            return
        wanted = await self._recipe(recipe)
        own = wanted.box is None or fmt == lost["source_format"]

        async def build() -> None:
            with self._delays.one_try(which), nullcontext() if own or wanted.only else self._guests.place(asker()):
                await self._builder.build_again(segment, wanted, None if own else fmt)

        try:
            await self._building.run(which, build)
        except ImageRejected as error:
            if wanted.box is None:
                raise RenditionFailed(str(error)) from error
            await self._rows.forget(*which)

    async def _build_one(
        self, segment: Segment, recipe: RecipeHash, fmt: Format, asker: str | None, cleaning: Recipe
    ) -> None:
        """Without an asker it is the source's own format, which comes before all others; so does what is made in one
        format only.

        Of cleanings only the picture's `cleaning` in force is made, and it is the blob's own: strangers choose neither
        what it keeps nor what a path takes, and have none made over and over.
        """
        wanted = await self._recipe(recipe)
        if wanted.box is None and (wanted.hash != cleaning.hash or parted(segment)[1]):
            raise RenditionNotFound(f"{segment} has no {wanted.slug}")
        if not _is_made(wanted, fmt, is_own=asker is None):
            raise RenditionNotFound(f"{wanted.name} is not made in {fmt}")
        place = nullcontext() if asker is None or wanted.only else self._guests.place(asker)
        try:
            with self._delays.one_try((segment, recipe, fmt)), place:
                await self._builder.build(segment, [wanted], None if asker is None else [fmt], "demand")
        except ImageRejected as error:
            raise RenditionFailed(str(error)) from error

    async def name_of(self, recipe: RecipeHash) -> str:
        """What a recipe is called, in force or kept; RenditionNotFound."""
        return (await self._recipe(recipe)).name

    async def _recipe(self, recipe: RecipeHash) -> Recipe:
        return self._recipes.get(recipe) or await kept(self._db, recipe)


def _is_made(recipe: Recipe, fmt: Format, *, is_own: bool) -> bool:
    """Whether somebody may have that built in a format, the picture's own or another one."""
    if recipe.only:
        return fmt == recipe.only
    return is_own or (recipe.box is not None and fmt in FURTHER_FORMATS)
