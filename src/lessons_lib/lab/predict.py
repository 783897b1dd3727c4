"""For project: tell who speaks, from a saved model and a file of frames.

    python predict.py MODEL UTTERANCE.csv

MODEL was written by torch.export.save; UTTERANCE.csv has a line for each frame, with its numbers
separated by commas. The program needs torch and NumPy, and nothing of this library: copy it.
"""

import argparse
import json
import sys

import numpy as np
import torch


def read_frames(path: str, frames: int, coefficients: int) -> np.ndarray:
    """Return the utterance (T, 12) in a file; raise ValueError if its shape does not fit."""
    x = np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float32)
    if x.shape[1] != coefficients:
        raise ValueError(f"{path}: got {x.shape[1]} numbers a line, expected {coefficients}")
    if not 1 <= len(x) <= frames:
        raise ValueError(f"{path}: got {len(x)} frames, expected 1 to {frames}")
    if not np.isfinite(x).all():
        raise ValueError(f"{path}: got a number that is not finite")
    return x


def predict(model_path: str, utterance_path: str) -> tuple[int, float]:
    """Return the likeliest speaker, counted from 1, and its probability."""
    files = {"about.json": ""}
    program = torch.export.load(model_path, extra_files=files)
    about = json.loads(files["about.json"])
    x = read_frames(utterance_path, about["frames"], about["coefficients"])
    padded = torch.zeros(about["frames"], 1, about["coefficients"])
    padded[: len(x), 0] = torch.from_numpy(x)
    scores = program.module()(padded)[len(x) - 1, 0]
    probability, speaker = scores.softmax(0).max(0)
    return int(speaker) + 1, float(probability)


def main() -> None:
    """Print the speaker and the probability."""
    parser = argparse.ArgumentParser(description="Tell who speaks.")
    parser.add_argument("model")
    parser.add_argument("utterance")
    options = parser.parse_args()
    try:
        speaker, probability = predict(options.model, options.utterance)
    except (OSError, ValueError) as error:
        sys.exit(f"predict.py: {error}")
    print(f"speaker {speaker}, probability {probability:.2f}")


if __name__ == "__main__":
    main()
