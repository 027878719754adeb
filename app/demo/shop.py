"""A small shop to look at: two store views, a few products with pictures, and credentials to try the interfaces.

Loaded into an empty catalogue of the embedded Postgres only, never into somebody's own database.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from app.access.secrets import SecretBox, make_api_key, make_token
from app.db.pool import Database, Transaction
from app.errors import Misconfigured
from app.model import FORMAT_OF_EXTENSION
from app.service.catalogue.keys import AUDIENCES, KeyOptions, put_key
from app.service.catalogue.oauth import TokenOptions, put_consumer, put_token
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_products
from app.service.catalogue.stores import StoreOptions, put_store
from app.service.galleries.openmage.reader import ProductRef
from app.service.galleries.openmage.writer import GalleryWriter, Values
from app.service.pictures.filing import FileName
from app.service.pictures.intake import Intake

_PICTURES: Final = Path(__file__).with_name("pictures")
PICTURE: Final = _PICTURES / "mug.jpg"
"""A picture that every codec can be tried on."""
_GERMAN: Final = "german"
_STORES: Final = (
    StoreOptions("default", 1, "en_US", "base", is_default=True),
    StoreOptions(_GERMAN, 2, "de_DE", "base"),
)
_PRODUCTS: Final = (
    ProductOptions("mug", name="Coffee mug"),
    ProductOptions("mug-large", name="Coffee mug, large", parent="mug", visible=False),
    ProductOptions("lamp", name="Table lamp"),
    ProductOptions("gift-card", name="Gift card", supports_images=False),
)


@dataclass(frozen=True, slots=True)
class _Picture:
    sku: str
    file: str
    label: str
    german: str
    types: tuple[str, ...] = ()


_GALLERY: Final = (
    _Picture("mug", "mug.jpg", "A mug from the front", "Ein Becher von vorn", ("image", "small_image", "thumbnail")),
    _Picture("mug", "sign.png", "The maker's sign", "Das Zeichen der Töpferei"),
    _Picture("lamp", "lamp.jpg", "A lamp, lit", "Eine brennende Lampe", ("image", "small_image", "thumbnail")),
)


@dataclass(frozen=True, slots=True)
class DemoCredentials:
    """Random for each data directory."""

    api_key: str
    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str


async def catalogue_is_empty(database: Database) -> bool:
    return bool(await database.fetchval("catalogue_is_empty"))


async def load_demo(
    data_dir: Path, database: Database, box: SecretBox, intake: Intake, writer: GalleryWriter
) -> DemoCredentials:
    """Loads the shop and returns the credentials, which `DATA_DIR/demo.json` keeps."""
    credentials = demo_credentials(data_dir) or _make_credentials(data_dir)
    async with database.transaction() as tx:
        await _provision(tx, box, credentials)
    await put_key(database, KeyOptions("admin", AUDIENCES, "demo", credentials.api_key))
    for picture in _GALLERY:
        await _upload(picture, intake, writer)
    return credentials


def demo_credentials(data_dir: Path) -> DemoCredentials | None:
    """The credentials of the shop that was loaded, None if none was. Raises `Misconfigured`."""
    path = demo_file(data_dir)
    try:
        values: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return DemoCredentials(**values)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise Misconfigured(f"{path} cannot be read or is damaged: remove it.") from None


def _make_credentials(data_dir: Path) -> DemoCredentials:
    credentials = DemoCredentials(make_api_key(), *(make_token() for _ in range(4)))
    descriptor = os.open(demo_file(data_dir), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file, indent=2)
    return credentials


def demo_file(data_dir: Path) -> Path:
    """Where the credentials are kept."""
    return data_dir / "demo.json"


async def _provision(tx: Transaction, box: SecretBox, credentials: DemoCredentials) -> None:
    for store in _STORES:
        await put_store(tx, store)
    await put_products(tx, _PRODUCTS)
    consumer = credentials.consumer_key
    await put_consumer(tx, box, consumer, credentials.consumer_secret, "demo")
    await put_token(tx, box, TokenOptions("admin", consumer, credentials.token, credentials.token_secret))


async def _upload(picture: _Picture, intake: Intake, writer: GalleryWriter) -> None:
    """As any client's upload: through the codecs and the store, with the jobs for its renditions."""
    base, _, extension = picture.file.rpartition(".")
    product = ProductRef(picture.sku, None)
    gallery = await writer.for_upload(product, None, base)
    async with intake.spool() as spool:
        await spool.write((_PICTURES / picture.file).read_bytes())
        await spool.finish()
        blob = await intake.keep(spool, frozenset({FORMAT_OF_EXTENSION[extension]}))
    values = Values(label=picture.label, types=picture.types)
    image = await writer.create(gallery, blob, FileName(base, extension), values)
    german = await writer.for_change(product, _GERMAN, image)
    await writer.update(german, image, Values(label=picture.german), None)
