"""For project: 640 recordings of nine speakers, as sequences of unequal length (JapaneseVowels).

Kudo, Toyama and Shimbo had nine men say the vowels /ae/; every 6.4 ms a frame of 25.6 ms was
described by 12 coefficients (LPC cepstrum). The training part has 30 utterances of each speaker.
The test part was recorded on other occasions. Licence: CC BY 4.0; see ``SOURCE``.

    python -m lessons_lib.lab.vowels JapaneseVowels_TRAIN.ts JapaneseVowels_TEST.ts

makes the file of the package again from the two text files that aeon carries.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._check import arguments as validation

#: What the file says of itself.
SOURCE = (
    "Japanese Vowels. M. Kudo, J. Toyama, M. Shimbo (1999). UCI Machine Learning Repository, "
    "https://doi.org/10.24432/C5NS47. License: CC BY 4.0, "
    "https://creativecommons.org/licenses/by/4.0/. Changed in form only: the numbers of the text "
    "files in the Python package aeon 1.6.0, times a million, as integers."
)

#: Number of speakers, numbered from 0, and of coefficients in a frame.
SPEAKERS, COEFFICIENTS = 9, 12

_PARTS = ("train", "test")


class Utterances(NamedTuple):
    """One part of the data.

    Attributes
    ----------
    x : list of N float64 arrays of shape (T_n, 12)
        The frames of each utterance; T_n is from 7 to 29.
    speaker : int64 array of shape (N,)
        From 0 to 8. Utterances are in the order of the source: by speaker, then by recording.
    """

    x: list[np.ndarray]
    speaker: np.ndarray


def utterances(part: str) -> Utterances:
    """Return one part of the data, with every digit of the source.

    Parameters
    ----------
    part : "train" or "test"

    Returns
    -------
    Utterances
        270 or 370 of them; the arrays are new.

    Raises
    ------
    TypeError, ValueError
        The part does not exist.
    """
    validation.check_word("part", part, _PARTS)
    stored = _stored()
    # Halves of 16 bits compress to three quarters of what 32-bit integers take.
    millionths = stored["upper"].astype(np.int64) * 2**16 + stored["lower"]
    x = np.split(millionths / 1e6, np.cumsum(stored["lengths"], dtype=np.int64)[:-1])
    here = np.flatnonzero(stored["part"] == _PARTS.index(part))
    return Utterances([x[n].copy() for n in here], stored["speaker"][here].astype(np.int64))


def read(path: Path) -> Utterances:
    """Return the utterances of a text file of aeon (``.ts``: a line each, colons, commas)."""
    lines = path.read_text("utf-8").partition("@data\n")[2].split()
    x, speaker = [], []
    for line in lines:
        *coefficients, label = line.split(":")
        x.append(np.array([numbers.split(",") for numbers in coefficients], dtype=float).T)
        speaker.append(int(label) - 1)
    return Utterances(x, np.array(speaker))


def write(parts: Sequence[Utterances], path: Path) -> None:
    """Write the training and the test part as the package's file."""
    frames = np.concatenate([frames for part in parts for frames in part.x])
    millionths = np.round(frames * 1e6).astype(np.int32)
    np.savez_compressed(
        path,
        source=np.array(SOURCE),
        upper=(millionths >> 16).astype(np.int16),
        lower=(millionths & 0xFFFF).astype(np.uint16),
        lengths=np.array([len(frames) for part in parts for frames in part.x], np.uint8),
        speaker=np.concatenate([part.speaker for part in parts]).astype(np.uint8),
        part=np.repeat(np.arange(2, dtype=np.uint8), [len(part.x) for part in parts]),
    )


@cache
def _stored() -> dict[str, np.ndarray]:
    with (files("lessons_lib.lab") / "data" / "vowels.npz").open("rb") as file:
        return dict(np.load(file))


def main(arguments: list[str] | None = None) -> int:
    """Make the package's file from the two text files."""
    parser = argparse.ArgumentParser("python -m lessons_lib.lab.vowels", description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--to", type=Path, default=Path(str(files("lessons_lib.lab") / "data")))
    options = parser.parse_args(arguments)
    write([read(options.train), read(options.test)], options.to / "vowels.npz")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
