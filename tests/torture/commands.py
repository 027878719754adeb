"""What operators do by the command line while everybody else works: sweeps, purges, imports, exports, repairs."""

import asyncio
import csv
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.model import BlobHash
from app.store import blob_key
from tests.torture import model
from tests.torture.fleet import EXTERNAL, PRODUCTS
from tests.torture.model import Image
from tests.torture.operations import Operation
from tests.torture.pictures import write_all
from tests.torture.run import Run, Wrong
from tests.torture.script import Step

_TRIES: Final = 20
_PAUSE: Final = 0.5
_PICTURES: Final = 24


async def until_done(run: Run, *words: str, good: Iterable[int] = (0,)) -> str:
    """A command that is repeated until it has come to its end, however often it is broken off; what it answered, which
    one that found everything away does not."""
    given = ""
    for _ in range(_TRIES):
        code, given = await run.fleet.command(*words, "--json")
        if code in good and given:
            return given
        await asyncio.sleep(_PAUSE)
    raise Wrong(f"{' '.join(words)} did not succeed in {_TRIES} tries: {given}")


async def once(run: Run, *words: str) -> None:
    """A command that may find everything away."""
    run.figures.verdicts[
        "commands ended well" if (await run.fleet.command(*words, "--json"))[0] == 0 else "broken"
    ] += 1


async def sweep(run: Run, step: Step) -> None:
    """Without any grace but for what is under way at this moment."""
    oracle = run.fleet.oracle
    before = await oracle.now()
    await oracle.age(before, [sha for sha, count in run.in_flight.items() if count and sha])
    await once(run, "blobs", "sweep", "--older-than", "1h")


async def sweep_renditions(run: Run, step: Step) -> None:
    await once(run, "renditions", "sweep", "--older-than", "1h")


async def verify(run: Run, step: Step) -> None:
    await once(run, "blobs", "verify")


async def build(run: Run, step: Step) -> None:
    await once(run, "renditions", "build")


async def export_gallery(run: Run, step: Step) -> None:
    folder = run.fleet.folder / f"export-{step.number}"
    await once(run, "export", "gallery", f"{folder}.jsonl", "--files", str(folder))


async def export_products(run: Run, step: Step) -> None:
    """All products, by name, whatever goes on."""
    out = run.fleet.folder / f"products-{step.number}.jsonl"
    code, _ = await run.fleet.command("export", "products", str(out), "--json")
    if code == 0:
        found = {json.loads(line)["sku"] for line in out.read_text().splitlines()}
        if found != {sku for sku, _ in PRODUCTS.values()} | {EXTERNAL}:
            raise Wrong(f"step {step.number}: products were exported that are not there, or left out: {found}")


async def purge(run: Run, step: Step) -> None:
    """Repeated until it is done, as the law has it; the bytes may not come back."""
    sha = run.picture(step).sha
    async with run.alone(PRODUCTS):
        await until_done(run, "image", "purge", sha)
        run.barred.add(sha)
        for product, gallery in run.galleries.items():
            run.galleries[product] = model.purged(sha)(gallery)


async def lift(run: Run, step: Step) -> None:
    if run.barred:
        async with run.alone(PRODUCTS):
            sha = sorted(run.barred)[step.pick % len(run.barred)]
            await until_done(run, "image", "purge", "--lift", sha)
            run.barred.discard(sha)


async def repair(run: Run, step: Step) -> None:
    """An original is lost, and put back from a folder of files."""
    async with run.alone(PRODUCTS):
        shas = sorted({image.sha for gallery in run.galleries.values() for image in gallery.images})
        if not shas:
            return
        await _lose(run, shas[step.pick % len(shas)])
        folder = run.fleet.folder / "files"
        write_all(folder, _PICTURES)
        await until_done(run, "blobs", "verify", "--repair", str(folder))


async def _lose(run: Run, sha: str) -> None:
    key = blob_key(BlobHash(sha))
    if run.fleet.kind == "files":
        path = run.fleet.disc / "objects" / key
        path.unlink(missing_ok=True)
        run.fleet.objects.forget(path)
        return
    async with run.fleet.bucket_client() as client:
        await client.delete_object(Bucket=run.fleet.bucket, Key=key)


async def import_gallery(run: Run, step: Step) -> None:
    """A broken-off import is simply repeated; what is barred by the time that it may begin is not imported."""
    picture = run.picture(step)
    folder = run.fleet.folder / "files"
    write_all(folder, _PICTURES)
    images = [_line_image(step, part) for part in range(1 + step.more["count"] // 2)]
    images = [replace(image, sha=picture.sha) for image in images]
    lines = run.fleet.folder / f"import-{step.number}.jsonl"
    sku = PRODUCTS[step.product][0]
    file = f"{picture.sha}.{picture.extension}"
    lines.write_text("".join(json.dumps(_line(sku, image, file)) + "\n" for image in images))
    async with run.alone([step.product]), run.under_way(picture.sha):
        if picture.sha in run.barred:
            return
        report = str(run.fleet.folder / f"rejected-{step.number}.txt")
        await until_done(run, "import", "gallery", str(lines), "--files", str(folder), "--report", report)
        found = {image.name: image for image in (await run.fleet.oracle.gallery(step.product)).images}
        for image in images:
            if image.name not in found:
                raise Wrong(f"step {step.number}: {image.name} was imported and is not there")
            made = replace(image, id=found[image.name].id)
            run.galleries[step.product] = model.imported(made)(run.galleries[step.product])
            run.figures.images += 1


def _line_image(step: Step, part: int) -> Image:
    name = f"t{step.number}-{part}.jpg"
    return Image(key=name, name=name, sha="", label=f"imported {part}", position=part + 1)


def _line(sku: str, image: Image, file: str) -> dict[str, object]:
    given = {"label": image.label, "position": image.position, "exclude": image.excluded}
    return {"sku": sku, "path": image.path, "file": file, **given}


async def import_glue(run: Run, step: Step) -> None:
    """Another external picture for a set that no other API knows."""
    folder = run.fleet.folder / f"glue-{step.number}"
    folder.mkdir(exist_ok=True)
    url = f"https://images.example/{step.number}.jpg"
    _write_csv(folder / "product_abstract.csv", {"abstract_sku": EXTERNAL})
    row = {
        "image_set_name": "other",
        "external_url_large": url,
        "external_url_small": url,
        "locale": "en_US",
        "abstract_sku": EXTERNAL,
        "concrete_sku": "",
        "sort_order": step.number,
        "product_image_key": f"k{step.number}",
        "product_image_set_key": "",
    }
    _write_csv(folder / "product_image.csv", row)
    report = str(folder / "rejected.csv")
    async with run.alone_with_external():
        await until_done(run, "import", "glue", str(folder), "--report", report)
        run.external.append((step.number, url))


def _write_csv(path: Path, row: dict[str, object]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)


COMMANDS: Final[dict[str, Operation]] = {
    "sweep": sweep,
    "sweep renditions": sweep_renditions,
    "purge": purge,
    "lift": lift,
    "verify": verify,
    "build": build,
    "repair": repair,
    "import gallery": import_gallery,
    "import glue": import_glue,
    "export gallery": export_gallery,
    "export products": export_products,
}
