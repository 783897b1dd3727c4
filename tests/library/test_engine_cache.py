"""The disk cache is used if it is intact and private to the user, and ignored otherwise."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lessons_lib.trace import cache

pytestmark = pytest.mark.skipif(os.name == "nt", reason="owners and modes are those of POSIX")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    monkeypatch.setenv("LESSONS_LIB_CACHE", str(path))
    return path


class Maker:
    """Count the calls."""

    def __init__(self, content=b"code"):
        self.content, self.asked = content, 0

    def __call__(self):
        self.asked += 1
        return self.content


def kept_file(folder):
    (path,) = folder.glob("*.o")
    return path


def test_what_was_made_is_kept_for_its_key(folder):
    make = Maker()
    assert cache.cached("key", make) == cache.cached("key", make) == b"code"
    assert make.asked == 1
    assert cache.cached("another key", Maker(b"other")) == b"other"


def test_folder_and_files_are_the_users_alone(folder):
    cache.cached("key", Maker())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept_file(folder).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: bytes([content[0] ^ 1]) + content[1:],
        lambda content: (
            content[:40] + b"!" + content[41:] if len(content) > 40 else content[:33] + b"!"
        ),
        lambda content: b"",
    ],
)
def test_a_damaged_file_is_made_again(folder, damage):
    cache.cached("key", Maker(b"a longer piece of code"))
    path = kept_file(folder)
    path.write_bytes(damage(path.read_bytes()))
    make = Maker(b"a longer piece of code")
    assert cache.cached("key", make) == b"a longer piece of code"
    assert make.asked == 1
    cache.cached("key", make)
    assert make.asked == 1  # and kept again


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_not_used(folder, mode):
    folder.mkdir()
    folder.chmod(mode)
    cache.cached("key", Maker())
    assert not list(folder.iterdir())


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_to_is_not_used(folder, mode):
    cache.cached("key", Maker())
    kept_file(folder).chmod(mode)
    make = Maker()
    cache.cached("key", make)
    assert make.asked == 1


def test_a_file_of_another_owner_is_not_used(folder, monkeypatch):
    cache.cached("key", Maker())
    monkeypatch.setattr(os, "getuid", lambda: kept_file(folder).stat().st_uid + 1)
    make = Maker()
    cache.cached("key", make)
    assert make.asked == 1


def test_a_link_to_a_folder_is_not_used(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    cache.cached("key", Maker())
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_folder_that_cannot_be_written_does_no_harm(folder, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError

    folder.mkdir(mode=0o700)
    monkeypatch.setattr(cache.tempfile, "mkstemp", refuse)
    assert cache.cached("key", Maker()) == b"code"
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert cache.cached("key", Maker()) == b"code"


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    def refuse(*args):
        raise OSError

    monkeypatch.setattr(os, "replace", refuse)
    assert cache.cached("key", Maker()) == b"code"
    assert not list(folder.iterdir())


def test_an_empty_name_turns_it_off(monkeypatch):
    monkeypatch.setenv("LESSONS_LIB_CACHE", "")
    assert cache.cache_folder() is None
    assert cache.cached("key", Maker()) == b"code"


def test_by_default_it_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.delenv("LESSONS_LIB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert cache.cache_folder() == tmp_path / "lessons_lib"


def test_two_processes_may_share_it(folder):
    code = """
import numpy as np
from lessons_lib import rnn
from lessons_lib.trace import compiled
rng = np.random.default_rng(0)
params = rnn.init_params(3, 5, rng)
x = rng.standard_normal((4, 2, 3))
assert abs(compiled.forward(rnn.CELL, params, x)[0] - rnn.forward(params, x)[0]).max() < 1e-12
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=env) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert kept_file(folder)
    subprocess.run([sys.executable, "-c", code], env=env, check=True)  # from disk
