"""Progress is shown only to a person, in a terminal or a notebook."""

import io
from queue import Empty

import jupyter_client
import pytest

from lessons_lib.lab import progress as module
from lessons_lib.lab.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(module, "FIRST", 0)
    monkeypatch.setattr(module, "EVERY", 0)


def test_counts_and_is_silent_where_nobody_watches(at_once, capfd):
    assert list(progress(3)) == [0, 1, 2]
    assert capfd.readouterr() == ("", "")


def test_a_terminal_sees_the_count_and_then_a_clean_line(at_once, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert list(progress(2)) == [0, 1]
    shown = terminal.getvalue().split("\r")
    assert any("1/2" in line for line in shown)
    assert shown[-2:] == [" " * len(shown[-2]), ""]


def test_a_short_loop_shows_nothing(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert list(progress(100)) == list(range(100))
    assert terminal.getvalue().strip() == ""


CELL = """
from lessons_lib.lab import progress as module
module.FIRST = module.EVERY = 0
print(sum(module.progress(3)))
"""


def outputs_of(client, allow_stdin):
    request = client.execute(CELL, allow_stdin=allow_stdin)
    messages: list[str] = []
    while True:
        try:
            message = client.get_iopub_msg(timeout=60)
        except Empty:
            pytest.fail("the kernel said nothing for a minute")
        if message["parent_header"].get("msg_id") != request:
            continue
        content = message["content"]
        if content.get("execution_state") == "idle":
            return messages
        if message["msg_type"] in ("stream", "display_data", "update_display_data", "error"):
            messages.append(content.get("text") or content["data"]["text/plain"])


def test_a_notebook_shows_the_count_to_a_person_and_not_to_a_program():
    manager, client = jupyter_client.manager.start_new_kernel(kernel_name="python3")
    try:
        assert outputs_of(client, allow_stdin=False) == ["3\n"]  # nbclient, nbval
        seen = "".join(outputs_of(client, allow_stdin=True))
        assert "1/3" in seen
        assert seen.split("\r")[-1].strip() in ("", "3")  # the count is erased
        assert "3\n" in seen
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
