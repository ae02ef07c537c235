"""One process that serves the AWS endpoint and the front, on two ports of 127.0.0.1."""

import asyncio
import fcntl
import json
import os
import resource
import signal
import socket
import sys
from importlib import import_module
from typing import Any, TextIO

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from infra.local.cloud.settings import Settings, ministack_environment
from infra.local.cloud.snapshots import Snapshots

_STOP_SECONDS = 2.0
_OPEN_ADMIN_PATHS = ("/_ministack/health", "/_ministack/ready")


def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. Refuses, with a sentence on stderr, when it could not do its job."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = _lock(settings)
    for port in (settings.port, settings.front_port):
        _require_free(port)
    os.environ.update(ministack_environment(settings))

    from infra.local.cloud import front, patches

    try:
        patches.apply_all(settings)
    except patches.ChangedSourceError as changed:
        raise SystemExit(str(changed)) from changed
    gateway: Any = import_module("ministack.app").app
    people = front.Front(settings, gateway)
    saver = Snapshots(settings.state_dir / "services")
    restored = asyncio.Event()
    _raise_file_limit()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await gateway(scope, receive, _telling(send, restored))
            return
        saver.touch(stacks=_is_for_cloudformation(scope))
        if scope["server"][1] == settings.front_port:
            await people(scope, receive, send)
        elif scope["path"].startswith(("/_ministack/", "/_localstack/")) and scope["path"] not in _OPEN_ADMIN_PATHS:
            # MiniStack's own admin calls (reset, config, mails) are unsigned: any web page could send them.
            await front.plain(send, 403, "The administration calls of the emulator are switched off.\n")
        else:
            await gateway(scope, receive, send)

    try:
        asyncio.new_event_loop().run_until_complete(_run(app, settings, saver, restored))
    finally:
        settings.run_file.unlink(missing_ok=True)
        lock.close()
    os._exit(0)  # all is saved; MiniStack's sleeping threads would hold the exit for seconds


async def _run(app: Any, settings: Settings, saver: Snapshots, restored: asyncio.Event) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"127.0.0.1:{settings.port}", f"127.0.0.1:{settings.front_port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.loglevel = "WARNING"
    config.websocket_max_message_size = 1024 * 1024
    settings.run_file.write_text(json.dumps({"pid": os.getpid(), "settings": json.loads(settings.to_json())}))
    saving = asyncio.create_task(_save(saver, restored))
    serving = asyncio.create_task(hypercorn_serve(app, config, shutdown_trigger=stop.wait))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=_STOP_SECONDS)  # since Python 3.12 it waits for open connections
    if serving.done():
        serving.result()
    saving.cancel()
    await saver.save(everything=True)


async def _save(saver: Snapshots, restored: asyncio.Event) -> None:
    await restored.wait()  # before that, the empty services would be saved over the full files
    await saver.run()


def _is_for_cloudformation(scope: Any) -> bool:
    signed = (value for name, value in scope["headers"] if name.lower() == b"authorization")
    return any(b"/cloudformation/" in value for value in signed)


def _telling(send: Any, restored: asyncio.Event) -> Any:
    async def sent(message: Any) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            restored.set()

    return sent


def _lock(settings: Settings) -> TextIO:
    file = (settings.state_dir / "cloud.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"another embedded cloud is using {settings.state_dir}; stop it first")
    return file


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            sys.exit(f"port {port} is not free ({taken.strerror}); stop what uses it or choose another")


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
