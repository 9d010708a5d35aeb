"""Connections whose requests are read to their end before a thread takes them.

A client that sends slowly holds a connection, not a thread. A body over its limit
(`request_limits`) is read but not kept: clients see the answer only once they have sent
everything.
"""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from fashionlens.request_limits import BUSY, MAX_BODY, MB, max_body_by_cookie

# A larger body is refused at once and the connection closed: a client that is still
# sending may not see the answer.
MAX_DISCARDED = 64 * MB
REQUEST_DEADLINE_S = 60.0


class DiscardedBody:
    def __init__(self, size: int = 0):
        self.size = size

    def __len__(self) -> int:
        return self.size

    def append(self, data: bytes) -> None:
        self.size += len(data)

    def getfile(self) -> BytesIO:
        return BytesIO()

    def close(self) -> None:
        pass


class BoundedParser(HTTPRequestParser):
    body_rcv: Any = None
    content_length: int = 0
    expect_continue: bool = False
    busy = False
    discarding = False
    limit = MAX_BODY
    command = path = ""  # until the head has been parsed

    def __init__(self, adj: Any, has_room: Callable[[], bool]):
        super().__init__(adj)
        self.started = time.time()
        self._has_room = has_room

    @property
    def buffered(self) -> int:
        return 0 if self.discarding else self.body_bytes_received

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.limit = max_body_by_cookie(self.path, self.headers.get("COOKIE", ""))
        if self.content_length <= self.limit:
            return
        if self.content_length > MAX_DISCARDED or self.expect_continue:
            self._refuse(self.content_length)
        else:
            self._discard()

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.body_rcv is None:
            return consumed
        size = len(self.body_rcv)
        framing = self.body_bytes_received - size  # of chunks, is kept until it ends
        if size > MAX_DISCARDED or framing > size + MB:
            self._refuse(MAX_DISCARDED)
        elif size > self.limit:
            self._discard()
        elif not self._has_room():
            self.busy = True
            self._refuse(0)
        return consumed

    def _discard(self) -> None:
        if not self.discarding:
            body = self.body_rcv.getbuf()
            self.body_rcv.buf = DiscardedBody(len(body))
            self.discarding = True
            body.close()

    def _refuse(self, length: int) -> None:
        """Hand the request on without a body. The rest of it is not read."""
        if self.body_rcv is not None:
            self.body_rcv.getbuf().close()
        self.body_rcv, self.content_length = None, 0
        self.expect_continue = False
        self.headers |= {"CONTENT_LENGTH": str(length), "CONNECTION": "close"}
        self.completed = True


class FlaggingTask(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        return super().get_environment() | {BUSY: self.request.busy}


class BufferingChannel(HTTPChannel):
    task_class = FlaggingTask

    def parser_class(self, adj: Any) -> BoundedParser:
        return BoundedParser(adj, self.server.has_room)

    @property
    def buffered(self) -> int:
        pending = [self.request] if self.request else []
        return sum(request.buffered for request in (*self.requests, *pending))

    def is_late(self, now: float) -> bool:
        return bool(self.request) and now - self.request.started > REQUEST_DEADLINE_S
