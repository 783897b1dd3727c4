"""`lab/predict.py` works alone: without this library, with messages that say what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lessons_lib.lab import predict

FRAMES, COEFFICIENTS, SPEAKERS = 6, 3, 4

#: Runs a program as its own main module, in a process that cannot import the library.
ALONE = """
import runpy, sys
sys.modules["lessons_lib"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Reader(nn.Module):
    """Scores at every frame."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.read = nn.LSTM(COEFFICIENTS, 5), nn.Linear(5, SPEAKERS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 8 * self.read(self.layer(x)[0])


@pytest.fixture(scope="module")
def model() -> Reader:
    torch.manual_seed(0)
    return Reader().eval()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "model.pt2"
    program = torch.export.export(model, (torch.zeros(FRAMES, 1, COEFFICIENTS),))
    about = json.dumps({"frames": FRAMES, "coefficients": COEFFICIENTS})
    torch.export.save(program, path, extra_files={"about.json": about})
    return path


def utterance(folder: Path, frames: int, seed: int = 0) -> tuple[Path, np.ndarray]:
    x = np.random.default_rng(seed).standard_normal((frames, COEFFICIENTS)).astype(np.float32)
    np.savetxt(folder / "u.csv", x, delimiter=",", fmt="%.9g")
    return folder / "u.csv", x


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a copy of the program where nothing else is."""
    program = shutil.copy(predict.__file__, folder / "predict.py")
    command = [sys.executable, "-c", ALONE, program, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_prints_speaker_and_probability_without_the_library(model, saved, tmp_path):
    path, x = utterance(tmp_path, 4)
    done = run(tmp_path, saved, path)
    assert done.returncode == 0, done.stderr
    probability, speaker = model(torch.tensor(x)[:, None])[-1, 0].softmax(0).max(0)
    assert done.stdout == f"speaker {int(speaker) + 1}, probability {float(probability):.2f}\n"


def test_the_process_of_these_tests_really_lacks_the_library(tmp_path):
    (tmp_path / "imports.py").write_text("import lessons_lib\n", "utf-8")
    command = [sys.executable, "-c", ALONE, "imports.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("frames", [1, 3, FRAMES])
def test_padding_does_not_reach_the_decision(model, saved, tmp_path, frames):
    path, x = utterance(tmp_path, frames, seed=frames)
    expected = model(torch.tensor(x)[:, None])[-1, 0].softmax(0)
    speaker, probability = predict.predict(str(saved), str(path))
    assert speaker == int(expected.argmax()) + 1
    assert probability == pytest.approx(float(expected.max()), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n" * 3, "got 2 numbers a line, expected 3"),
        ("1,2,3\n" * 7, "got 7 frames, expected 1 to 6"),
        ("1,nan,3\n", "got a number that is not finite"),
        ("1,two,3\n", "could not convert"),
    ],
)
def test_a_file_that_does_not_fit_is_named(saved, tmp_path, text, message):
    (tmp_path / "u.csv").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=message):
        predict.predict(str(saved), str(tmp_path / "u.csv"))


def test_an_error_is_one_line(saved, tmp_path):
    done = run(tmp_path, saved, "absent.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("predict.py: ")
    assert done.stderr.count("\n") == 1
    assert "absent.csv" in done.stderr
