"""What holds for a process however it is started."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

_SERVE: Final = """
import asyncio, gc, os, signal, sys
from pathlib import Path
from app.process import serve
from app.settings import Settings

def ready(_):
    print("counted", gc.get_freeze_count(), len(gc.get_objects()), flush=True)
    os.kill(os.getpid(), signal.SIGINT)

settings = Settings(data_dir=Path(sys.argv[2]), secret_key="x" * 32, port=0)
asyncio.run(serve(settings, sys.argv[1], ready))
"""


def test_what_a_start_leaves_is_not_looked_through_for_garbage(dsn: str, tmp_path: Path) -> None:
    """A hundred thousand objects, for which all requests would wait; next to nothing is left to be looked through."""
    words = (sys.executable, "-c", _SERVE, dsn, str(tmp_path))
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=50)
    [counted] = re.findall(r"counted (\d+) (\d+)$", done.stdout, re.MULTILINE)  # among lines of the log
    kept, looked_through = map(int, counted)
    assert kept > 50_000
    assert looked_through < kept / 20
