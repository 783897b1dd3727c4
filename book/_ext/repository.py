"""Addresses that are derived from the repository's: its files, launchers, the site itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PLACEHOLDER = "OWNER"  # until the owner sets the address


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub; ``notebooks`` is the branch with the one-language notebooks."""

    address: str
    branch: str
    notebooks: str = "notebooks"

    @classmethod
    def from_theme_options(cls, options: dict[str, Any]) -> Repository:
        """Return the repository in Jupyter Book's options.

        Raises
        ------
        ValueError
            The address is not one of GitHub's.
        """
        address = options["repository_url"].rstrip("/")
        if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
            raise ValueError(
                f"repository.url: got {address!r}, expected 'https://github.com/OWNER/NAME'"
            )
        return cls(address, options["repository_branch"])

    @property
    def owner_and_name(self) -> str:
        """Return ``OWNER/NAME``."""
        return self.address.removeprefix("https://github.com/")

    @property
    def is_set(self) -> bool:
        """Return whether the owner has set the address; until then no link may lead there."""
        return self.owner_and_name.split("/")[0] != PLACEHOLDER

    @property
    def pages_address(self) -> str:
        """Return the address of the site on GitHub's pages, empty while the owner is not set."""
        owner, name = self.owner_and_name.split("/")
        return f"https://{owner.lower()}.github.io/{name}" if self.is_set else ""

    def links(self, page: str) -> dict[str, str]:
        """Return the addresses that a page links to: the repository and its forms.

        ``mistake`` is the form of ``.github/ISSUE_TEMPLATE/mistake.yml`` with the page filled in;
        a script fills in its fields ``paragraph`` and ``text``.
        """
        title, page = quote(f"[{page}] ", safe=""), quote(page, safe="")
        return {
            "address": self.address,
            "issue": f"{self.address}/issues/new/choose",
            "mistake": f"{self.address}/issues/new?template=mistake.yml&title={title}&page={page}",
        }

    def launchers(self, notebook: str) -> dict[str, str]:
        """Return where a one-language notebook, for example ``ko/book/lstm.ipynb``, can be run."""
        place = f"{self.owner_and_name}/{self.notebooks}"
        return {
            "binder": f"https://mybinder.org/v2/gh/{place}?urlpath=lab/tree/{notebook}",
            "colab": "https://colab.research.google.com/github/"
            f"{self.owner_and_name}/blob/{self.notebooks}/{notebook}",
        }
