"""Builds a node from its options, serves until it is told to stop, and takes it down again."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from common.broker.limits import Limits
from common.logs import Log
from common.protocol.policies import Policies, load_policies
from common.server import embedded
from common.server.api import Api
from common.server.command_line import Options
from common.server.connection import Connection
from common.server.database import default_database, open_database
from common.server.hellos import ServerFacts
from common.server.keys import RootKey, load_or_make_root, node_tls_context
from common.server.listener import (
    CountingServer,
    Listener,
    open_listening_socket,
)
from common.server.node import TICK_SECONDS, Node
from common.server.signing import Signer
from common.server.targets import TargetStore

SECRET_FILE_NAME: Final = "secret"  # noqa: S105 - a file's name
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not listened on

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Start:
    """What a node needs before its loop runs."""

    options: Options
    folder: Path
    parent_token_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A node that serves; `url` is what `--server` takes."""

    url: str
    node: Node


async def serve(start: Start, stop: asyncio.Event, on_ready: Callable[[Served], None]) -> None:
    """Serve until `stop` is set.

    Raises SettingsError for whatever somebody has to mend before it can start.
    """
    options = start.options
    policies = load_policies(options.policies_file) if options.policies_file else Policies()
    listening = _listen(start)
    with contextlib.closing(listening):
        database = options.database or default_database(start.folder)
        engine = await open_database(database)
        try:
            secret_path = options.secret_file or start.folder / SECRET_FILE_NAME
            root = await load_or_make_root(engine, secret_path)
            node = Node(
                _facts(start, root), options.limits, Signer(root, policies), TargetStore(engine)
            )
            async with _listener(start, listening, root, node):
                url = _url(options, listening, root)
                _log.info("serving", url=url.partition("#")[0])
                on_ready(Served(url, node))
                await stop.wait()
        finally:
            await engine.dispose()


@contextlib.asynccontextmanager
async def _listener(
    start: Start, listening: socket.socket, root: RootKey, node: Node
) -> AsyncIterator[None]:
    """Take connections in and watch over them; at the end say goodbye to them."""

    def upgrade(request: web.BaseRequest, transport: asyncio.Transport) -> Connection:
        arrival = listener.hand_over(request.protocol)
        return node.add_connection(transport, arrival.ticket, arrival.address)

    api = Api(root.certificate_der, upgrade)
    server = CountingServer(api.answer, **_http_settings(start.options.limits))
    tls = node_tls_context(root, start.folder)
    listener = Listener(listening, tls, server, node.admission)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(listener.serve()),
            tasks.create_task(node.run()),
            tasks.create_task(_cut_overdue(listener)),
        ]
        try:
            yield
        finally:
            listener.close()
            await node.stop()
            for task in running:
                task.cancel()
            await server.shutdown(0)


async def _cut_overdue(listener: Listener) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(TICK_SECONDS)
        listener.cut_overdue(loop.time())


def _http_settings(limits: Limits) -> dict[str, Any]:
    return {
        "access_log": None,
        "keepalive_timeout": limits.hello_seconds,
        "max_line_size": 1024,
        "max_field_size": 4096,
        "max_headers": 64,
        "lingering_time": 0,
    }


def _listen(start: Start) -> socket.socket:
    options = start.options
    if options.is_embedded and not options.is_port_given:
        return embedded.listen_on_kept_port(options.listen.address, start.folder)
    return open_listening_socket(options.listen.address, options.listen.port)


def _facts(start: Start, root: RootKey) -> ServerFacts:
    options = start.options
    return ServerFacts(
        fingerprint=root.fingerprint,
        organisation=options.organisation,
        public_url=options.public_url,
        are_guests_allowed=options.are_guests_allowed,
        parent_token_hash=start.parent_token_hash,
    )


def _url(options: Options, listening: socket.socket, root: RootKey) -> str:
    if options.public_url:
        return f"{options.public_url}#{root.fingerprint.hex()}"
    address, port = listening.getsockname()[:2]
    if address in _EVERYWHERE:
        address = "127.0.0.1" if listening.family == socket.AF_INET else "::1"
    shown = f"[{address}]" if ":" in address else address
    return f"https://{shown}:{port}#{root.fingerprint.hex()}"
