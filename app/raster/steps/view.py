"""What of a picture is shown, and which way up: where its size is known before a pixel is decoded."""

from dataclasses import dataclass, replace

from app.model import Facts
from app.raster.steps.crop import Box, Edges, box_of, moved, size_of, stored
from app.raster.steps.edit import CENTRE, Edit, Point
from app.raster.steps.orient import Size, inverse, oriented
from app.raster.steps.rotate import turned


@dataclass(frozen=True, slots=True)
class View:
    """`facts` have the turn of an edit in their orientation; `box` is what a crop leaves of the stored pixels,
    `focal` what matters most of that. `in_full` says of a JPEG that all its pixels are decoded, however small it is
    drawn. Outside of what is `busy` of the stored pixels all that is shown has one colour to the bit; None: that may be
    none."""

    facts: Facts
    box: Box | None = None
    is_edited: bool = False
    focal: Point = CENTRE
    in_full: bool = False
    busy: Box | None = None

    @property
    def size(self) -> Size:
        """As it is seen."""
        return oriented(size_of(self.box) if self.box else self._stored, self.facts.orientation)

    @property
    def still(self) -> "View":
        """The first frame alone."""
        return replace(self, facts=replace(self.facts, frames=1))

    def stored(self, part: Box) -> Box:
        """A part of what is seen, among all stored pixels."""
        box = stored(part, self.size, self.facts.orientation)
        return moved(box, *self.box[:2]) if self.box else box

    def seen(self, part: Box) -> Box:
        """Where a part of the stored pixels that are shown is, as it is seen."""
        shown = size_of(self.box) if self.box else self._stored
        return stored(part, shown, inverse(self.facts.orientation))

    def around(self, part: Box, size: Size) -> Edges:
        """The edges of all that is seen, among the pixels of a drawing of `size` of these stored pixels."""
        width, height = self.size
        left, top, right, bottom = self.seen(moved(part, -self.box[0], -self.box[1]) if self.box else part)
        wide, high = right - left, bottom - top
        return (
            -left * size[0] / wide,
            -top * size[1] / high,
            (width - left) * size[0] / wide,
            (height - top) * size[1] / high,
        )

    def decoded_for(self, size: Size, box: Box | None) -> tuple[float, float]:
        """How large all stored pixels are to be decoded where `size` is made of these, or of all."""
        wanted = oriented(size, self.facts.orientation)
        part = size_of(box) if box else self._stored
        return wanted[0] * self.facts.width / part[0], wanted[1] * self.facts.height / part[1]

    @property
    def _stored(self) -> Size:
        return self.facts.width, self.facts.height


def view_of(facts: Facts, edit: Edit) -> View:
    """Of a picture, as an edit shows it."""
    orientation = turned(facts.orientation, edit.rotate)
    seen = oriented((facts.width, facts.height), orientation)
    box = stored(box_of(edit.crop, seen), seen, orientation) if edit.crop else None
    return View(replace(facts, orientation=orientation), box, edit.is_of_pixels, edit.focal or CENTRE)
