"""Serve the built site as a strict web server would: compressed, with a content policy."""

import functools
import gzip
import http.server
import threading
from pathlib import Path
from typing import ClassVar

# Only KaTeX uses styles in attributes; everything else must be a file of this server.
POLICY = "default-src 'self'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'self'"
TEXT = {".html", ".css", ".js", ".svg", ".txt", ".xml", ".json", ".ipynb"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files below a prefix of the address, and ``404.html`` for missing ones."""

    protocol_version = "HTTP/1.1"
    prefix = "/"
    compressed: ClassVar[dict[Path, bytes]] = {}

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        address = self.path.split("?")[0].split("#")[0]
        path = Path(self.translate_path("/" + address.removeprefix(self.prefix)))
        if address.endswith("/") or path.is_dir():
            path /= "index.html"
        if not address.startswith(self.prefix) or not path.is_file():
            path, status = Path(self.directory, "404.html"), 404
        else:
            status = 200
        body = path.read_bytes()
        self.send_response(status)
        if path.suffix in TEXT:
            body = self.compressed.setdefault(path, gzip.compress(body))
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def guess_type(self, path: str) -> str:
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if Path(path).suffix in TEXT else kind


class Server:
    """A server of one folder, on this machine only and on a free port."""

    def __init__(self, folder: Path, prefix: str = "/") -> None:
        kind = type("SiteHandler", (Handler,), {"prefix": prefix, "compressed": {}})
        handler = functools.partial(kind, directory=str(folder))
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}{prefix}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
