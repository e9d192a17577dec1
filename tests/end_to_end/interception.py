"""Somebody in the middle who can read what the node reads: ends TLS, records, passes it on.

It has the node's own root, which no attacker has, so what it holds is all that a node sees
between two programs. A test searches that for what must never be there. Runs a loop in a
thread of its own; use it in a with statement.
"""

import asyncio
import contextlib
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from common.server.database import default_database, open_database
from common.server.keys import RootKey, load_or_make_root, node_tls_context
from tests.end_to_end.node_driver import NodeDriver
from tests.support.waiting import wait_until

START_SECONDS = 10.0
CLOSE_SECONDS = 2.0
CHUNK_BYTES = 64 * 1024


@dataclass(slots=True)
class Recording:
    """What went each way on one connection, without TLS."""

    to_node: bytearray = field(default_factory=bytearray)
    from_node: bytearray = field(default_factory=bytearray)


class Interception:
    """Stands before a node on a port of its own. `recordings` has one for each connection."""

    def __init__(self, node: NodeDriver, secret_file: Path, folder: Path) -> None:
        self.recordings: list[Recording] = []
        self.port = 0
        self._node = node
        self._secret_file = secret_file
        self._folder = folder
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="interception")

    @property
    def url(self) -> str:
        """What --server takes to go through here."""
        return self._node.url.replace(f":{self._node.port}", f":{self.port}")

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.port, START_SECONDS, "the interception to listen")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        root = await self._open_root()
        self._towards_node = trusting(root)
        async with asyncio.TaskGroup() as self._pumps:
            server = await asyncio.start_server(
                self._serve_one, "127.0.0.1", 0, ssl=node_tls_context(root, self._folder)
            )
            self.port = server.sockets[0].getsockname()[1]
            await self._stop.wait()
            server.close()
            self._pumps.create_task(self._cancel_pumps())

    async def _open_root(self) -> RootKey:
        engine = await open_database(default_database(self._node.data_folder))
        try:
            return await load_or_make_root(engine, self._secret_file)
        finally:
            await engine.dispose()

    async def _cancel_pumps(self) -> None:
        for task in asyncio.all_tasks():
            if task.get_name() == "pump":
                task.cancel()

    async def _serve_one(
        self, from_program: asyncio.StreamReader, to_program: asyncio.StreamWriter
    ) -> None:
        recording = Recording()
        self.recordings.append(recording)
        from_node, to_node = await asyncio.open_connection(
            "127.0.0.1", self._node.port, ssl=self._towards_node, server_hostname=""
        )
        for reader, writer, record in (
            (from_program, to_node, recording.to_node),
            (from_node, to_program, recording.from_node),
        ):
            self._pumps.create_task(_pump(reader, writer, record), name="pump")


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: bytearray
) -> None:
    """Pass on until one side ends, then end the other."""
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            record += chunk
            writer.write(chunk)
            await writer.drain()
        writer.close()
        async with asyncio.timeout(CLOSE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        pass  # cut by one side; the other is cut below
    finally:
        # Python 3.11.2 has lost its protocol here where the connection is closed already.
        with contextlib.suppress(AttributeError):
            writer.transport.abort()


def trusting(root: RootKey) -> ssl.SSLContext:
    """TLS towards a node of this root, as the programs have it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.load_verify_locations(cadata=root.certificate_der)
    return context


def unmasked(stream: bytes) -> bytes:
    """What a program's side of a WebSocket says: the request, then each frame's payload.

    RFC 6455 5.2 and 5.3: two bytes, a longer length where the first says so, the mask, the
    payload under the mask.
    """
    head, _, rest = stream.partition(b"\r\n\r\n")
    payloads = [head]
    while len(rest) >= 2:
        length, at = rest[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(rest[at : at + size]), at + size
        mask = b""
        if rest[1] & 0x80:
            mask, at = rest[at : at + 4], at + 4
        payloads.append(_without_mask(rest[at : at + length], mask))
        rest = rest[at + length :]
    return b"\n".join(payloads)


def _without_mask(payload: bytes, mask: bytes) -> bytes:
    if not mask:
        return payload
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(len(payload))
