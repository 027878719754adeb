"""What things may lack, as lists are asked for it: `missing=label:german`. Source: native.md, section 3."""

from typing import Final

from app.apis.v1.call import Call
from app.apis.v1.errors import Mistake, refuse

LABEL: Final = "label:"
CODE: Final = "[a-z][a-z0-9_]*"


async def refuse_unknown(call: Call) -> None:
    """Invalid where a store view or type is named that is not there: nothing lacks that, and looks like good news."""
    kind, _, name = call.query.get("missing", "").partition(":")
    if not name:
        return
    stores, types = ([name], []) if f"{kind}:" == LABEL else ([], [name])
    if any(await call.services.writer.unknown(stores, types)):
        refuse([Mistake("?missing", "not_found", f"There is no store view, or type, {name}.")])
