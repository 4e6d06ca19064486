"""Benchmarks over HTTP: granian with one worker, clients that keep their connections."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep

from engine.pipeline import state_fact
from loyalty.models import Program
from storefront.models import ApiKey
from storefront.services.keys import create_api_key
from tests.bench.facts import an_order, make_shop, order_body
from tests.bench.measure import Row, rates
from tests.factories import NOON

CLIENTS = 4
MEMBERS = 1_000
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
numbers = count(1)

Requests = Sequence[bytes]


@contextmanager
def serving(application: str, program: Program) -> Iterator[int]:
    """Serve a WSGI application as the Procfile does, with one worker; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    granian = str(Path(sys.executable).with_name("granian"))
    options = "--interface wsgi --workers 1 --blocking-threads 1 --no-ws --log-level error"
    process = subprocess.Popen(
        [granian, *options.split(), "--port", str(port), application],
        env=os.environ | {"BENCH_PROGRAM": str(program.pk)},
    )
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            sleep(0.1)
        else:
            return
    raise AssertionError("The server does not answer")


class Client:
    """Asks over one connection, and wants every answer to be a success."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> float:
        """Return the seconds until the whole answer was there."""
        start = perf_counter()
        self.socket.sendall(request)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        length = LENGTH.search(answer, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        while len(answer) < whole:
            answer += self._more()
        if not answer.startswith(b"HTTP/1.1 2"):
            raise AssertionError(answer.decode())
        return perf_counter() - start

    def _more(self) -> bytes:
        received = self.socket.recv(65_536)
        if not received:
            raise AssertionError("The server has hung up")
        return received


class Load:
    """Sends requests over a few connections at once, and keeps how long each took."""

    def __init__(self, port: int, make: Callable[[int], Requests], times: int) -> None:
        self.clients = [Client(port) for _ in range(CLIENTS)]
        self.make, self.times = make, times
        self.seconds: list[float] = []

    def __call__(self, turn: int) -> None:
        shares = [self.make(self.times // CLIENTS) for _ in self.clients]
        with ThreadPoolExecutor(CLIENTS) as threads:
            for taken in threads.map(self._send, self.clients, shares):
                # The first round warms both sides up.
                self.seconds += taken if turn else []

    @staticmethod
    def _send(client: Client, requests: Requests) -> list[float]:
        return [client.ask(request) for request in requests]

    def p99(self) -> float:
        """Return the milliseconds in which 99 of 100 were answered."""
        return quantiles(self.seconds, n=100)[-1] * 1000


def order_over_http(times: int = 400) -> list[Row]:
    """An order by PUT, against a bare view that runs as many raw statements."""
    return _against_bare_view("one order statement over HTTP", _orders, times, ">= 0.50")


def wallet_over_http(times: int = 800) -> list[Row]:
    """What a member has, against a bare view with one indexed query."""
    return _against_bare_view("wallet read over HTTP", _wallet_reads, times, ">= 0.70")


def _against_bare_view(
    what: str, make: Callable[[str, int], Requests], times: int, goal: str
) -> list[Row]:
    program = make_shop(members=MEMBERS)
    for number in range(MEMBERS):
        state_fact(program, an_order(f"m{number}"), at=NOON)
    token = create_api_key(
        program=program, kind=ApiKey.Kind.SECRET, scopes={"orders", "members"}, at=NOON
    )[1]
    send = Sending(program, partial(make, token), times)
    return against(what, send, "tests.bench.bare:application", goal)


@dataclass(frozen=True)
class Sending:
    """So many requests in each round, made by `make`, about a program."""

    program: Program
    make: Callable[[int], Requests]
    times: int


def against(what: str, send: Sending, bare: str, goal: str) -> list[Row]:
    """Send requests to the product and to a bare application, in turn."""
    with (
        serving("config.wsgi:application", send.program) as port,
        serving(bare, send.program) as bare_port,
    ):
        ours, limit = (Load(each, send.make, send.times) for each in (port, bare_port))
        fast, bound = rates(ours, limit, units=send.times)
    return [
        Row(what, fast, bound, "requests/s", goal),
        Row(f"{what}: p99", ours.p99(), limit.p99(), "ms", "<= 2.00"),
    ]


def _orders(token: str, times: int) -> Requests:
    return [_order(token, next(numbers)) for _ in range(times)]


def _order(token: str, number: int) -> bytes:
    body = json.dumps(order_body(f"m{number % MEMBERS}"))
    return request_of("PUT", f"/api/v1/orders/h{number}", token, body)


def _wallet_reads(token: str, times: int) -> Requests:
    return [
        request_of("GET", f"/api/v1/members/m{next(numbers) % MEMBERS}/wallets", token)
        for _ in range(times)
    ]


def request_of(method: str, path: str, token: str, body: str = "", *more: str) -> bytes:
    """Return a request as it is sent; `more` are header fields."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    head += "".join(f"{field}\r\n" for field in more)
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()
