"""The user interface in a browser: a server on loopback that starts one `sandbox tui` for each page that is opened.

Whoever may open the page can change the sandbox, so the way in is as narrow as the control API's: loopback addresses
and `Host` names only, and a token that is made anew each time, first in the URL and then in a cookie.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
import signal
import sys
from collections.abc import Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

__all__ = ["WebServer", "page_command"]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
COOKIE = "sandbox-tui"
FONT_LINK = re.compile(r'<link\s+rel="stylesheet"\s+href="https://fonts[^>]*>')
END_LIMIT_S = 2.0
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws:; frame-ancestors 'none'"
)
"""Nothing is loaded from elsewhere: the page works without a network."""


def page_command(arguments: Sequence[str]) -> str:
    """The command line of one page's `sandbox tui`, run by this Python."""
    return shlex.join([sys.executable, "-m", "sandbox", "tui", *arguments])


class PageProcess(AppService):
    """The process of one page; `stop` ends only when it has ended."""

    async def stop(self) -> None:
        try:
            await super().stop()
        finally:
            process = self._process
            if process is not None:
                if process.stdin is not None:
                    process.stdin.close()
                try:
                    await asyncio.wait_for(process.wait(), END_LIMIT_S)
                except TimeoutError:
                    process.kill()
                    await process.wait()


class WebServer(Server):
    """Serves `command` on 127.0.0.1:`port` until it is told to end. `url` is what to open; it holds the token."""

    def __init__(self, command: str, port: int, title: str) -> None:
        super().__init__(command, host="127.0.0.1", port=port, title=title)
        self.token = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"{self.public_url}/?token={self.token}"

    async def run(self, ready: Callable[[], None]) -> None:
        """Listen until Ctrl-C or SIGTERM; `ready` is called once it does. Raises OSError when the port is taken."""
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        runner = web.AppRunner(await self._make_app(), handle_signals=False, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
            ready()
            await ended.wait()
        finally:
            await runner.cleanup()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard())
        app.on_response_prepare.append(self._add_headers)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """The command says where it is; the server itself says nothing."""

    def _guard(self) -> Handler:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            host = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
            origin = request.headers.get("Origin")
            if host not in LOOPBACK_NAMES or (origin is not None and origin != f"http://{request.headers['Host']}"):
                raise web.HTTPForbidden(text="only pages of this server, on loopback")
            given = request.query.get("token") or request.cookies.get(self._cookie) or ""
            if not secrets.compare_digest(given.encode(), self.token.encode()):
                raise web.HTTPForbidden(text="open the URL that `sandbox tui --web` printed: it holds a token")
            response = await handler(request)
            if "token" in request.query and not response.prepared:
                response.set_cookie(self._cookie, self.token, httponly=True, samesite="Strict", path="/")
            return response

        return guard

    @property
    def _cookie(self) -> str:
        """Of this port: cookies do not tell ports apart."""
        return f"{COOKIE}-{self.port}"

    async def _add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["Referrer-Policy"] = "no-referrer"

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """Links go to the host that was asked for, and fonts are the terminal's own."""
        self.public_url = f"http://{request.headers['Host']}"
        response = await super().handle_index(request)
        assert isinstance(response, web.Response) and response.text is not None
        response.text = FONT_LINK.sub("", response.text)
        return response

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A page: its process lives as long as its connection."""
        socket = web.WebSocketResponse(heartbeat=15)
        await socket.prepare(request)
        process = PageProcess(
            self.command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,
            download_manager=self.download_manager,
        )
        await process.start(to_int(request.query.get("width", ""), 80), to_int(request.query.get("height", ""), 24))
        try:
            await self._process_messages(socket, process)
        finally:
            await process.stop()
        return socket
