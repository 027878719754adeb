"""What things may lack, as lists are asked for it: `missing=label:german`. Source: native.md, section 3."""

from typing import Final

from app.apis.v1.call import Call
from app.apis.v1.errors import Mistake, refuse
from app.service.reports.missing import unknown_in

CODE: Final = "[a-z][a-z0-9_]*"


async def refuse_unknown(call: Call) -> None:
    """Invalid where a store view or type is named that is not there."""
    if name := await unknown_in(call.services.database, call.query.get("missing", "")):
        refuse([Mistake("?missing", "not_found", f"There is no store view, or type, {name}.")])
