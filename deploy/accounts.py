"""The way into a hub with the values of hub-values.yaml: sign up, be let in by a teacher, log in.

By the hub's own pages, as in a browser.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

import requests
import yaml
from lab import check

VALUES = Path(__file__).with_name("hub-values.yaml")
TEACHER = "teacher"


def configuration() -> str:
    """Return what the chart makes of ``hub.config``, with a teacher: lines of JupyterHub's file."""
    classes = yaml.safe_load(VALUES.read_text("utf-8"))["hub"]["config"]
    classes["Authenticator"]["admin_users"] = [TEACHER]
    return "\n".join(
        f"c.{name}.{trait} = {value!r}"
        for name, traits in classes.items()
        for trait, value in traits.items()
    )


class Visitor:
    """Somebody in front of the hub's pages."""

    def __init__(self, hub: str, name: str) -> None:
        self.hub, self.name, self.password = f"{hub}/hub", name, secrets.token_urlsafe()
        self.session = requests.Session()

    def send(self, page: str, **fields: str) -> None:
        """Fill in the form of a page and send it."""
        address = f"{self.hub}/{page}"
        form = self.session.get(address, timeout=60)
        (token,) = re.findall(r'name="_xsrf" value="([^"]+)"', form.text)
        fields |= {"username": self.name, "_xsrf": token}
        self.session.post(address, data=fields, timeout=60)

    def sign_up(self) -> None:
        """Choose a name and a password."""
        words = {"signup_password": self.password, "signup_password_confirmation": self.password}
        self.send("signup", **words)

    def logs_in(self) -> bool:
        """Try to log in; say whether the hub then shows the visitor's own page."""
        self.send("login?next=/hub/home", password=self.password)  # without, a server starts
        return self.reaches("home")

    def reaches(self, page: str) -> bool:
        """Say whether the hub shows a page, and neither refuses it nor asks to log in."""
        answer = self.session.get(f"{self.hub}/{page}", timeout=60)
        return answer.ok and answer.url == f"{self.hub}/{page}"


def enrol(hub: str, students: Iterable[str]) -> None:
    """Let a teacher and the students in, and nobody before the teacher says so."""
    teacher = Visitor(hub, TEACHER)
    teacher.sign_up()
    check(teacher.logs_in(), "the teacher signed up, and cannot log in")
    check(teacher.reaches("authorize"), "the teacher does not see who wants to be let in")
    for student in [Visitor(hub, name) for name in students]:
        student.sign_up()
        check(not student.logs_in(), f"{student.name} logs in before the teacher says so")
        teacher.reaches(f"authorize/{student.name}")
        check(student.logs_in(), f"{student.name} was let in, and cannot log in")
        check(not student.reaches("authorize"), f"{student.name} lets others in")
