"""
The package itself, built by dpkg-deb(1).
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from deb import control, tree
from wand.setup.host import execute


def pack(root: Path, folder: Path, revision: int) -> Path:
    """
    Build a package of what L{tree.fill} wrote.

    @param folder: where it comes to be.
    @param revision: the last part of its version; what is built again has a higher one.
    """
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    documents = root / f"usr/share/doc/{control.NAME}"
    tree.compressed(documents / "changelog.Debian.gz", control.changelog(revision, epoch))
    architecture = execute("dpkg", "--print-architecture").strip()
    python = execute(tree.PYTHON, "-c", "import sys; print(*sys.version_info[:2], sep='.')").strip()
    members = control.members(revision, tree.kibibytes(root), python, architecture)
    _private(root)
    for name, text in {**members, "md5sums": _sums(root)}.items():
        path = root / "DEBIAN" / name
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / f"{control.NAME}_{control.versionOf(revision)}_{architecture}.deb"
    execute("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z2", str(root), str(package))
    return package


def _private(root: Path) -> None:
    # Whatever the umask of who builds it: everybody may read it, and only root may write.
    execute("chmod", "-R", "u=rwX,go=rX", str(root))


def _sums(root: Path) -> str:
    kept = {path.lstrip("/") for path in control.configurations()}
    lines = []
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and not path.is_symlink() and not name.startswith("DEBIAN/") and name not in kept:
            lines.append(f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {name}\n")
    return "".join(lines)
