"""Keep object files on disk, for one user only.

A file is used only if it and its folder belong to the user, nobody else may write to them, and its
checksum is correct; otherwise the code is silently compiled again. The folder is ``lessons_lib`` in
the user's cache folder; ``LESSONS_LIB_CACHE`` names another one, and if it is empty, nothing is
kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def cached(key: str, make: Callable[[], bytes]) -> bytes:
    """Return the contents of this key's file; if there is no file, make the contents and keep them.

    Parameters
    ----------
    key : str
        A text of everything on which the result depends.
    make : callable
    """
    folder = cache_folder()
    if folder is None:
        return make()
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.o"
    kept = _read(path)
    if kept is None:
        kept = make()
        with contextlib.suppress(OSError):
            _write(path, kept)
    return kept


def cache_folder() -> Path | None:
    """Return the folder, created if necessary; None if no folder is private to the user."""
    asked = os.environ.get("LESSONS_LIB_CACHE")
    if asked == "":
        return None
    folder = Path(asked) if asked else _user_cache() / "lessons_lib"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _is_private(folder) else None
    except OSError:
        return None


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home())
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _is_private(path: Path) -> bool:
    """Tell whether a file or folder is the user's own, and nobody else may write to it."""
    if not hasattr(os, "getuid"):  # on Windows, the user's folders are private by default
        return True
    status = path.lstat()
    writable = stat.S_IMODE(status.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
    return status.st_uid == os.getuid() and not writable and not stat.S_ISLNK(status.st_mode)


def _read(path: Path) -> bytes | None:
    try:
        if not _is_private(path):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    checksum, kept = content[:32], content[32:]
    return kept if hashlib.sha256(kept).digest() == checksum else None


def _write(path: Path, content: bytes) -> None:
    """Write a file atomically, so that another process never sees a part of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # readable only by the user
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
