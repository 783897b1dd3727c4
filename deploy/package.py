"""Build wheel and sdist twice, check them, and run the sdist's own tests on the installed wheel.

    python deploy/package.py                 with the versions of requirements.txt
    python deploy/package.py --lowest        with the lower bounds of pyproject.toml
    python deploy/package.py --newest        with the newest versions allowed, and the chapters too
    python deploy/package.py --without-torch only check that NumPy alone is enough
    python deploy/package.py --tag v0.1.0    also check that a release's tag names the version

The script needs only Python, on any system; it makes environments in a temporary folder.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

#: Run without torch and matplotlib: every module that needs neither, and the README's first lines.
ALONE = """
import importlib, pkgutil, re, sys
import lessons_lib
got = []
for module in pkgutil.iter_modules(lessons_lib.__path__):
    try:
        importlib.import_module(f"lessons_lib.{module.name}")
    except ModuleNotFoundError as error:
        assert error.name in {"torch", "matplotlib", "IPython"}, error
    else:
        got.append(module.name)
assert {"rnn", "lstm", "gru", "stack", "scan", "verify", "lab"} <= set(got), got
exec(re.findall(r"```python\\n(.*?)```", open(sys.argv[1], encoding="utf-8").read(), re.S)[0])
assert y.shape == (7, 2, 5) and dx.shape == x.shape
assert "torch" not in sys.modules
print("without torch:", *got)
"""


def main() -> None:
    """Run all parts and print how long each took."""
    options = arguments()
    if options.tag and options.tag.removeprefix("v") != PROJECT["version"]:
        sys.exit(f"--tag {options.tag}: expected v{PROJECT['version']} as in pyproject.toml")
    if options.tag and "/OWNER/" in PROJECT["urls"]["Repository"]:
        sys.exit("[project.urls]: got the placeholder OWNER, expected the repository's address")
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        work = Path(folder)
        wheel, source = timed("build", build, work)
        timed("NumPy alone", alone, wheel, work)
        if not options.without_torch:
            timed("the sdist's tests", test, wheel, source, work, options)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    versions = parser.add_mutually_exclusive_group()
    versions.add_argument("--lowest", action="store_true")
    versions.add_argument("--newest", action="store_true")
    versions.add_argument("--without-torch", action="store_true")
    parser.add_argument("--tag", default="")
    return parser.parse_args()


def build(work: Path) -> tuple[Path, Path]:
    """Build into dist/, then again from the sdist; return the wheel and the unpacked sdist."""
    pinned = ROOT / "deploy" / "tools.txt"
    tools = environment(work / "tools", "build", "hatchling", "twine", constraints=pinned)
    pack = ["-m", "build", "--no-isolation"]  # isolated, it takes the newest hatchling
    for old in DIST.glob("*"):
        old.unlink()
    run(tools, *pack, "--outdir", DIST, ROOT)
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    if maker(wheel) not in pinned.read_text("utf-8").split():
        sys.exit(f"{wheel.name}: made by {maker(wheel)}, expected the version in {pinned.name}")
    with tarfile.open(sdist) as archive:
        archive.extractall(work, filter="data")
    source = work / sdist.name.removesuffix(".tar.gz")
    run(tools, *pack, "--outdir", work / "again", source)
    for path in (wheel, sdist):
        if digest(path) != digest(work / "again" / path.name):
            sys.exit(f"{path.name}: its bytes differ when it is built again from the sdist")
        print(f"{digest(path)}  {path.name}, {path.stat().st_size / 1000:.0f} kB")
    run(tools, "-m", "twine", "check", "--strict", wheel, sdist)
    return wheel, source


def maker(wheel: Path) -> str:
    """Return the program that made the wheel, for example ``hatchling==1.33.0``."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/WHEEL"))
        text = archive.read(name).decode()
    fields = dict(line.split(": ", 1) for line in text.splitlines() if line)
    return fields["Generator"].replace(" ", "==")


def alone(wheel: Path, work: Path) -> None:
    """Check that the wheel without extras installs only what the library needs, and runs."""
    python = environment(work / "alone", wheel)
    listed = run(python, "-m", "pip", "list", "--format=freeze", capture=True)
    names = {line.split("==")[0].lower().replace("_", "-") for line in listed.split()}
    expected = {"lessons-lib", "numpy", "array-api-compat", "cloudpickle"}
    if names - {"pip", "setuptools"} != expected:
        sys.exit(f"pip install {wheel.name} installed {sorted(names)}, expected {sorted(expected)}")
    script = work / "alone.py"
    script.write_text(ALONE, "utf-8")
    run(python, script, ROOT / "README.md")


def test(wheel: Path, source: Path, work: Path, options: argparse.Namespace) -> None:
    """Run the sdist's tests, in the sdist's folder, on the installed wheel."""
    constraints = None if options.newest else ROOT / "requirements.txt"
    if options.lowest:
        constraints = work / "lowest.txt"
        constraints.write_text("\n".join(lower_bounds()) + "\n", "utf-8")
        print(*lower_bounds(), sep="\n")
    python = environment(work / "tests", f"{wheel}[test]", constraints=constraints)
    run(python, "-m", "pip", "list")
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=source)
    if options.newest:
        run(python, "-m", "pip", "install", "--quiet", "ipykernel")
        run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "book", cwd=ROOT)


def lower_bounds() -> list[str]:
    """Return ``name==bound`` for each package that the library and its chapters need."""
    extras = PROJECT["optional-dependencies"]
    requirements = [*PROJECT["dependencies"], *extras["torch"], *extras["chapters"]]
    pairs = (re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement) for requirement in requirements)
    return [f"{pair[1]}=={pair[2]}" for pair in pairs if pair]


def environment(folder: Path, *packages: object, constraints: Path | None = None) -> Path:
    """Make a virtual environment with the packages; return its Python."""
    run(sys.executable, "-m", "venv", folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    held = ["-c", constraints] if constraints else []
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(python, *install, *held, *packages)
    return python


def run(*command: object, cwd: Path = ROOT, capture: bool = False) -> str:
    """Run a command; return its output if asked to. If it fails, exit with its exit code."""
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environ,
        check=False,
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    if done.returncode:
        sys.exit(f"exit code {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout or ""


def timed(name: str, function, *words):
    """Call a function and print how long it took."""
    start = time.monotonic()
    result = function(*words)
    print(f"==> {name}: {time.monotonic() - start:.0f} s", flush=True)
    return result


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
