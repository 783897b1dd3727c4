"""What the moving figure of charlm calls besides an LSTM: read-out, Hangul's letters, the model.

The model is a script of its own for each language, which the page fetches if a reader asks for it.
"""

from __future__ import annotations

from typing import Any

from lessons_lib import readout
from lessons_lib.lab import explainer, hangul, record
from lessons_lib.trace import Recorder, Recording, javascript, record_readout

#: Hangul's conjoining jamo: first consonants, vowels, last consonants.
JAMO = {"first": (0x1100, 0x1113), "vowel": (0x1161, 0x1176), "last": (0x11A8, 0x11C3)}


def predict() -> Recording:
    """Record the distribution of the next symbol, the softmax of the scores divided by τ."""
    recorder = Recorder()
    params = readout.Params(recorder.array("W", ("C", "H")), recorder.array("b", ("C",)))
    h, target = recorder.array("h", (1, "H")), recorder.array("target", (1, "C"))
    tau = recorder.number("tau")
    scores = recorder.run(readout.forward, params, h)
    _, p = recorder.run(lambda: readout.cross_entropy(scores / tau, target))
    return recorder.recording(p=p)


def charlm() -> str:
    """Return the read-out: p at a temperature τ, and the gradient of h from that of the loss."""
    explain = Recording({"dh": record_readout().backward.outputs["dh"]})
    return (
        f"{{\npredict: {javascript.function(predict())},\n"
        f"explain: {javascript.function(explain)}\n}}"
    )


def letters() -> dict[str, str]:
    """Return the free-standing letter of each conjoining jamo, in Unicode's order."""
    return {
        place: "".join(hangul.from_jamo(chr(code)) for code in range(*codes))
        for place, codes in JAMO.items()
    }


def model(language: str) -> dict[str, Any]:
    """Return a language's model, packed as in its record, with its sizes and the figure's start."""
    recorded = record.load(f"explainer_{language}")
    text, unit = explainer.START[language]
    kept = {name: recorded[name] for name in ("vocabulary", "halves", "integers")}
    sizes = {"D": explainer.EMBEDDING, "H": explainer.H, "C": len(recorded["vocabulary"])}
    return {"sizes": sizes, "text": text, "unit": unit, **kept}
