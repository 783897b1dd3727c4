"""Accounts on a hub with the values of hub-values.yaml: sign up, be admitted by a teacher, log in.

All of it uses the hub's pages, as a browser does.
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
    """Return ``hub.config`` as lines of JupyterHub's configuration, with a teacher as admin."""
    classes = yaml.safe_load(VALUES.read_text("utf-8"))["hub"]["config"]
    classes["Authenticator"]["admin_users"] = [TEACHER]
    return "\n".join(
        f"c.{name}.{trait} = {value!r}"
        for name, traits in classes.items()
        for trait, value in traits.items()
    )


class Visitor:
    """A person who uses the hub's pages."""

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
        """Try to log in; return whether the hub then shows the visitor's home page."""
        self.send("login?next=/hub/home", password=self.password)  # without next, a server starts
        return self.reaches("home")

    def reaches(self, page: str) -> bool:
        """Return whether the hub shows a page, instead of refusing it or asking for a login."""
        answer = self.session.get(f"{self.hub}/{page}", timeout=60)
        return answer.ok and answer.url == f"{self.hub}/{page}"


def enrol(hub: str, students: Iterable[str]) -> None:
    """Sign up a teacher and students; check that the teacher alone can admit students."""
    teacher = Visitor(hub, TEACHER)
    teacher.sign_up()
    check(teacher.logs_in(), "the teacher signed up but cannot log in")
    check(teacher.reaches("authorize"), "the teacher does not see the page for admitting students")
    for student in [Visitor(hub, name) for name in students]:
        student.sign_up()
        check(not student.logs_in(), f"{student.name} can log in before being admitted")
        teacher.reaches(f"authorize/{student.name}")
        check(student.logs_in(), f"{student.name} was admitted but cannot log in")
        check(not student.reaches("authorize"), f"{student.name} can admit others")
