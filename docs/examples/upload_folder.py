"""Puts a folder of pictures into the catalogue, and may be killed and run again at any time without making a duplicate.

    KEY=… python upload_folder.py http://127.0.0.1:8080 pictures/

Each folder in it is a product and called after its SKU; its files are the product's pictures, in the order of their
names. Needs Python 3.11 and requests. What became of each picture is printed, one line a file; the exit code is 1 where
one of them was refused or failed.
"""

import base64
import hashlib
import mimetypes
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import requests

AT_ONCE = 3
WAIT_SECONDS = 50  # for which an answer may be held back until the picture is rendered: the most that is accepted
TRIES = 8
LATER = (409, 429, 502, 503, 504)  # of these 409 only with Retry-After: the same request is still being answered


class Catalogue:
    def __init__(self, address: str, key: str) -> None:
        self.address = address.rstrip("/")
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def send(self, method: str, path: str, **options) -> requests.Response:
        """A request, again and again while the service or the way to it is busy: its idempotency key sees to it that
        what was done once is not done twice."""
        for attempt in range(TRIES):
            try:
                answer = self.session.request(method, self.address + path, timeout=WAIT_SECONDS + 10, **options)
            except requests.ConnectionError:
                answer = None
            if answer is not None and (answer.status_code not in LATER or not may_come_again(answer)):
                return answer
            time.sleep(float(answer.headers["Retry-After"]) if answer is not None else 2**attempt / 4)
        sys.exit(f"{method} {path}: nobody answers.")

    def put_product(self, sku: str) -> None:
        """Makes it; what is there already is left as it is."""
        answer = self.send("PUT", f"/v1/products/{quote(sku, safe='')}", json={})
        if not answer.ok:
            sys.exit(f"{sku}: {answer.text}")

    def hashes(self, sku: str) -> set[str]:
        """Of the pictures that the product shows."""
        images = self.send("GET", f"/v1/products/{quote(sku, safe='')}/images").json()["items"]
        return {image["picture"]["sha256"] for image in images}

    def upload(self, sku: str, file: Path, position: int, data: bytes) -> requests.Response:
        digest = hashlib.sha256(data)
        once = hashlib.sha256(f"{sku}\0{file.name}\0{digest.hexdigest()}".encode()).hexdigest()
        headers = {
            "Content-Type": mimetypes.guess_type(file.name)[0] or "image/jpeg",
            "Content-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
            "Idempotency-Key": once,
            "Prefer": f"wait={WAIT_SECONDS}",
        }
        query = {"file_name": file.name, "position": position}
        return self.send("POST", f"/v1/products/{quote(sku, safe='')}/images", params=query, data=data, headers=headers)

    def settled(self, answer: requests.Response) -> dict:
        """The image once it is decided what became of it: what a retry is told is as of the first try."""
        image = answer.json()
        while image["state"] == "processing":
            wait = {"Prefer": f"wait={WAIT_SECONDS}"}
            image = self.send("GET", f"/v1/images/{image['id']}", headers=wait).json()
        return image


def may_come_again(answer: requests.Response) -> bool:
    return "Retry-After" in answer.headers


def verdict(catalogue: Catalogue, sku: str, file: Path, position: int, known: set[str]) -> tuple[str, str, str]:
    """The file, what became of it, and what else there is to say."""
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() in known:
        return f"{sku}/{file.name}", "there", ""
    answer = catalogue.upload(sku, file, position, data)
    if not answer.ok:
        problem = answer.json()
        causes = [error["code"] for error in problem.get("errors", [])]
        return f"{sku}/{file.name}", "refused", ", ".join(causes) or problem["code"]
    image = catalogue.settled(answer)
    notes = [note["code"] for note in image["picture"]["notes"]]
    return f"{sku}/{file.name}", image["state"], ", ".join(notes)


def main(address: str, folder: Path) -> int:
    catalogue = Catalogue(address, os.environ["KEY"])
    work = []
    for product in sorted(path for path in folder.iterdir() if path.is_dir()):
        catalogue.put_product(product.name)
        known = catalogue.hashes(product.name)
        files = sorted(path for path in product.iterdir() if path.is_file())
        work += [(catalogue, product.name, file, position, known) for position, file in enumerate(files, 1)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        verdicts = []
        for line in threads.map(lambda one: verdict(*one), work):
            print(f"{line[0]:<40} {line[1]:<10} {line[2]}", flush=True)
            verdicts.append(line[1])
    return 1 if {"refused", "failed"} & set(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
