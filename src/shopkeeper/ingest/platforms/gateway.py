"""One platform asked over HTTP: signed, within its limits, tried again where that helps; else an error that names the fix."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx2

from shopkeeper.errors import SourceError
from shopkeeper.ingest.platforms.address import checked_address, is_loopback
from shopkeeper.ingest.platforms.declaration import Credentials, Json, Platform, Refused, Request
from shopkeeper.ingest.platforms.faults import ClockSkew, explained, unreadable
from shopkeeper.ingest.platforms.pace import LONGEST_WAIT_SECONDS, Limiter, Pace

ATTEMPTS = 6
MAX_ANSWER_BYTES = 64_000_000
_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
_PASSING_STATUS = (500, 502, 503, 504, 520, 522, 524)


@dataclass
class Gateway:
    """A platform's door for one source. Nothing that it says or raises holds a secret."""

    platform: Platform
    credentials: Credentials
    address: str
    source: str
    pace: Pace
    per_second: float
    client: httpx2.Client = field(init=False, repr=False)
    _skew: ClockSkew | None = None

    def __post_init__(self) -> None:
        checked_address(self.address, f"source {self.source}")
        self._limiter = Limiter(self.per_second, self.pace)
        # Redirects are not followed: a token must not go to another address.
        self.client = httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=not is_loopback(self.address))

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def ask(self, method: str, params: Mapping[str, Json]) -> Json:
        """What the platform answers to one call, out of its envelope.

        Raises SourceError: the connection fails again and again, the platform throttles for too long, or it says no; the
        message names what to do. `retryable` says whether the same call may go through later.
        """
        waited = 0.0
        for attempt in range(ATTEMPTS):
            self._limiter.take(method)
            try:
                return self._once(method, params)
            except httpx2.TransportError as error:
                failure: Exception = error
                seconds = self.pace.back_off(attempt)
            except Refused as refused:
                kind = self.platform.fault_of(refused)
                if kind not in ("throttled", "passing"):
                    raise self._explained(method, refused) from None
                failure = refused
                seconds = self.pace.back_off(attempt)
                if refused.wait_seconds is not None:
                    seconds = max(refused.wait_seconds, 0.0) + self.pace.dice.uniform(0.0, 1.0)
            if attempt == ATTEMPTS - 1 or waited + seconds > LONGEST_WAIT_SECONDS:
                break
            waited += seconds
            self.pace.sleep(seconds)
        if isinstance(failure, Refused):
            raise self._explained(method, failure)
        raise SourceError(
            "the platform cannot be reached", retryable=True, where=self._where(method),
            received=f"{type(failure).__name__} at {urlsplit(self.address).hostname}, {ATTEMPTS} attempts",
            allowed="an answer", state="nothing was changed since the last committed window",
            next_command=f"check the network, then shopkeeper ingest {self.source}",
        ) from None  # fmt: skip

    def _once(self, method: str, params: Mapping[str, Json]) -> Json:
        self._authorise(method)
        return self._answered(
            method, self.platform.sign(method, params, self.credentials, self.pace.now()), self.platform.payload
        )

    def _authorise(self, method: str) -> None:
        """Ask for a token where the source has none and the platform gives them for its application's own credentials."""
        if self.credentials.token or self.platform.grant is None:
            return
        token = self._answered(method, self.platform.grant(self.credentials), _token_of)
        self.credentials = replace(self.credentials, token=token)

    def _answered(self, method: str, request: Request, payload: Callable[[Json], Json]) -> Json:
        """Send one request and read its answer."""
        with self._sent(request) as response:
            self._skew = skew_of(response.headers, self.pace.now())
            body = b"".join(_limited(response.iter_bytes(), self._where(method)))
            status, kind = response.status_code, response.headers.get("content-type", "no content type")
            if status == 429:
                raise Refused("429", "too many requests", _retry_after(response.headers, self.pace.now()))
        try:
            answer = json.loads(body, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            if status in _PASSING_STATUS:
                raise Refused(f"HTTP {status}", "the platform is not available") from None
            raise unreadable(self._where(method), f"HTTP {status}, {kind}, {len(body):,} bytes", self.source) from None
        if status in _PASSING_STATUS and not isinstance(answer, dict):
            raise Refused(f"HTTP {status}", "the platform is not available")
        if status in (401, 403) and not isinstance(answer, dict):
            raise Refused(f"HTTP {status}", "not allowed")
        try:
            found = payload(answer)
        except (AttributeError, IndexError, KeyError, StopIteration, TypeError):
            if status in _PASSING_STATUS:
                raise Refused(f"HTTP {status}", "the platform is not available") from None
            raise unreadable(self._where(method), f"HTTP {status}, {kind}, {len(body):,} bytes", self.source) from None
        if status >= 300:
            raise Refused(f"HTTP {status}", "the platform did not carry it out")
        return found

    @contextlib.contextmanager
    def _sent(self, request: Request) -> Iterator[httpx2.Response]:
        headers = {"Accept": "application/json", "User-Agent": "shopkeeper", **request.headers}
        content: bytes | None = None
        if request.body:
            content = request.body.encode()
            headers.setdefault("Content-Type", "application/json;charset=utf-8")
        data = dict(request.form) if request.form is not None else None
        url = self.address.rstrip("/") + request.path
        with self.client.stream(
            request.verb, url, params=dict(request.query) or None, data=data, content=content, headers=headers
        ) as response:
            yield response

    def _explained(self, method: str, refused: Refused) -> SourceError:
        return explained(self.platform, refused, self._where(method), self.source, self.credentials, self._skew)

    def _where(self, method: str) -> str:
        return f"source {self.source}, {self.platform.name} {method}"


def _token_of(answer: Json) -> str:
    """The token of an answer to a grant. Raises Refused when there is none."""
    if not answer.get("access_token"):
        said = [answer.get(name) for name in ("error", "error_description", "errors")]
        raise Refused("", " ".join(str(word) for word in said if word))
    return str(answer["access_token"])


def skew_of(headers: Mapping[str, str], now: dt.datetime) -> ClockSkew | None:
    """How far this machine's clock is from the platform's, by the Date of its answer; None when it tells none."""
    try:
        theirs = email.utils.parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return ClockSkew((now - theirs).total_seconds()) if theirs.tzinfo else None


def _retry_after(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Seconds to wait by Retry-After, which is a number of seconds or a date."""
    told = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return float(told)
    with contextlib.suppress(TypeError, ValueError):
        return (email.utils.parsedate_to_datetime(told) - now).total_seconds()
    return None


def _limited(chunks: Iterator[bytes], where: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise SourceError(
                "the platform's answer does not end", where=where, received=f"more than {MAX_ANSWER_BYTES:,} bytes",
                state="nothing was changed since the last committed window", next_command="check the address of the source",
            )  # fmt: skip
        yield chunk
