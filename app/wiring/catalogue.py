"""The readers and writers of galleries, one pair for each API."""

from dataclasses import dataclass
from datetime import timedelta

from app.service.catalogue.keeping import ProductKeeper
from app.service.catalogue.search import ProductReader
from app.service.galleries.glue import ImageSetReader
from app.service.galleries.openmage.reader import GalleryReader
from app.service.galleries.openmage.writer import GalleryWriter
from app.service.galleries.removal import Committed, ImageRemover
from app.service.galleries.spree.reader import SpreeGalleryReader
from app.service.galleries.spree.writer import SpreeGalleryWriter
from app.service.galleries.undo import Undo
from app.service.galleries.v1.order import GalleryOrder
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
    products: ProductReader
    product_keeper: ProductKeeper
    native_images: NativeReader
    undo: Undo


def catalogue_of(settings: Settings, storage: Storage, pictures: Pictures, caches: Caches) -> Catalogue:
    database, reader = storage.database, GalleryReader(storage.database)
    committed = Committed(caches.drop, caches.drop_path)
    return Catalogue(
        ImageSetReader(database, settings),
        reader,
        GalleryWriter(database, reader, pictures.filing, caches.drop),
        SpreeGalleryReader(database),
        SpreeGalleryWriter(database, pictures.filing, committed),
        ImageRemover(database, committed),
        NativeWriter(database, pictures.filing, committed),
        GalleryOrder(database, committed),
        PictureTexts(database, committed),
        ProductReader(database, settings),
        ProductKeeper(database, caches.drop, caches.drop_documents),
        NativeReader(database, settings),
        Undo(database, committed, timedelta(days=settings.restore_days)),
    )
