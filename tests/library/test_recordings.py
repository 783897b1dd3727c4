"""Every recorded experiment has its record, with provenance, and its run begins as recorded."""

import json

import numpy as np
import pytest

from lessons_lib.lab import record

NAMES = record.names()
#: Rounding differs between processors, and its effect grows: to 1.2e-3 after 20 updates on one.
TOLERANCE = np.where(np.arange(record.BEGINNING) < record.BEGINNING // 2, 1e-3, 1e-2)


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_small_and_says_where_it_comes_from(name):
    whole = record.read(name)
    assert len(record.written(whole)) < 200_000
    provenance = whole["provenance"]
    assert provenance["command"] == f"python -m lessons_lib.lab.record {name}"
    assert provenance["minutes"] > 0
    assert provenance["versions"].keys() == {"python", "numpy", "torch"}
    assert record.load(name) == whole["result"]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_begins_as_recorded(name):
    recorded = record.read(name)["beginning"]
    again = record.beginning(name)
    assert again.keys() == recorded.keys()
    for key, losses in recorded.items():
        assert len(losses) == record.BEGINNING
        assert len(set(losses)) > record.BEGINNING / 2, "the loss moves"
        difference = np.abs(np.subtract(again[key], losses))
        assert (difference <= TOLERANCE * np.abs(losses)).all(), key


def test_every_record_has_its_experiment():
    folder = record.files("lessons_lib.lab") / "recorded"
    assert {path.name for path in folder.iterdir()} == {f"{name}.json" for name in NAMES}


def test_the_command_writes_a_record_and_nothing_half_done(tmp_path, monkeypatch, capsys):
    result = {"loss": np.array([0.123456789, 1.0]), "seeds": 2}

    class Experiment:
        @staticmethod
        def record():
            return result

        @staticmethod
        def beginning(updates):
            return {"a": [0.5] * updates}

    monkeypatch.setattr(record, "experiment", lambda _: Experiment)
    monkeypatch.setattr(record, "names", lambda: ["invented"])
    assert record.main(["invented", "--to", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["invented.json"]
    written = json.loads((tmp_path / "invented.json").read_text("utf-8"))
    assert written["result"] == {"loss": [0.123457, 1.0], "seeds": 2}
    assert written["beginning"] == {"a": [0.5] * record.BEGINNING}
    assert "invented: recorded" in capsys.readouterr().err


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"name: got 'nothing', expected one of .*gru_gates"):
        record.load("nothing")
