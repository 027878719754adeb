"""The readers and writers of galleries, one pair for each API."""

from dataclasses import dataclass
from datetime import timedelta

from app.db.pool import Readable
from app.service.catalogue.keeping import ProductKeeper
from app.service.catalogue.search import ProductReader
from app.service.catalogue.sets import SetKeeper
from app.service.changes.history import History
from app.service.galleries.glue import ImageSetReader
from app.service.galleries.openmage.reader import GalleryReader
from app.service.galleries.openmage.writer import GalleryWriter
from app.service.galleries.removal import Committed, ImageRemover
from app.service.galleries.spree.reader import SpreeGalleryReader
from app.service.galleries.spree.writer import SpreeGalleryWriter
from app.service.galleries.undo import Undo
from app.service.galleries.undoing import LongUndo
from app.service.galleries.v1.media import MediaReader
from app.service.galleries.v1.order import GalleryOrder
from app.service.galleries.v1.pictures import PictureReader
from app.service.galleries.v1.reader import NativeReader
from app.service.galleries.v1.texts import PictureTexts
from app.service.galleries.v1.writer import NativeWriter
from app.settings import Settings
from app.wiring.caches import Caches
from app.wiring.pictures import Pictures
from app.wiring.storage import Storage


@dataclass(frozen=True, slots=True)
class Catalogue:
    image_sets: ImageSetReader
    gallery_reader: GalleryReader
    gallery_writer: GalleryWriter
    spree_reader: SpreeGalleryReader
    spree_writer: SpreeGalleryWriter
    image_remover: ImageRemover
    native_writer: NativeWriter
    gallery_order: GalleryOrder
    picture_texts: PictureTexts
    picture_reader: PictureReader
    sets: SetKeeper
    products: ProductReader
    product_keeper: ProductKeeper
    native_images: NativeReader
    media: MediaReader
    undo: Undo
    long_undo: LongUndo
    history: History


def catalogue_of(
    settings: Settings, storage: Storage, pictures: Pictures, caches: Caches, reads: Readable
) -> Catalogue:
    """`reads` answers what documents are made of."""
    database = storage.database
    restorable = timedelta(days=settings.restore_days)
    committed = Committed(caches.drop, caches.drop_path)
    return Catalogue(
        ImageSetReader(reads, settings),
        GalleryReader(reads),
        GalleryWriter(database, GalleryReader(database), pictures.filing, caches.drop),
        SpreeGalleryReader(reads),
        SpreeGalleryWriter(database, pictures.filing, committed),
        ImageRemover(database, committed),
        NativeWriter(database, settings, pictures.filing, committed),
        GalleryOrder(database, committed),
        PictureTexts(database, committed),
        PictureReader(database, settings),
        SetKeeper(database, caches.drop),
        ProductReader(database, settings),
        ProductKeeper(database, caches.drop, caches.drop_documents, restorable),
        NativeReader(database, settings),
        MediaReader(reads, settings),
        Undo(database, committed, restorable, pictures.filing.edits, caches.drop_documents),
        LongUndo(database, restorable, pictures.filing.edits),
        History(database),
    )
