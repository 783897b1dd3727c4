"""The cell that installs the library on Colab comes first, and does nothing elsewhere."""

import tomllib
from pathlib import Path

import pytest
from _ext.plain.colab import add_installation, wheel_address
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[2]


class Shell:
    """What the cell sees of IPython; Colab's shell says where it comes from."""

    def __init__(self, text):
        self.text, self.lines = text, []

    def __str__(self):
        return self.text

    def run_line_magic(self, name, line, *_, **__):
        self.lines.append(f"%{name} {line}")


def run(cell, text):
    shell = Shell(text)
    code = InteractiveShell.instance().transform_cell(cell["source"])
    exec(code, {"get_ipython": lambda: shell})
    return shell.lines


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_library_is_installed_on_colab_and_nowhere_else(language):
    notebook = new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("import lessons_lib")])
    add_installation(notebook, language, "https://example.org/a.whl")
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds == ["markdown", "code", "code"]
    cell = notebook["cells"][1]
    colab = "<google.colab._shell.Shell object at 0x7f>"
    assert run(cell, colab) == ["%pip install --quiet https://example.org/a.whl"]
    assert run(cell, "<ipykernel.zmqshell.ZMQInteractiveShell object at 0x7f>") == []


def test_a_page_without_code_stays_without():
    notebook = new_notebook(cells=[new_markdown_cell("# A")])
    add_installation(notebook, "en", "https://example.org/a.whl")
    assert len(notebook["cells"]) == 1


def test_without_a_repository_the_cell_only_says_what_to_run():
    notebook = new_notebook(cells=[new_code_cell("import lessons_lib")])
    add_installation(notebook, "en", "")
    cell = notebook["cells"][0]
    assert cell["source"].endswith(': pip install ".[chapters]"')
    assert run(cell, "<google.colab._shell.Shell object at 0x7f>") == []
    assert wheel_address(ROOT) == "", "_config.yml still says OWNER"


def test_the_wheel_is_of_this_version_in_this_repository(tmp_path):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    config = (ROOT / "_config.yml").read_text("utf-8").replace("/OWNER/", "/someone/")
    (tmp_path / "_config.yml").write_text(config, "utf-8")
    address = wheel_address(tmp_path)
    assert address.startswith("https://github.com/someone/")
    assert address.endswith(f"/raw/notebooks/lessons_lib-{version}-py3-none-any.whl")
