"""What clients do through the native API, a step at a time."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from tests.torture.clients import Answer
from tests.torture.fleet import PRODUCTS
from tests.torture.model import Gallery, Image, Refused, Write
from tests.torture.native import model
from tests.torture.native.keyed import Keyed
from tests.torture.operations import Operation, id_of, new_image, picked
from tests.torture.pictures import Picture
from tests.torture.run import Run, Wrong
from tests.torture.script import Step

_STALE: Final = "0-00000000"
"""Of an image that there was never."""


def _given(step: Step) -> dict[str, Any]:
    words = {"label": "label", "position": "position", "exclude": "excluded", "types": "types"}
    given = {name: step.more.get(word) for name, word in words.items()}
    given["stores"] = {"german": german} if (german := step.more.get("german")) else None
    return {name: value for name, value in given.items() if value is not None}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode()


def _sku(product: int) -> str:
    return quote(PRODUCTS[product][0], safe="")


def _keyed(run: Run, step: Step, method: str, path: str, data: bytes, part: int = 0, **more: Any) -> Keyed:
    return Keyed(run, step.via + part, run.request(step, part), method, path, data, **more)


async def _written(run: Run, step: Step, keyed: Keyed, writes: Mapping[int, Write], **more: Any) -> Answer:
    """The answer to a write that may be repeated; bytes (`sha`) that were purged are refused."""
    sha, again = more.pop("sha", ""), step.more.get("again", "")
    is_barred = sha in run.barred
    answer = await run.write(run.member(step.via), keyed.name, keyed.ask(), writes, may_be_refused=is_barred, **more)
    if answer.verdict == "acknowledged":
        if is_barred:
            raise Wrong(f"step {step.number}: purged bytes came back: {answer}")
        if again:
            await keyed.ask_again(answer, again)
    return answer


def _id_told(answer: Answer) -> int:
    return int(answer.json()["id"])


async def create(run: Run, step: Step) -> None:
    picture = run.picture(step)
    image, given = new_image(step, picture), _given(step)
    async with run.alone([step.product]), run.under_way(picture.sha):
        keyed, said = _upload(run, step, picture, image.name, given)
        writes = {step.product: model.create(image, said)}
        await _written(run, step, keyed, writes, key=image.key, id_of=_id_told, sha=picture.sha)


def _upload(run: Run, step: Step, picture: Picture, name: str, given: dict[str, Any]) -> tuple[Keyed, dict[str, Any]]:
    """As the bytes themselves, with what goes into a query, or as JSON."""
    path, wait = f"products/{_sku(step.product)}/images", step.more["wait"]
    if step.more["raw"]:
        said = {name: given[name] for name in ("label", "position") if name in given}
        query = urlencode(said | {"file_name": name})
        return _keyed(run, step, "POST", f"{path}?{query}", picture.data, kind=picture.media_type, wait=wait), said
    file = {"base64": picture.base64}
    return _keyed(run, step, "POST", path, _json({"file": file, "file_name": name, **given}), wait=wait), given


async def update(run: Run, step: Step) -> None:
    """Sometimes for a revision that the image is not at: then nothing is changed."""
    given = _given(step)
    async with run.alone([step.product]):
        image = picked(run, step)
        if image is None or not given:
            return
        write = model.patch(image.key, given)
        tag = f'"{id_of(image)}-{_STALE}"' if step.more["stale"] else await _tag(run, step, image)
        headers = {} if tag is None else {"If_Match": tag}
        keyed = _keyed(run, step, "PATCH", f"images/{id_of(image)}", _json(given), headers=headers)
        await _written(run, step, keyed, {step.product: _refused if step.more["stale"] else write})


def _refused(_: Gallery) -> Gallery:
    raise Refused("it is at another revision")


async def _tag(run: Run, step: Step, image: Image) -> str | None:
    """None where nobody tells it."""
    answer = await run.client.native(run.member(step.via), "GET", f"images/{id_of(image)}")
    return answer.headers["ETag"] if answer.status == 200 else None


async def replace(run: Run, step: Step) -> None:
    picture = run.picture(step)
    async with run.alone([step.product]), run.under_way(picture.sha):
        image = picked(run, step)
        if image is None:
            return
        new = new_image(step, picture)
        path = f"images/{id_of(image)}/file?{urlencode({'file_name': new.name})}"
        keyed = _keyed(run, step, "PUT", path, picture.data, kind=picture.media_type, wait=step.more["wait"])
        writes = {step.product: model.replace_file(image.key, new.name, picture.sha)}
        await _written(run, step, keyed, writes, sha=picture.sha)


async def delete(run: Run, step: Step) -> None:
    async with run.alone([step.product]):
        image = picked(run, step)
        if image is not None:
            await _delete(run, step, image, run.request(step))


async def _delete(run: Run, step: Step, image: Image, request: str) -> Answer:
    """Deletions have no key: whether one was done that nobody answered, is found out."""
    member = run.member(step.via)
    ask = run.client.native(member, "DELETE", f"images/{id_of(image)}", request=request)
    return await run.write(member, request, ask, {step.product: model.delete(image.key)})


async def copy(run: Run, step: Step) -> None:
    target = step.more["other"]
    async with run.alone([step.product, target]):
        image = picked(run, step)
        if image is None:
            return
        name = f"t{step.number}.{image.name.rpartition('.')[2]}"
        given = _given(step)
        body = _json({"sku": PRODUCTS[target][0], "file_name": name, **given})
        keyed = _keyed(run, step, "POST", f"images/{id_of(image)}/copy", body)
        writes = {target: model.create(Image(key=name, name=name, sha=image.sha), given)}
        await _written(run, step, keyed, writes, key=name, id_of=_id_told)


async def order(run: Run, step: Step) -> None:
    scope = step.more["scope"]
    async with run.alone([step.product]):
        images = run.galleries[step.product].listed(scope)
        if not images:
            return
        first = step.pick % len(images)
        images = [*images[first:], *images[:first]]
        query = "" if scope is None else "?store=german"
        body = _json({"images": [id_of(image) for image in images]})
        keyed = _keyed(run, step, "PUT", f"products/{_sku(step.product)}/images/order{query}", body)
        writes = {step.product: model.order([image.key for image in images], scope)}
        await _written(run, step, keyed, writes)


# --- taking back ---


async def undo(run: Run, step: Step) -> None:
    """A batch of changes is undone at once, unless somebody has changed something of it since."""
    picture = run.picture(step)
    async with run.alone([step.product]), run.under_way(picture.sha):
        former = run.galleries[step.product]
        if picture.sha in run.barred or not former.images:
            return
        batch = f"batch-{step.number}"
        for part, change in enumerate(_CHANGES[: step.more["count"]]):
            if (await change(run, step, part, {"Batch": batch})).verdict != "acknowledged":
                return
        if step.more["newer"]:
            await relabel(run, step, len(_CHANGES), {})
        keyed = _keyed(run, step, "POST", "history/undo", _json({"batch": batch}), 9)
        await _written(run, step, keyed, {step.product: _refused if step.more["newer"] else model.back_to(former)})


async def relabel(run: Run, step: Step, part: int, headers: Mapping[str, str]) -> Answer:
    """The same image each time."""
    key = min(image.key for image in run.galleries[step.product].images)
    given = {"label": f"{step.number}, part {part}", "types": ["image"], "position": 1}
    path = f"images/{id_of(run.galleries[step.product].image(key))}"
    keyed = _keyed(run, step, "PATCH", path, _json(given), part, headers=headers)
    return await _written(run, step, keyed, {step.product: model.patch(key, given)})


async def _add(run: Run, step: Step, part: int, headers: Mapping[str, str]) -> Answer:
    """Called so that it is hardly the first by name."""
    picture = run.picture(step)
    name = f"u{step.number}-{part}.{picture.extension}"
    path = f"products/{_sku(step.product)}/images?{urlencode({'file_name': name, 'position': 1})}"
    keyed = _keyed(run, step, "POST", path, picture.data, part, kind=picture.media_type, headers=headers)
    write = model.create(Image(key=name, name=name, sha=picture.sha), {"position": 1})
    return await _written(run, step, keyed, {step.product: write}, key=name, id_of=_id_told)


async def _put_in_order(run: Run, step: Step, part: int, headers: Mapping[str, str]) -> Answer:
    images = sorted(run.galleries[step.product].images, key=lambda image: image.name)
    body = _json({"images": [id_of(image) for image in images]})
    keyed = _keyed(run, step, "PUT", f"products/{_sku(step.product)}/images/order", body, part, headers=headers)
    return await _written(run, step, keyed, {step.product: model.order([image.key for image in images], None)})


_CHANGES: Final[tuple[Callable[..., Any], ...]] = (relabel, _add, _put_in_order, relabel, _add)


async def restore(run: Run, step: Step) -> None:
    """What was deleted, through whatever API, is there again as it was."""
    async with run.alone([step.product]):
        former, image = run.galleries[step.product], picked(run, step)
        if image is None:
            return
        await _take_away(run, step, image)
        if run.galleries[step.product].has(image.key):
            return
        path, wait = f"images/{id_of(image)}/restore", step.more["wait"]
        keyed = _keyed(run, step, "POST", path, b"{}", 1, wait=wait)
        await _written(run, step, keyed, {step.product: model.back_to(former)})


async def _take_away(run: Run, step: Step, image: Image) -> None:
    request, member = run.request(step), run.member(step.via)
    if step.more["raw"]:
        await _delete(run, step, image, request)
        return
    ask = run.client.spree_destroy(member, step.product, id_of(image), request=request)
    await run.write(member, request, ask, {step.product: model.destroy_through_spree(image.key)})


NATIVE: Final[dict[str, Operation]] = {
    "v1 create": create,
    "v1 update": update,
    "v1 replace": replace,
    "v1 delete": delete,
    "v1 copy": copy,
    "v1 order": order,
    "v1 undo": undo,
    "v1 restore": restore,
}
