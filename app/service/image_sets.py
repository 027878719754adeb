"""Image sets as storefronts read them, and the products that own them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetImage:
    """One image of a set. Both URLs are non-empty; a text is null where there is none for the locale read."""

    large_url: str
    small_url: str
    alt_large: str | None = None
    alt_small: str | None = None


@dataclass(frozen=True, slots=True)
class ImageSet:
    name: str
    images: tuple[SetImage, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    """What is known of a product: `abstract_sku` is set for a concrete one, `sets` are those it shows."""

    sku: str
    abstract_sku: str | None = None
    name: str | None = None
    sets: tuple[ImageSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Kin:
    """A product and its known relatives: an abstract one (None where it is unknown) and its concretes by id.
    `main` stands among them too."""

    main: Shell
    abstract: Shell | None
    concretes: tuple[Shell, ...] = ()

    def concretes_of(self, shell: Shell) -> tuple[Shell, ...]:
        return self.concretes if shell.abstract_sku is None else ()

    def abstract_of(self, shell: Shell) -> Shell | None:
        return self.abstract if shell.abstract_sku is not None else None
