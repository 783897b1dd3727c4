"""The model of charlm's figure: its weights survive packing, and it beats counting."""

import base64

import numpy as np
import pytest

from lessons_lib import lstm, readout
from lessons_lib.lab import book_text, explainer, record

LANGUAGES = ("ko", "en")


def random_model(K, seed=0):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(shape) for shape in explainer.shapes(K)]
    embedding, W_ih, W_hh, b, W, read_b = arrays
    return explainer.Model(embedding, lstm.Params(W_ih, W_hh, b), readout.Params(W, read_b))


def arrays_of(model):
    return [model.embedding, *model.cell, *model.readout]


def test_weights_survive_packing():
    model = random_model(7)
    packed = explainer.pack(model)
    for array, found in zip(
        arrays_of(model),
        arrays_of(explainer.unpack({**packed, "vocabulary": "abcdefg"})),
        strict=True,
    ):
        assert found.shape == array.shape
        largest = np.abs(array).max(axis=-1, keepdims=True)
        # Half a step of 1/127, and the 16 bits of the scale; a vector has 16 bits a number.
        error = largest / 127 * 0.57 if array.ndim == 2 else np.abs(array) / 2000
        assert (np.abs(found - array) <= error).all()
    again = explainer.pack(explainer.unpack({**packed, "vocabulary": "abcdefg"}))
    assert len(base64.b64decode(again["integers"])) == sum(a.size for a in arrays_of(model)) - 519


def test_a_row_of_zeros_is_packed():
    model = random_model(3)
    model.embedding[1] = 0
    found = explainer.unpack({**explainer.pack(model), "vocabulary": "abc"})
    assert not found.embedding[1].any()
    assert np.isfinite(found.embedding).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_share_no_paragraph(language):
    read = explainer.texts(language)
    newline = read.vocabulary.index("\n")
    assert read.validation[0] == read.test[0] == newline
    parts = [book_text.decode(part, read.vocabulary).splitlines() for part in read[:3]]
    paragraphs = [set(part) - {""} for part in parts]
    assert not paragraphs[0] & paragraphs[1]
    assert not paragraphs[0] & paragraphs[2]
    assert not paragraphs[1] & paragraphs[2]
    assert abs(len(paragraphs[1]) - len(paragraphs[2])) <= 1


def bits(model, codes):
    """Return the mean loss in bits, by the library's equations."""
    y, _, _ = lstm.forward(model.cell, model.embedding[codes[:-1], None])
    target = np.eye(len(model.embedding))[codes[1:], None]
    loss, _ = readout.cross_entropy(readout.forward(model.readout, y), target)
    return loss.mean() / np.log(2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_recorded_model_beats_counting(language):
    recorded, read = record.load(f"explainer_{language}"), explainer.texts(language)
    assert recorded["vocabulary"] == read.vocabulary
    found = bits(explainer.unpack(recorded), read.test)
    assert found == pytest.approx(recorded["bits"]["int8"], abs=1e-4)
    assert abs(found - recorded["bits"]["float32"]) < 0.005
    assert found < recorded["bits"]["n_gram"]
    order, strength = recorded["n_gram"]["order"], recorded["n_gram"]["strength"]
    assert order in explainer.ORDERS
    assert strength in explainer.STRENGTHS


def open_parentheses(text):
    """Return for each symbol whether a parenthesis of its paragraph is open."""
    inside, found = False, []
    for symbol in text:
        inside = symbol == "(" or (inside and symbol not in ")\n")
        found.append(inside)
    return np.array(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_units_in_sight_tell_whether_a_parenthesis_is_open(language):
    read, model = explainer.texts(language), explainer.unpack(record.load(f"explainer_{language}"))
    _, _, trace = lstm.forward(model.cell, model.embedding[read.validation, None])
    negative = np.array([step.tanh_c[0] < 0 for step in trace.steps])
    inside = open_parentheses([read.vocabulary[code] for code in read.validation])
    right = (negative == inside[:, None]).mean(axis=0)
    right = np.maximum(right, 1 - right)
    assert right.argmax() == explainer.START[language][1]
    assert right.max() > 1 - inside.mean()  # better than "none is open"
