"""A page that shows what is newest: one file over HTTP, and a stream of events behind it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .errors import ConfigError

HOST, PORT = "127.0.0.1", 8765
"""Where a page is found if nobody says otherwise: on this machine alone."""
ALIVE_S = 1.0
"""A browser that went away is noticed by a line that is sent at least so often."""


class LivePage:
    """Serves a page at ``/`` and, at ``/events``, the newest of what is pushed.

    A browser that is slower than the pushes gets fewer of them; nobody waits for it.

    Args:
        html: the page.
        host: the address that listens.
        port: likewise; 0 for any that is free.

    Raises:
        ConfigError: nothing can listen there.
    """

    def __init__(self, html: str, host: str = HOST, port: int = PORT) -> None:
        try:
            self._server = _Server((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"{host}:{port}: nothing can listen there ({error}); give another --port"
            ) from None
        self._server.html = html.encode()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return self._server.readers

    def push(self, data: dict[str, Any]) -> None:
        """Show this from now on."""
        server = self._server
        with server.news:
            server.version, server.line = server.version + 1, json.dumps(data).encode()
            server.news.notify_all()

    def close(self) -> None:
        """End every stream and stop listening."""
        with self._server.news:
            self._server.ended = True
            self._server.news.notify_all()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    html = b""
    version, line = 0, b"{}"
    readers, ended = 0, False

    def __init__(self, *arguments: Any) -> None:
        self.news = threading.Condition()
        super().__init__(*arguments)

    def newer(self, than: int) -> tuple[int, bytes]:
        """Return the newest version and its line, after a while even where it is no newer."""
        with self.news:
            self.news.wait_for(lambda: self.ended or self.version > than, ALIVE_S)
            return self.version, self.line


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/":
            self._head("text/html; charset=utf-8", len(self.server.html))
            self.wfile.write(self.server.html)
        elif self.path == "/events":
            self._head("text/event-stream")
            self._stream()
        else:
            self.send_error(404)

    def _head(self, kind: str, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _stream(self) -> None:
        """Send what is newest again and again, until either side ends."""
        server, sent = self.server, 0
        server.readers += 1
        try:
            while not server.ended:
                version, line = server.newer(sent)
                told = b"data: " + line if version > sent else b": still here"
                self.wfile.write(told + b"\n\n")
                sent = version
        except OSError:
            pass  # the browser has gone
        finally:
            server.readers -= 1

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the flight."""
