"""A gunicorn worker that runs waitress: slow clients hold no thread."""

import os
import socket
import sys
import threading
import time
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from fashionlens.request_limits import MAX_PHOTO_BODY, MB, is_photo_search
from fashionlens.server.channel import BufferingChannel

PHOTO_THREADS = 2
NICENESS = 10
# Requests that wait for a thread; further ones are told to come again.
MAX_WAITING_PHOTOS = 16
MAX_WAITING_PAGES = 64
# All bodies that a process holds. Those of photo searches stay in memory.
MAX_BUFFERED = 192 * MB
OPTIONS = {
    "asyncore_use_poll": True,
    "channel_timeout": 75,
    "cleanup_interval": 1,
    "clear_untrusted_proxy_headers": False,  # NUM_PROXIES says which are trusted
    "connection_limit": 1000,
    "ident": None,
    "inbuf_overflow": MAX_PHOTO_BODY + 1,
    "log_socket_errors": False,
    "max_request_body_size": 1 << 40,  # fashionlens.request_limits
    "max_request_header_size": 16 * 1024,
    "recv_bytes": 64 * 1024,
    # Some proxies cut it off the path, others leave it.
    "url_prefix": os.environ.get("SCRIPT_NAME", ""),
}


class PolitePool(ThreadedTaskDispatcher):
    """Threads that leave the processor to those of pages."""

    def handler_thread(self, thread_no: int) -> None:
        if sys.platform == "linux":  # elsewhere it would slow down the whole process
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        super().handler_thread(thread_no)


class Pools:
    """Threads for pages, photo searches, refusals and the health check."""

    def __init__(self, threads: int):
        self.pages, self.photos = _pool(threads), PolitePool()
        self.photos.set_thread_count(PHOTO_THREADS)
        self.refusals, self.health = _pool(1), _pool(1)

    def add_task(self, channel: BufferingChannel) -> None:
        request = channel.requests[0]
        if request.path == "/healthz" and not request.error:
            return self.health.add_task(channel)
        pool, room = self.pages, MAX_WAITING_PAGES
        if is_photo_search(request.command, request.path):
            pool, room = self.photos, MAX_WAITING_PHOTOS
        request.busy = request.busy or len(pool.queue) >= room
        refused = request.busy or request.error
        (self.refusals if refused else pool).add_task(channel)

    def shutdown(self, timeout: float) -> None:
        for pool in (self.pages, self.photos, self.refusals, self.health):
            pool.shutdown(timeout=timeout)


def _pool(threads: int) -> ThreadedTaskDispatcher:
    pool = ThreadedTaskDispatcher()
    pool.set_thread_count(threads)
    return pool


class BufferingServer(TcpWSGIServer):
    channel_class = BufferingChannel

    def has_room(self) -> bool:
        held = sum(channel.buffered for channel in self.active_channels.values())
        return held < MAX_BUFFERED

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.is_late(now):
                channel.will_close = True

    def getsockname(self) -> tuple[str, Any]:
        if self.family == socket.AF_UNIX:
            return "unix", self.socket.getsockname()
        return super().getsockname()

    def fix_addr(self, addr: Any) -> Any:
        return ("127.0.0.1", 0) if self.family == socket.AF_UNIX else addr


class BufferingWorker(Worker):
    def run(self) -> None:
        adjustments = Adjustments(**OPTIONS)
        pools = Pools(self.cfg.threads)
        channels: dict[int, Any] = {}
        servers = [
            self._serve(each, channels, pools, adjustments) for each in self.sockets
        ]
        while self.alive and self.ppid == os.getppid():
            self._turn(channels)
        for server in servers:
            server.accepting = False
        end = time.monotonic() + self.cfg.graceful_timeout
        while time.monotonic() < end and _close_idle(servers):
            self._turn(channels)
        pools.shutdown(timeout=1)

    def _serve(
        self, listener: Any, channels: dict[int, Any], pools: Pools, adjustments: Any
    ) -> BufferingServer:
        sock = listener.sock
        return BufferingServer(
            self.wsgi,
            channels,
            _sock=sock,
            dispatcher=pools,
            adj=adjustments,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            bind_socket=False,
        )

    def _turn(self, channels: dict[int, Any]) -> None:
        self.notify()
        wasyncore.loop(timeout=1, use_poll=True, map=channels, count=1)


def _close_idle(servers: list[BufferingServer]) -> bool:
    """Close connections without a request; return whether others are left."""
    channels = [each for server in servers for each in server.active_channels.values()]
    for channel in channels:
        if not (channel.requests or channel.request or channel.total_outbufs_len):
            channel.will_close = True
    return bool(channels)
