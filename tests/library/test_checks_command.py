"""``python -m lessons_lib.checks FILE.py``: a table, an exit status, JUnit's XML."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from lessons_lib.checks.__main__ import main

RIGHT = """
import numpy as np

def rnn_step(x, h, W_ih, W_hh, b):
    return np.tanh(x @ W_ih.T + h @ W_hh.T + b)

def helper(x):
    return x
"""
WRONG = """
def clip_by_value(grads, limit):
    print("\\x07 and a sound")
    return [g.clip(None, limit) for g in grads]
"""


def run(tmp_path, source, *arguments):
    path = tmp_path / "mine.py"
    path.write_text(source, encoding="utf-8")
    return main([str(path), *arguments, "--lang", "en"])


def test_a_file_that_is_right(tmp_path, capsys):
    assert run(tmp_path, RIGHT) == 0
    assert capsys.readouterr().out == "rnn_step  ✓\n1 of 1 correct.\n"


def test_a_file_that_is_partly_wrong(tmp_path, capsys):
    assert run(tmp_path, RIGHT + WRONG, "--junit", str(tmp_path / "out.xml")) == 1
    out = capsys.readouterr().out
    assert "diagnosis: Only elements that are too large are cut." in out
    assert out.endswith("rnn_step       ✓\nclip_by_value  ✗\n1 of 2 correct.\n")
    suite = ET.parse(tmp_path / "out.xml").getroot()
    assert suite.attrib == {"name": "mine.py", "tests": "2", "failures": "1"}
    right, wrong = suite
    assert (right.get("name"), len(right)) == ("rnn_step", 0)
    assert wrong.get("classname") == "mine"
    assert "Only elements that are too large are cut." in (wrong[0].text or "")


def test_korean(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(WRONG, encoding="utf-8")
    assert main([str(path), "--lang", "ko"]) == 1
    assert "진단: 위쪽만 잘랐습니다." in capsys.readouterr().out


def test_a_function_that_is_asked_for_must_be_there(tmp_path, capsys):
    assert run(tmp_path, RIGHT + WRONG, "rnn_step") == 0
    assert run(tmp_path, RIGHT, "rnn_step", "lstm_step") == 1
    assert (
        "✗ lstm_step: not correct yet.\n  the file has no such function." in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = = 1\n", "SyntaxError: invalid syntax"),
        ("import nowhere_at_all\n", "line 1, `import nowhere_at_all`, raised an error. ModuleNot"),
        ("while True:\n    pass\n", "stopped after 0.5 seconds, at line "),
        ("def other(): ...\n", "no function to check. Names that can be checked: rnn_step, "),
    ],
)
def test_a_file_that_cannot_be_checked(source, text, tmp_path, capsys):
    assert run(tmp_path, source, "--time-limit", "0.5") == 2
    assert text in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere.py"], "nowhere.py: no such file"),
        ([__file__, "rnn_steps"], "rnn_steps: no such check; there are rnn_step, "),
    ],
)
def test_bad_arguments_are_refused(arguments, text, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert text in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp949"])  # the last two: Windows' pipes
def test_as_a_command(encoding, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(WRONG + "import neighbour\n", encoding="utf-8")
    (tmp_path / "neighbour.py").write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "lessons_lib.checks", str(path), "--lang", "en"]
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environ, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("clip_by_value  ✗\n0 of 1 correct.\n")
