"""docker-compose.yml, checked as far as a machine without a container engine can."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from app.environment import read_settings
from app.settings import options

ROOT: Final = Path(__file__).parents[1]
_OF_OTHERS: Final = re.compile("AWS_[A-Z_]+|POSTGRES_[A-Z]+|ROOT_(ACCESS|SECRET)_KEY")
_FROM_ENV_FILE: Final = {"SECRET_KEY": "s" * 32, "POSTGRES_PASSWORD": "p", "S3_SECRET": "x"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


def test_the_file_follows_the_compose_specification() -> None:
    """The published schema accepts the file."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_is_an_option_of_somebody(services: dict[str, Any]) -> None:
    """The service gets options that it has, the other containers what is theirs."""
    ours = {option.name.upper() for option in options()}
    for name, service in services.items():
        for variable in service.get("environment", {}):
            assert variable in ours or _OF_OTHERS.fullmatch(variable), f"{name}: {variable}"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_service_starts_with_these_settings(services: dict[str, Any], name: str) -> None:
    """What the file sets is understood, and makes web and worker two things."""
    environ = {variable: _filled_in(value) for variable, value in services[name]["environment"].items()}
    settings = read_settings(environ)
    assert not settings.embedded
    assert settings.s3_bucket == "product-images"
    assert settings.run_worker is (name != "web")


def test_what_is_waited_for_tells_its_health(services: dict[str, Any]) -> None:
    """Whoever is waited for exists, and has a health check or ends by itself."""
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[name]


def test_images_are_pinned_and_data_is_kept(services: dict[str, Any]) -> None:
    """Images of others carry a version, and what must outlive a container lies in a volume."""
    assert all(":" in service["image"] for service in services.values() if "build" not in service)
    assert services["postgres"]["volumes"]
    assert services["s3"]["volumes"] == services["bucket"]["volumes"]


def _filled_in(value: str) -> str:
    """As compose replaces `${NAME:-default}` and `${NAME:?why}`."""
    return re.sub(
        r"\$\{(\w+)(?::([-?])([^}]*))?\}",
        lambda found: _FROM_ENV_FILE.get(found[1], found[3] if found[2] == "-" else ""),
        value,
    )
