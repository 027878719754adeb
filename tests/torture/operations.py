"""What clients do through Spree and OpenMage, a step at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from tests.torture import model
from tests.torture.clients import Answer, file_fields
from tests.torture.fleet import Member
from tests.torture.model import Gallery, Image, Scope, Values
from tests.torture.pictures import BAD, Picture
from tests.torture.repeating import Ask, is_replay, repeated
from tests.torture.run import Run, Wrong
from tests.torture.script import Step

Operation = Callable[[Run, Step], Awaitable[None]]


def new_image(step: Step, picture: Picture, part: int = 0) -> Image:
    name = f"t{step.number}{f'-{part}' if part else ''}.{picture.extension}"
    return Image(key=name, name=name, sha=picture.sha)


def picked(run: Run, step: Step, scope: Scope = None) -> Image | None:
    images = [image for image in run.galleries[step.product].images if not image.in_scope(scope).hidden]
    return images[step.pick % len(images)] if images else None


def id_of(image: Image) -> int:
    assert image.id is not None, f"nobody knows the id of {image}"
    return image.id


def _of_spree(answer: Answer) -> int:
    return int(answer.json()["id"])


def _of_openmage(answer: Answer) -> int:
    return int(answer.headers["Location"].rpartition("/")[2])


async def spree_create(run: Run, step: Step) -> None:
    picture, product = run.picture(step), step.product
    position, alt = step.more["position"], step.more["label"]
    image = replace(new_image(step, picture), label=alt)
    fields = {name: value for name, value in (("alt", alt), ("position", position)) if value is not None}
    async with run.alone([product]), run.under_way(picture.sha):
        named = {"request": run.request(step), "key": run.request(step) if step.more.get("keyed") else ""}

        async def ask(member: Member) -> Answer:
            return await run.client.spree_create(member, product, image.name, picture.data, **named, **fields)

        writes = {product: model.spree_create(image, position)}
        await _upload(run, step, ask, writes, picture, image.key, _of_spree)


async def _upload(
    run: Run,
    step: Step,
    ask: Ask,
    writes: dict[int, model.Write],
    picture: Picture,
    key: str,
    reported: Callable[[Answer], int],
) -> None:
    """A new image; one that was purged has to be refused. With a key of idempotency it is asked for until somebody
    answers, and then once more."""
    is_barred, member, name = picture.sha in run.barred, run.member(step.via), run.request(step)
    asked = repeated(run, step.via, name, ask) if step.more.get("keyed") else ask(member)
    answer = await run.write(member, name, asked, writes, key=key, id_of=reported, may_be_refused=is_barred)
    if answer.verdict == "acknowledged" and step.more.get("keyed"):
        again = await ask(run.member(step.via + 1))
        if again.verdict == "acknowledged" and not is_replay(again, answer):
            raise Wrong(f"{name} was answered with {answer}, and asked again with {again}")
    if is_barred and answer.verdict == "acknowledged":
        raise Wrong(f"step {step.number}: purged bytes came back: {answer}")
    if answer.verdict == "acknowledged" and step.more["reads"]:
        await run.read_back(member, step.product)


async def spree_update(run: Run, step: Step) -> None:
    async with run.alone([step.product]):
        image = picked(run, step)
        if image is None:
            return
        alt, position = step.more["label"], step.more["position"]
        fields = {name: value for name, value in (("alt", alt), ("position", position)) if value is not None}
        if not fields:
            fields = {"alt": "again"}
            alt = "again"
        member, request = run.member(step.via), run.request(step)
        ask = run.client.spree_update(member, step.product, id_of(image), fields, request=request)
        write = model.spree_update(image.key, alt=alt, position=position)
        await _change(run, step, ask, {step.product: write})


async def _change(run: Run, step: Step, ask: Awaitable[Answer], writes: dict[int, model.Write], sha: str = "") -> None:
    member = run.member(step.via)
    answer = await run.write(member, run.request(step), ask, writes, may_be_refused=sha in run.barred)
    if sha in run.barred and answer.verdict == "acknowledged":
        raise Wrong(f"step {step.number}: purged bytes came back: {answer}")
    if answer.verdict == "acknowledged" and step.more["reads"]:
        await run.read_back(member, step.product)


async def spree_replace(run: Run, step: Step) -> None:
    picture = run.picture(step)
    async with run.alone([step.product]), run.under_way(picture.sha):
        image = picked(run, step)
        if image is None:
            return
        new, member = new_image(step, picture), run.member(step.via)
        ask = run.client.spree_replace(
            member, step.product, id_of(image), new.name, picture.data, request=run.request(step)
        )
        write = model.spree_replace(image.key, new.name, picture.sha)
        await _change(run, step, ask, {step.product: write}, picture.sha)


async def spree_move(run: Run, step: Step) -> None:
    target = step.more["other"]
    if target == step.product:
        return
    async with run.alone([step.product, target]):
        image = picked(run, step)
        if image is None:
            return
        fields = {"viewable_id": target, "viewable_type": "Spree::Variant"}
        member, request = run.member(step.via), run.request(step)
        ask = run.client.spree_update(member, step.product, id_of(image), fields, request=request)
        writes = {step.product: model.spree_leave(image.key), target: model.spree_arrive(image)}
        await _change(run, step, ask, writes)


async def spree_destroy(run: Run, step: Step) -> None:
    async with run.alone([step.product]):
        image = picked(run, step)
        if image is None:
            return
        ask = run.client.spree_destroy(run.member(step.via), step.product, id_of(image), request=run.request(step))
        await _change(run, step, ask, {step.product: model.spree_destroy(image.key)})


def _path(product: int, scope: Scope, image: Image | None = None) -> str:
    entity = "" if image is None else f"/{id_of(image)}"
    return f"{product}/images{entity}" + ("" if scope is None else f"/store/{scope}")


def _values(step: Step) -> tuple[Values, dict[str, object]]:
    """As the model reads them, and as they are sent: an empty list of types says nothing in XML."""
    more = step.more
    types = None if more["types"] == [] and more["as_xml"] else more["types"]
    values = Values(more["label"], more["position"], more["excluded"], None if types is None else tuple(types))
    given = {"label": more["label"], "position": more["position"], "types": types}
    given["exclude"] = None if more["excluded"] is None else int(more["excluded"])
    return values, {name: value for name, value in given.items() if value is not None}


async def openmage_create(run: Run, step: Step) -> None:
    picture, scope, as_xml = run.picture(step), step.more["scope"], step.more["as_xml"]
    image, (values, given) = new_image(step, picture), _values(step)
    async with run.alone([step.product]), run.under_way(picture.sha):
        fields = file_fields(picture, image.name) | given
        named = {"request": run.request(step), "key": run.request(step) if step.more.get("keyed") else ""}

        async def ask(member: Member) -> Answer:
            path = _path(step.product, scope)
            return await run.client.openmage(member, "POST", path, fields, as_xml=as_xml, **named)

        writes = {step.product: model.openmage_create(image, scope, values)}
        await _upload(run, step, ask, writes, picture, image.key, _of_openmage)


async def openmage_update(run: Run, step: Step) -> None:
    scope, as_xml = step.more["scope"], step.more["as_xml"]
    values, given = _values(step)
    if not given:
        return
    async with run.alone([step.product]):
        image = picked(run, step, scope)
        if image is None:
            return
        member, request = run.member(step.via), run.request(step)
        ask = run.client.openmage(
            member, "PUT", _path(step.product, scope, image), given, request=request, as_xml=as_xml
        )
        await _change(run, step, ask, {step.product: model.openmage_update(image.key, scope, values)})


async def openmage_replace(run: Run, step: Step) -> None:
    picture, as_xml = run.picture(step), step.more["as_xml"]
    async with run.alone([step.product]), run.under_way(picture.sha):
        image = picked(run, step)
        if image is None:
            return
        new, member, request = new_image(step, picture), run.member(step.via), run.request(step)
        fields = file_fields(picture, new.name)
        ask = run.client.openmage(
            member, "PUT", _path(step.product, None, image), fields, request=request, as_xml=as_xml
        )
        write = model.openmage_replace(image.key, new.name, picture.sha)
        await _change(run, step, ask, {step.product: write}, picture.sha)


async def openmage_delete(run: Run, step: Step) -> None:
    scope = step.more["scope"]
    async with run.alone([step.product]):
        image = picked(run, step, scope)
        if image is None:
            return
        member, request = run.member(step.via), run.request(step)
        ask = run.client.openmage(member, "DELETE", _path(step.product, scope, image), request=request)
        await _change(run, step, ask, {step.product: model.openmage_delete(image.key, scope)})


async def burst(run: Run, step: Step) -> None:
    """Several clients add to one gallery at once, through all processes: each image gets a place of its own."""
    product, parts = step.product, range(step.more["count"])
    images = [new_image(step, run.picture(step, part), part + 1) for part in parts]
    shas = {image.sha for image in images}
    async with run.alone([product]), run.under_way(*shas):
        if shas & run.barred:
            return
        before = run.galleries[product]
        answers = await asyncio.gather(*(_one_of_burst(run, step, part, image) for part, image in enumerate(images)))
        found = await run.fleet.oracle.gallery(product)
        names = {image.name for image in found.images}
        run.logged |= {run.request(step, part): image.name in names for part, image in enumerate(images)}
        run.galleries[product] = _after_burst(before, dict(zip(images, answers, strict=True)), found, step)
        run.figures.images += sum(answer.verdict == "acknowledged" for answer in answers)


async def _one_of_burst(run: Run, step: Step, part: int, image: Image) -> Answer:
    member, request, picture = run.member(step.via + part), run.request(step, part), run.picture(step, part)
    if part % 2:
        fields = file_fields(picture, image.name) | {"label": image.name}
        answer = await run.client.openmage(member, "POST", _path(step.product, None), fields, request=request)
    else:
        answer = await run.client.spree_create(
            member, step.product, image.name, picture.data, request=request, alt=image.name
        )
    run.figures.verdicts[answer.verdict] += 1
    if answer.verdict == "refused":
        raise Wrong(f"{request} was refused: {answer}")
    if answer.verdict == "unknown":
        await run.ended(member, request, answer)
    return answer


def _after_burst(before: Gallery, answers: dict[Image, Answer], found: Gallery, step: Step) -> Gallery:
    """What was there is as it was, what was acknowledged has come, and the new places are the next ones."""
    by_name = {image.name: image for image in found.images}
    came = [
        replace(image, label=image.name, position=by_name[image.name].position, id=by_name[image.name].id)
        for image in answers
        if image.name in by_name
    ]
    came.sort(key=lambda image: image.position or 0)
    after = before
    for image in came:
        write = model.spree_create(image, None)
        after = write(after)
    known = model.settled([after], found)
    if known is None:
        raise Wrong(f"step {step.number}: after a burst there is {found}, and not {after}")
    for image, answer in answers.items():
        if answer.verdict == "acknowledged" and not known.has(image.key):
            raise Wrong(f"step {step.number}: {image.name} was acknowledged and is not there")
    return known


async def bad_picture(run: Run, step: Step) -> None:
    """Bytes that are no picture are refused, or a service that is away says so; nothing comes of them."""
    member, request = run.member(step.via), run.request(step)
    if step.more["as_xml"]:
        bad = Picture(BAD, "", "jpg", "image/jpeg")
        answer = await run.client.openmage(
            member, "POST", _path(step.product, None), file_fields(bad, f"t{step.number}.jpg"), request=request
        )
    else:
        answer = await run.client.spree_create(member, step.product, f"t{step.number}.jpg", BAD, request=request)
    run.figures.verdicts[answer.verdict] += 1
    run.logged[request] = False
    if answer.verdict == "acknowledged" or answer.status == 500:
        raise Wrong(f"{request}: no picture, and the answer is {answer}")


OPERATIONS: Final[dict[str, Operation]] = {
    "spree create": spree_create,
    "spree update": spree_update,
    "spree replace": spree_replace,
    "spree move": spree_move,
    "spree destroy": spree_destroy,
    "openmage create": openmage_create,
    "openmage update": openmage_update,
    "openmage replace": openmage_replace,
    "openmage delete": openmage_delete,
    "burst": burst,
    "bad picture": bad_picture,
}
