"""The utterances are those of the source, digit for digit, in parts that do not overlap."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from lessons_lib.lab import vowels

#: Of the millionths (int32, little-endian) in the text files of aeon 1.6.0.
DIGESTS = {
    "train": "4bdc3402e180a34598a574c8063ef302cfc8574b0a7bf210e5c51f5b3bdd403f",
    "test": "48d8310d50f0fac5c0332cd8c4522d2e7f106a9802888fd470ecee9aabfb72e6",
}
#: Utterances of each speaker, from the source's description.
COUNTS = {"train": [30] * 9, "test": [31, 35, 88, 44, 29, 24, 40, 50, 29]}
PARTS = list(COUNTS)


@pytest.mark.parametrize("part", PARTS)
def test_the_sizes_are_those_of_the_description(part):
    x, speaker = vowels.utterances(part)
    assert len(x) == len(speaker) == {"train": 270, "test": 370}[part]
    assert np.bincount(speaker).tolist() == COUNTS[part]
    assert len(COUNTS[part]) == vowels.SPEAKERS
    assert (np.diff(speaker) >= 0).all(), "in the order of the source"
    assert speaker.dtype == np.int64
    assert all(frames.dtype == np.float64 for frames in x)
    assert {frames.shape[1] for frames in x} == {vowels.COEFFICIENTS} == {12}
    lengths = [len(frames) for frames in x]
    assert (min(lengths), max(lengths)) == {"train": (7, 26), "test": (7, 29)}[part]


@pytest.mark.parametrize("part", PARTS)
def test_every_number_is_the_sources(part):
    frames = np.concatenate(vowels.utterances(part).x)
    millionths = np.round(frames * 1e6).astype("<i4")
    assert hashlib.sha256(millionths.tobytes()).hexdigest() == DIGESTS[part]
    assert np.array_equal(frames, millionths / 1e6), "the nearest float64 to each decimal number"


def test_the_first_and_last_frames_are_the_sources():
    train, test = vowels.utterances("train").x, vowels.utterances("test").x
    assert train[0].shape == (20, 12)
    assert train[0][0, :3].tolist() == [1.860936, -0.207383, 0.261557]
    assert train[0][-1, -2:].tolist() == [-0.033314, -0.175986]
    assert test[-1].shape == (11, 12)
    assert test[-1][-1, [0, 1, -1]].tolist() == [1.177449, -0.40408, 0.224688]


def test_no_utterance_is_in_both_parts():
    known = {frames.tobytes() for frames in vowels.utterances("train").x}
    assert len(known) == 270
    assert not known & {frames.tobytes() for frames in vowels.utterances("test").x}


def test_a_reader_may_write_into_the_arrays():
    first = vowels.utterances("train")
    first.x[0][:] = 0
    first.speaker[:] = 0
    again = vowels.utterances("train")
    assert again.x[0].any()
    assert again.speaker.any()


def test_the_file_is_small_and_states_its_source_and_licence():
    path = files("lessons_lib.lab") / "data" / "vowels.npz"
    assert len(path.read_bytes()) < 400_000
    with path.open("rb") as file:
        source = str(np.load(file)["source"])
    assert source == vowels.SOURCE
    for word in ("Kudo", "Toyama", "Shimbo", "10.24432/C5NS47", "CC BY 4.0"):
        assert word in source


def test_the_file_can_be_made_again_from_the_text_files(tmp_path):
    kept = {part: vowels.utterances(part) for part in PARTS}
    for part, (x, speaker) in kept.items():
        lines = [
            ":".join(",".join(f"{value:.6f}" for value in row) for row in frames.T) + f":{k + 1}"
            for frames, k in zip(x, speaker, strict=True)
        ]
        text = "#a comment\n@dimensions 12\n@data\n" + "\n".join(lines) + "\n"
        (tmp_path / f"{part}.ts").write_text(text, "utf-8")
    assert (
        vowels.main([*(str(tmp_path / f"{part}.ts") for part in PARTS), "--to", str(tmp_path)]) == 0
    )
    with (
        np.load(tmp_path / "vowels.npz") as again,
        np.load(str(files("lessons_lib.lab") / "data" / "vowels.npz")) as stored,
    ):
        assert again.files == stored.files
        assert all(np.array_equal(again[name], stored[name]) for name in stored.files)


def test_a_part_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"part: got 'validation', expected .*train.*test"):
        vowels.utterances("validation")
