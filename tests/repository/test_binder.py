"""Binder's files have the form that repo2docker expects; `make test-binder` runs them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
REPO2DOCKER = ROOT / ".venv-tools" / "bin" / "jupyter-repo2docker"


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory) -> str:
    """Return the Dockerfile that repo2docker makes from the files, without Docker."""
    if not REPO2DOCKER.exists():
        pytest.skip("needs .venv-tools, which `make lint-workflows` makes")
    repository = tmp_path_factory.mktemp("repository")
    (repository / "binder").symlink_to(ROOT / "binder")
    user = ["--user-id", "1000", "--user-name", "jovyan"]
    done = subprocess.run(
        [REPO2DOCKER, "--no-build", "--debug", *user, repository],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_repo2docker_takes_the_files(dockerfile):
    assert "conda environment for python=3.11\n" in dockerfile
    assert 'pip install --no-cache-dir -r "binder/requirements.txt"' in dockerfile
    assert "binder/postBuild" in dockerfile


def test_packages_are_a_layer_that_a_changed_chapter_leaves_alone(dockerfile):
    install = dockerfile.index('-r "binder/requirements.txt"')
    copy_all = dockerfile.rindex("COPY --chown=1000:1000 src/")
    assert install < copy_all < dockerfile.index("./binder/postBuild")


def test_the_image_is_for_the_cpu_and_builds_no_book():
    text = (ROOT / "binder" / "requirements.txt").read_text("utf-8")
    assert "--extra-index-url https://download.pytorch.org/whl/cpu\n" in text
    assert "+cpu" in text
    assert "nbgitpuller==" in text
    for name in ("sphinx", "jupyter-book", "pytest", "keras", "nvidia", "lessons-lib"):
        assert name not in text
    assert (ROOT / "binder" / "runtime.txt").read_text() == "python-3.11\n"


def test_post_build_is_a_script_that_bash_can_read():
    script = ROOT / "binder" / "postBuild"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)


def hub_values() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "deploy" / "hub-values.yaml").read_text("utf-8"))


def test_the_hubs_values_hold_each_student_to_limits():
    values = hub_values()
    single = values["singleuser"]
    assert single["memory"] == {"guarantee": "1G", "limit": "2G"}
    assert single["cpu"]["limit"] >= single["cpu"]["guarantee"] > 0
    assert single["image"]["tag"] != "latest"
    assert single["storage"]["type"] == "dynamic"  # the students' files outlive the server
    assert values["cull"]["enabled"] is True
    assert values["hub"]["config"]["JupyterHub"]["authenticator_class"] != "dummy"


def test_a_teacher_lets_students_in():
    """Without allow_all JupyterHub rejects everybody; `make test-hub` tries the login."""
    config = hub_values()["hub"]["config"]
    assert config["JupyterHub"] == {"authenticator_class": "native"}
    assert config["NativeAuthenticator"]["open_signup"] is False
    assert config["Authenticator"] == {"allow_all": True, "admin_users": []}


def test_the_sample_of_ones_own_values_fills_in_what_is_left_open():
    readme = (ROOT / "deploy" / "README.md").read_text("utf-8")
    (sample,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    own = dict(leaves(yaml.safe_load(sample)))
    ours = dict(leaves(hub_values()))
    open_ones = {path for path, value in ours.items() if value in ([], "", "REGISTRY/rnn-lessons")}
    assert own.keys() == open_ones | {"singleuser.image.tag"}
    image = f"{own['singleuser.image.name']}:{own['singleuser.image.tag']}"
    assert f"--image-name {image} " in readme


def leaves(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each nested setting."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
