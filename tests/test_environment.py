"""Settings that make no sense are reported at the start, in a sentence; what follows from another one follows."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from app.environment import read_settings
from app.errors import Misconfigured
from app.settings import Settings
from app.settings.memory import document_share, usable_memory
from tests.processes import ROOT


@pytest.mark.parametrize(
    "values",
    [
        {"PUBLIC_URL": "http://x/shop/?a=b"},
        {"PUBLIC_URL": "http://x/#a"},
        {"MEDIA_URL": "https://user:pass@cdn.example"},
        {"GLUE_BASE_URL": "https://shop.example?"},
        {"S3_ENDPOINT_URL": "ftp://s3.example"},
        {"SPREE_URL_PREFIX": "//cdn.example"},
        {"GLUE_LANGUAGES": "=,="},
        {"GLUE_LANGUAGES": "en="},
        {"GLUE_LANGUAGES": "en=en_US,"},
        {"GLUE_LANGUAGES": "en=en_US,en=en_GB"},
        {"GLUE_LANGUAGES": "en=en_US=x"},
        {"GLUE_ALLOW_ORIGIN": "https://shop.example\r\nSet-Cookie: a=b"},
        {"HOST": "127.0.0.1\n"},
        {"DRAIN_SECONDS": "5s"},
        {"FORWARDED_HEADERS": "x-real-ip"},
        {"MAX_IMAGE_BYTES": "20000", "MAX_BODY_BYTES": "10000"},
        {"RECIPE_LARGE_FIT": "padded"},
        {"RECIPE_SMALL_BACKGROUND": "#fff"},
        {"RECIPE_SMALL_BACKGROUND": "red"},
        {"RECIPE_SPREE_MINI_TRIM": "101"},
        {"RECIPE_SPREE_MINI_TRIM": "-1"},
        {"RECIPE_FEED_MARGIN": "41", "RECIPE_FEED_TRIM": "10"},
        {"RECIPE_FEED_MARGIN": "5"},
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_told(values: dict[str, str]) -> None:
    """The sentence begins with the variable's name."""
    with pytest.raises(Misconfigured, match=f"^{next(iter(values))}: .*\\.$"):
        read_settings(values)


@pytest.mark.parametrize(
    "values",
    [
        {"PUBLIC_URL": "https://shop.example:8443"},
        {"MEDIA_URL": "https://cdn.example/images"},
        {"GLUE_LANGUAGES": "en = en_US, de=de_DE,fr=fr"},
        {"MAX_IMAGE_BYTES": "10000", "MAX_BODY_BYTES": "10000"},
        {
            "RECIPE_FEED_FIT": "pad",
            "RECIPE_FEED_BACKGROUND": "#FFfF00",
            "RECIPE_FEED_TRIM": "9",
            "RECIPE_FEED_MARGIN": "40",
        },
    ],
    ids=str,
)
def test_one_that_makes_sense_is_taken(values: dict[str, str]) -> None:
    """Nothing is refused that works."""
    read_settings(values)


@pytest.mark.parametrize(
    ("given", "name", "value", "follows"),
    [
        ("MAX_IMAGE_BYTES", "max_image_bytes", 5_000_000_000, "max_body_bytes"),
        ("MAX_BODY_BYTES", "max_body_bytes", 10_000_000, "max_image_bytes"),
    ],
)
def test_of_two_that_contradict_each_other_the_unset_one_follows(
    given: str, name: str, value: int, follows: str
) -> None:
    """Whoever sets one bound need not know of the other one."""
    settings = read_settings({given: str(value)})

    assert (getattr(settings, name), getattr(settings, follows)) == (value, value)
    assert getattr(read_settings({}), follows) == getattr(Settings(), follows)


@pytest.mark.parametrize(("given", "other"), [("max_pixels", "max_total_pixels"), ("max_total_pixels", "max_pixels")])
@pytest.mark.parametrize("value", [1, 1_000_000_000])
def test_the_bounds_of_a_still_and_of_an_animation_do_not_follow_each_other(given: str, other: str, value: int) -> None:
    """One is of a picture, the other of animations alone, so either may be the larger one."""
    settings = read_settings({given.upper(): str(value)})

    assert (getattr(settings, given), getattr(settings, other)) == (value, getattr(Settings(), other))
    read_settings({given.upper(): str(value), other.upper(): "1000"})


def test_defaults_do_not_contradict_each_other() -> None:
    """Nothing has to follow where nothing is given."""
    reckoned = document_share(usable_memory(), 1)
    assert read_settings({}) == replace(Settings(), document_cache_bytes=reckoned)


@pytest.mark.parametrize("name", ["DRAIN_SECONDS", "PORT"])
def test_several_processes_are_told_of_a_mistyped_number(name: str) -> None:
    """Under gunicorn, too, a mistake is a sentence and no traceback."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.fleet_config", "--check-config"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {name: "5s"}, capture_output=True, text=True, check=False, timeout=50
    )

    assert done.returncode == 1
    assert f"{name}: Not a valid integer." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("values", "rights"),
    [
        ({}, "rights"),
        ({"KEEP_COPYRIGHT": "true"}, "rights"),
        ({"KEEP_COPYRIGHT": "false"}, "none"),
        ({"KEEP_COPYRIGHT": "true", "KEEP_RIGHTS": "copyright"}, "copyright"),
        ({"KEEP_COPYRIGHT": "false", "KEEP_RIGHTS": "rights"}, "none"),
    ],
    ids=str,
)
def test_the_former_name_of_kept_rights_still_counts(values: dict[str, str], rights: str) -> None:
    """Who had all marks taken out before has them taken out after the upgrade, too."""
    assert read_settings(values).rights == rights
