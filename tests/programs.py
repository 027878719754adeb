"""Programs of other projects that tests try the service with: where one is missing, its tests are skipped by name."""

import shutil

import pytest


def needs(program: str, package: str = "") -> pytest.MarkDecorator:
    """Skips the test where `program` is not on the PATH; `package` is what Debian calls it, where that differs."""
    reason = f"{program} is not installed (Debian: {package or program})"
    return pytest.mark.skipif(shutil.which(program) is None, reason=reason)
