"""Test a real JupyterHub with its proxy on loopback: three users, one server killed while it runs.

A teacher admits the users, as configured in hub-values.yaml. Each starts a server, pulls branch
``notebooks`` with nbgitpuller and runs a chapter, all at the same time. One server is killed while
it runs, and must come back with every saved file unchanged. Only a container can limit memory; here
it is measured. ``make test-hub`` runs this.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import playwright
import psutil
import requests
import websocket
from accounts import configuration, enrol
from lab import (
    CHAPTER,
    MEMORY_LIMIT,
    ROOT,
    LabError,
    check,
    code_cells,
    environment,
    execute,
    free_port,
    megabytes,
    prepare,
    stop,
    wait_for,
)

USERS = {"haneul": "ko", "sarah": "en", "minjun": "ko"}
KILLED = "minjun"
KILLED_AFTER = 3  # cells
COURSE = "course"

CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.db_url = "sqlite:///{work}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{work}/cookie"
{values}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{work}/home/{{username}}"
c.Spawner.cmd = {single!r}
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"OMP_NUM_THREADS": "1"}}
c.Spawner.poll_interval = 2
c.Spawner.http_timeout = c.Spawner.start_timeout = 180
c.JupyterHub.services = [{{"name": "test", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{
    "name": "test", "services": ["test"],
    "scopes": ["admin:users", "admin:servers", "access:servers", "list:users"],
}}]
"""


class Hub:
    """A running hub, and requests to it."""

    def __init__(self, work: Path) -> None:
        self.work, self.token = work, secrets.token_hex(16)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        node = Path(playwright.__file__).parent / "driver" / "node"
        proxy = ROOT / "deploy/node/node_modules/configurable-http-proxy/bin"
        config = CONFIG.format(
            port=self.port,
            hub=free_port(),
            api=free_port(),
            proxy=[str(node), str(proxy / "configurable-http-proxy")],
            single=[str(Path(sys.executable).parent / "jupyterhub-singleuser")],
            work=work,
            token=self.token,
            values=configuration(),
        )
        (work / "config.py").write_text(config)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(work / "config.py")],
            cwd=work,
            env=environment(work / "hub-home"),
            stdout=(work / "log").open("w"),
            stderr=subprocess.STDOUT,
        )

    def ask(self, method: str, path: str, **more) -> requests.Response:
        """Send a request to the hub's API, or to a user's server if the path starts with /user/."""
        start = "" if path.startswith("/user/") else "/hub/api"
        headers = {"Authorization": f"token {self.token}"}
        address = f"{self.address}{start}{path}"
        return requests.request(method, address, headers=headers, timeout=180, **more)

    def start(self, user: str) -> float:
        """Start a user's server; return the seconds until it answers."""
        begun = time.monotonic()
        self.ask("POST", f"/users/{user}")
        self.ask("POST", f"/users/{user}/server").raise_for_status()
        wait_for(f"{user}'s server", lambda: self.ready(user), 180)
        return time.monotonic() - begun

    def ready(self, user: str) -> bool:
        """Return whether a user's server is ready."""
        servers = self.ask("GET", f"/users/{user}").json().get("servers", {})
        return servers.get("", {}).get("ready", False)

    def pull(self, user: str, repository: str) -> None:
        """Pull the course, as a student's click on a link of deploy/links.py does."""
        words = {"repo": repository, "branch": "notebooks", "targetpath": COURSE}
        answer = self.ask("GET", f"/user/{user}/git-pull/api", params=words)
        phases = [json.loads(line[6:])["phase"] for line in answer.text.split("\n\n") if line]
        check(phases[-1:] == ["finished"], f"nbgitpuller for {user}: {answer.text[-500:]}")

    def save(self, user: str, path: str, text: str) -> None:
        """Save a file as the user's browser does."""
        body = {"type": "file", "format": "text", "content": text}
        self.ask("PUT", f"/user/{user}/api/contents/{path}", json=body).raise_for_status()

    def home(self, user: str) -> Path:
        """Return a user's folder."""
        return self.work / "home" / user

    def server_process(self, user: str) -> psutil.Process:
        """Return the process of a user's server."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            if "jupyterhub-singleuser" in " ".join(process.cmdline()) and (
                process.environ().get("JUPYTERHUB_USER") == user
            ):
                return process
        raise LabError(f"{user} has no server")


def class_hour(hub: Hub, user: str, repository: str) -> dict[str, float]:
    """Do what a student does in class; return seconds and megabytes."""
    found = {"server": hub.start(user)}
    hub.pull(user, repository)
    notebook = hub.home(user) / COURSE / USERS[user] / f"{CHAPTER}.ipynb"
    cells = code_cells(notebook)
    hub.save(user, f"{COURSE}/answers.md", f"{user}: 정답은 tanh입니다.")
    if user == KILLED:
        kill_and_return(hub, user, cells)
        hub.pull(user, repository)  # as if the link were followed again the next day
    process, found["MB"] = hub.server_process(user), 0.0
    begun = time.monotonic()
    for _ in execute(f"{hub.address}/user/{user}", hub.token, COURSE, cells):
        found["MB"] = max(found["MB"], megabytes(process))
    found["chapter"] = time.monotonic() - begun
    check(found["MB"] < MEMORY_LIMIT, f"{user}: {found['MB']:.0f} MB, over {MEMORY_LIMIT}")
    return found


def kill_and_return(hub: Hub, user: str, cells: list[str]) -> None:
    """Kill a user's server and kernel in the middle of a run; check that every saved file stays."""
    run = execute(f"{hub.address}/user/{user}", hub.token, COURSE, cells)
    for _ in range(KILLED_AFTER):
        next(run)
    before = digests(hub.home(user) / COURSE)
    server = hub.server_process(user)
    for process in [*server.children(recursive=True), server]:
        process.kill()
    wait_for("the hub's notice of the killed server", lambda: not hub.ready(user), 60)
    try:
        next(run)
    except (websocket.WebSocketException, OSError, StopIteration):
        pass
    else:
        raise LabError("the killed kernel still executed a cell")
    hub.start(user)
    after = digests(hub.home(user) / COURSE)
    check(after == before, f"{user}'s files changed: {before.items() ^ after.items()}")
    answer = hub.ask("GET", f"/user/{user}/api/contents/{COURSE}/answers.md").json()
    check("tanh" in answer["content"], "the saved answer is gone")
    print(f"{user}: killed after {KILLED_AFTER} cells, back with {len(after)} files as they were")


def digests(folder: Path) -> dict[str, str]:
    """Return each file's digest, except git's files."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def course_repository(work: Path) -> str:
    """Make a repository of branch ``notebooks`` as publish.yml pushes it; return its address."""
    folder = work / COURSE
    prepare(folder, environment(work / "build-home"))
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch", "notebooks"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "notebooks"], check=True)
    return folder.as_uri()


def main() -> None:
    """Run the class."""
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        work = Path(folder)
        repository = course_repository(work)
        hub = Hub(work)
        try:
            wait_for("the hub", lambda: hub.ask("GET", "/users").ok, 120)
            enrol(hub.address, USERS)
            print(f"admitted by a teacher: {', '.join(USERS)}")
            with ThreadPoolExecutor(len(USERS)) as together:
                runs = {u: together.submit(class_hour, hub, u, repository) for u in USERS}
                for user, run in runs.items():
                    found = {name: round(value, 1) for name, value in run.result(900).items()}
                    print(f"{user} ({USERS[user]}): {found}")
        except Exception:
            print((work / "log").read_text()[-6000:], file=sys.stderr)
            raise
        finally:
            stop(hub.process)
    print(f"{len(USERS)} passed, 0 failed")


if __name__ == "__main__":
    main()
