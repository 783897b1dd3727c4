"""A figure as SVG: real text, classes for colours, equal on every machine; shown in a notebook."""

import re
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from lessons_lib.lab import labels, plots, svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def closed_figures():
    matplotlib.use("agg")
    yield
    plt.close("all")


def drawn():
    """Return the current figure as an element."""
    return ElementTree.fromstring(svg.figure_to_svg(plt.gcf()))


def paths(root, name):
    return [path for path in root.iter(f"{NAMESPACE}path") if name in path.get("class").split()]


def test_a_curve_runs_through_its_points_in_the_axes():
    x, y = np.array([0.0, 3.0, 4.0]), np.array([1.0, -2.0, 5.0])
    plots.curves(x, {"": y}, xlabel="$x$", ylabel="$y$")
    plt.gca().lines[0].set_marker("")
    root = drawn()
    ax, figure = plt.gca(), plt.gcf()
    figure.dpi = 72
    expected = ax.transData.transform(np.transpose([x, y]))
    expected[:, 1] = float(root.get("height")) - expected[:, 1]
    (path,) = paths(root, "s1")
    start, *steps = re.findall(r"-?\d*\.?\d+[ ,]?-?\d*\.?\d+", path.get("d"))
    numbers = [re.findall(r"-?\d*\.?\d+", pair) for pair in (start, *steps)]
    assert np.cumsum(np.array(numbers, dtype=float), axis=0) == pytest.approx(expected, abs=0.11)


def test_colours_are_classes_and_texts_carry_their_label():
    plots.curves([1, 2], {"RNN, lag 1": [1, 2], "$b$": [2, 1]}, xlabel="lag $k$", ylabel="$L$")
    text = svg.figure_to_svg(plt.gcf())
    outside_style = re.sub("<style>.*</style>", "", text, flags=re.DOTALL)
    assert not re.search("#[0-9a-f]{3}|rgb", outside_style)
    labels = [each.get("data-label") for each in drawn().iter(f"{NAMESPACE}text")]
    assert set(filter(None, labels)) == {"RNN, lag 1", "lag $k$"}  # not the numbers at the axes
    assert "".join(next(drawn().iter(f"{NAMESPACE}text")).itertext()) == "1.0"


def test_the_same_figure_gives_the_same_text_and_keeps_its_dots():
    plots.bars(["u", "v"], {"a": [[1, 2], [3, 4]]}, ylabel="$L$")
    figure, dpi = plt.gcf(), plt.gcf().dpi
    assert svg.figure_to_svg(figure) == svg.figure_to_svg(figure)
    assert figure.dpi == dpi


def test_bars_and_curves_end_at_the_axes():
    plots.bars(["u"], {"": [5.0]}, ylabel="")
    plt.ylim(1, 2)
    (bar,) = paths(drawn(), "f1")
    top, *_ = sorted(float(y) for _, y in re.findall(r"M([\d.]+),([\d.]+)", bar.get("d")))
    assert top >= 0
    plt.close()
    plots.curves([0, 1], {"": [0.0, 1000.0]}, xlabel="", ylabel="")
    plt.ylim(0, 1)
    numbers = re.findall(r"-?\d*\.?\d+", paths(drawn(), "s1")[0].get("d"))
    assert max(abs(float(number)) for number in numbers) < 400


def test_a_band_and_its_markers_are_there():
    plots.curves([1, 2, 3], {"": [[1, 2, 3], [2, 3, 4]]}, xlabel="", ylabel="")
    (band,) = [path for path in paths(drawn(), "f1") if path.get("opacity")]
    assert band.get("opacity") == "0.20"
    (marks,) = [path for path in paths(drawn(), "f1") if path.get("d").count("M") == 3]
    assert "s1" in marks.get("class")


def test_a_colour_of_no_theme_and_a_picture_of_pixels_are_refused():
    plt.plot([1, 2], color="red")
    with pytest.raises(ValueError, match=r"color #ff0000: expected one of #0072b2, .*themes"):
        svg.figure_to_svg(plt.gcf())
    plt.close()
    plt.imshow(np.eye(2))
    with pytest.raises(ValueError, match="a picture made of pixels"):
        svg.figure_to_svg(plt.gcf())


@pytest.mark.filterwarnings("error")  # matplotlib's letters have no Hangul
def test_a_copy_in_korean_alone_draws_korean_labels_with_their_room():
    series = {"편향이 큰 장단기 메모리의 기울기": [1, 2], "바닐라 RNN의 기울기": [2, 1]}
    plots.curves([1, 2], series, xlabel="시차 $k$", ylabel="크기")
    root = drawn()
    texts = {"".join(text.itertext()): text for text in root.iter(f"{NAMESPACE}text")}
    assert {*series, "시차 k", "크기"} <= set(texts)
    long, short = (texts[label] for label in series)
    assert (long.get("x"), long.get("y")) != (short.get("x"), short.get("y"))


def test_a_label_in_both_languages_has_room_for_the_longer_one():
    renderer, prop = svg._Renderer(300, 200), FontProperties(size=10)
    long, short = "아주 긴 한국어 이름입니다", "짧음"
    widths = [
        renderer.get_text_width_height_descent(f"{korean} · short", prop, False)[0]
        for korean in (long, short)
    ]
    assert widths[0] == pytest.approx(labels.width(long, 10))
    english = renderer.get_text_width_height_descent("short", prop, False)[0]
    assert english <= widths[1] < widths[0]


def test_a_shell_shows_svg_and_png_only_of_what_has_no_theme():
    shell = InteractiveShell()
    svg.show_figures_as_svg(SimpleNamespace(display_formatter=shell.display_formatter))
    plots.curves([1, 2], {"": [1, 2]}, xlabel="", ylabel="")
    data, _ = shell.display_formatter.format(plt.gcf())
    assert "image/svg+xml" in data
    assert "image/png" not in data
    figure = Figure()
    figure.add_subplot().plot([1, 2], color="red")
    data, _ = shell.display_formatter.format(figure)
    assert "image/png" in data
    assert "image/svg+xml" not in data


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("lag $k$ & more", "lag k & more"),
        (r"$\|\partial L/\partial h_{T-k}\|$", "‖∂L/∂hT−k‖"),
        ("$a = b_{c=d}$", "a\u2005=\u2005bc=d\u200b"),
        (r"$\hat{r}_{t+1|T}$", "r\u0302t+1|T\u200b"),
        (r"$\mathdefault{10^{-2}}$", "10−2\u200b"),
        (r"$\ln(T-1)\,\rightarrow$", "ln(T−1)\u2009\u2005→\u2005"),
        (r"$\mathcal{L}_{\mathrm{train}}$", "ℒtrain\u200b"),
    ],
)
def test_labels_are_set_as_letters(label, text):
    element = ElementTree.fromstring(f"<text>{labels.typeset(label, 10)}</text>")
    assert "".join(element.itertext()) == text
    shifts = [float(part.get("dy", 0)) for part in element.iter()]
    assert sum(shifts) == pytest.approx(0)  # the following letters are on the line again


def test_a_subscript_of_a_subscript_is_smaller_and_deeper():
    element = ElementTree.fromstring(f"<text>{labels.typeset('$a_{b_c}$', 100)}</text>")
    first, second, third = list(element)[:3]
    assert [part.get("class") for part in (first, second, third)] == ["m", "m", "m"]
    assert float(second.get("font-size", 0)) > float(third.get("font-size", 99))
    assert float(third.get("dy", 0)) > 0


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("$a", r"got an odd number of \$"),
        (r"$\wrong$", r"\\wrong is not known"),
        ("$a_{b$", "that is not closed"),
        ("$a}$", "a } too many"),
        ("$a_$", "nothing to act on"),
    ],
)
def test_a_label_that_cannot_be_set_is_named(label, message):
    with pytest.raises(ValueError, match=message):
        labels.typeset(label, 10)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("LSTM, $b$", False),
        ("NumPy", False),
        ("$lag$", False),
        ("lag", True),
        ("RNN size", True),
    ],
)
def test_names_and_formulas_are_no_words(label, words):
    assert labels.has_words(label) is words


def test_widths_grow_with_size_and_hangul_is_wide():
    assert labels.width("lag $k$", 20) == pytest.approx(2 * labels.width("lag $k$", 10))
    assert labels.width("시차", 10) > labels.width("ab", 10)
    assert labels.width("$a_b$", 10) < labels.width("$ab$", 10)
