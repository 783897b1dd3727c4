"""The examples in the docstrings show what they print, and practitioners meet one first."""

import doctest
import importlib
import inspect
import pkgutil

import pytest
import torch

import lessons_lib
from lessons_lib import dropout, scan, stack, torch_modules

WITH_EXAMPLES = sorted(
    module.name
    for module in pkgutil.walk_packages(lessons_lib.__path__, "lessons_lib.")
    if not module.name.startswith("lessons_lib.lab") and not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_print_what_they_show(name):
    torch.manual_seed(0)
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert not result.failed


VARIANTS = [dropout.NonRecurrentDropout, dropout.RNNDrop, dropout.VariationalDropout]
VARIANTS += [dropout.WeightDrop, dropout.RecurrentDropout, dropout.Zoneout]
VARIANTS += [dropout.Combined, dropout.PerLayer]
LAYERS = [getattr(torch_modules, name) for name in torch_modules.__all__ if name != "to_module"]
MODULES = [lessons_lib.lstm, lessons_lib.gru, lessons_lib.rnn, scan, stack, lessons_lib.linear.scan]


@pytest.mark.parametrize(
    "documented",
    [*LAYERS, *VARIANTS, *MODULES],
    ids=lambda documented: documented.__name__.removeprefix("lessons_lib."),
)
def test_what_practitioners_meet_first_has_an_example(documented):
    assert "Examples\n" in (inspect.getdoc(documented) or "")
