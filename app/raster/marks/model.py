"""The marks that a picture may carry."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Marks:
    """Texts and addresses as `texts` lets them through, empty where absent.

    `source_type` is the IPTC's DigitalSourceType: an address of its vocabulary.
    """

    source_type: str = ""
    rights: str = ""
    creator: tuple[str, ...] = ()
    web_statement: str = ""
    licensor_url: str = ""
    credit: str = ""
    ai_system: str = ""
    ai_system_version: str = ""
    ai_prompt_writer: str = ""
    ai_prompt: str = ""

    @property
    def brief(self) -> "Marks":
        """What the smallest renditions carry: how the picture was made, and nothing else."""
        return Marks(source_type=self.source_type)


UNMARKED: Final = Marks()
