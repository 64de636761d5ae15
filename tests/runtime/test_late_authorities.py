"""Against a TLS server whose certificate, `loopback.pem` (with its key, of no use elsewhere), is its own authority."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

CERTIFICATE = Path(__file__).with_name("loopback.pem")
CLIENT = """
import asyncio, ssl, sys
from sandbox.runtime.late_authorities import import_aiohttp
import_aiohttp()
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            try:
                async with session.get(sys.argv[1]) as answer:
                    print(await answer.text())
            except aiohttp.ClientConnectorCertificateError as error:
                print(error.certificate_error.verify_message)

asyncio.run(main())
"""


@pytest.fixture
async def secure_url() -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", answer)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def said(url: str, *, authorities: Path | str) -> list[str]:
    environ = {**os.environ, "SSL_CERT_FILE": str(authorities), "SSL_CERT_DIR": os.devnull}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", CLIENT, url], env=environ, capture_output=True, text=True, timeout=60
    )
    assert not done.stderr
    return done.stdout.splitlines()


async def test_an_authority_of_this_system_is_trusted(secure_url: str) -> None:
    assert await said(secure_url, authorities=CERTIFICATE) == ["hello", "hello"]


async def test_what_no_authority_vouches_for_is_refused(secure_url: str) -> None:
    assert await said(secure_url, authorities=os.devnull) == ["self-signed certificate"] * 2


def test_no_authority_is_read_by_importing() -> None:
    script = (
        "import ssl\nfrom sandbox.runtime.late_authorities import LateAuthorities, import_aiohttp\nimport_aiohttp()\n"
        "import gc\ncontexts = [each for each in gc.get_objects() if isinstance(each, ssl.SSLContext)]\n"
        "assert contexts and all(type(each) is LateAuthorities for each in contexts), contexts\n"
        "assert not any(each.cert_store_stats()['x509'] for each in contexts)\n"
        "assert type(ssl.create_default_context()) is ssl.SSLContext"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
