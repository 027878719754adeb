"""What `serve` says once it is ready."""

from app.commands.links import address_of, console_link
from app.demo.shop import DemoCredentials, demo_file
from app.settings import Settings

_WITHOUT = (
    "The demo shop came into an empty catalogue; `DEMO=false make run` starts without it, in an empty data directory."
)


def banner(
    settings: Settings, port: int, demo: DemoCredentials | None, link: str | None = None, *, to_people: bool = False
) -> str:
    """The address, where the data lies and, with the demo shop, what to try with which credentials. These, and the
    `link` that opens the console, are for people at a terminal: whatever else reads a service's output keeps it."""
    address = address_of(settings, port)
    lines = [f"Product images at {address}", _data(settings), f"All of it, to read and to try: {address}/docs"]
    if settings.console:
        lines.append(f"The console: {console_link(address, link) if link and to_people else f'{address}/console'}")
    if demo is not None and to_people:
        lines += _to_try(settings.public_url or address, demo)
    elif demo is not None:
        lines += [_WITHOUT, f"Demo credentials: {demo_file(settings.data_dir).resolve()}"]
    return "\n".join(lines)


def _data(settings: Settings) -> str:
    objects = f"bucket {settings.s3_bucket}" if settings.s3_bucket else str((settings.data_dir / "objects").resolve())
    database = str((settings.data_dir / "postgres").resolve()) if settings.embedded else "DATABASE_URL"
    return f"Data: rows in {database}, files in {objects}"


def _to_try(address: str, demo: DemoCredentials) -> list[str]:
    oauth = (
        f'OAuth oauth_consumer_key="{demo.consumer_key}", oauth_token="{demo.token}", '
        f'oauth_signature_method="PLAINTEXT", oauth_signature="{demo.consumer_secret}%26{demo.token_secret}"'
    )
    body = '{"file_mime_type": "image/jpeg", "label": "Mine", "file_content": "\'$(base64 -w0 mug.jpg)\'"}'
    return [
        "",
        "Try the demo shop:",
        f"  curl {address}/abstract-products/mug/abstract-product-image-sets",
        f"  curl -o mug.jpg {address}/media/catalog/product/m/u/mug.jpg",
        f"  curl -i {address}/api/rest/products/lamp/images -H 'Content-Type: application/json' \\",
        f"    -H 'Authorization: {oauth}' \\",
        f"    -d '{body}'",
        _WITHOUT,
        "",
        "Demo credentials (demo.json in the data directory keeps them):",
        f"  OpenMage  consumer {demo.consumer_key} {demo.consumer_secret}",
        f"            token    {demo.token} {demo.token_secret}",
        f"  Spree, v1 API key  {demo.api_key}",
    ]
