"""The signed webhook against a receiver on loopback that fails, hangs, drops, trickles, and asks for patience."""

from __future__ import annotations

import datetime as dt
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.core.settings import parse_settings
from shopkeeper.errors import ConfigError, Undelivered, UsageError
from shopkeeper.jobs import listing, queue
from shopkeeper.jobs.notices import OWNER, channels_of, told_of_dead_letters
from shopkeeper.jobs.outbox import Message, deliver_next, put, take_back
from shopkeeper.jobs.webhook import Webhook, signature
from shopkeeper.state import State, default_state_url, open_state
from tests.unit.jobs.receiver import Receiver, receiving

SECRET = "correct horse battery staple"
HEAD = '[shop]\nid = "tea"\nname = "Tea"\n'


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(SECRET) as listening:
        yield listening


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(default_state_url(tmp_path)) as opened:
        yield opened


def message(body: str = '{"n": 1, "名": "茶"}') -> Message:
    return Message("msg_1", "tea", OWNER, "k", body, "running", 1, 5, now(), 1, now(), None, None, None)


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example of the libraries that Standard Webhooks publishes."""
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_arrives_signed_over_its_raw_bytes(receiver: Receiver) -> None:
    assert Webhook(receiver.url, SECRET).send(message(), now()) == "200 thank you"
    assert receiver.got == [("msg_1", '{"n": 1, "名": "茶"}'.encode())]
    with pytest.raises(Undelivered, match="refused") as refused:
        Webhook(receiver.url, "another secret").send(message(), now())
    assert refused.value.final
    assert receiver.unsigned == 1


@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (401, True), (404, True), (410, True), (422, True), (301, True), (307, True), (304, True),
     (408, False), (425, False), (429, False), (500, False), (502, False), (503, False)],
)  # fmt: skip
def test_which_answers_are_final(receiver: Receiver, status: int, final: bool) -> None:
    receiver.answers.append(status)
    with pytest.raises(Undelivered) as refused:
        Webhook(receiver.url, SECRET).send(message(), now())
    assert (refused.value.final, refused.value.received) == (final, f"{status} thank you" if status != 304 else "304")
    assert "hidden" not in refused.value.message()
    assert len(receiver.got) == 1, "a redirect is not followed"


@pytest.mark.parametrize(
    ("header", "low", "high"), [("120", 120, 120), ("9999999", 21600, 21600), ("soon", 0, 0), ("", 0, 0)]
)
def test_a_receiver_may_ask_for_patience(receiver: Receiver, header: str, low: float, high: float) -> None:
    receiver.answers, receiver.headers = [503], {"Retry-After": header}
    with pytest.raises(Undelivered) as refused:
        Webhook(receiver.url, SECRET).send(message(), now())
    assert low <= refused.value.wait_seconds <= high


def test_a_date_is_patience_too(receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [429], {"Retry-After": "Wed, 01 Jan 2020 00:02:00 GMT"}
    at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(Undelivered) as refused:
        Webhook(receiver.url, SECRET).send(message(), at)
    assert refused.value.final, "its timestamp is years old, so the receiver refuses it whatever it would have said"
    receiver.answers = [429]
    with pytest.raises(Undelivered) as refused:
        Webhook(receiver.url, SECRET).send(message(), now())
    assert (refused.value.final, refused.value.wait_seconds) == (False, 0)


def test_silence_a_cut_and_a_closed_door_are_tried_again(receiver: Receiver) -> None:
    receiver.answers = ["hang", "drop"]
    for what in ("in time", "cannot be reached"):
        with pytest.raises(Undelivered, match=what) as refused:
            Webhook(receiver.url, SECRET, seconds=0.3).send(message(), now())
        assert not refused.value.final
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Undelivered, match="cannot be reached") as refused:
            Webhook(f"http://127.0.0.1:{taken.getsockname()[1]}/", SECRET, seconds=2).send(message(), now())
    assert not refused.value.final


def test_a_receiver_that_trickles_is_not_listened_to_for_ever(receiver: Receiver) -> None:
    receiver.answers = ["trickle"]
    begun = time.monotonic()
    assert Webhook(receiver.url, SECRET, seconds=0.4).send(message(), now()).startswith("200 .")
    assert time.monotonic() - begun < 15


def test_from_outbox_to_receiver_through_failures_under_one_id(state: State, receiver: Receiver) -> None:
    """Fails, hangs, takes it and is cut before it can say so, takes it again: its effect is there once."""
    receiver.answers = [500, "hang", "drop"]
    channels = {OWNER: Webhook(receiver.url, SECRET, seconds=0.3)}
    with state.writing() as connection:
        message_id = put(connection, "tea", OWNER, "k", {"n": 1}, at=now())
    at = now()
    for attempt in range(1, 5):
        assert deliver_next(state, "tea", channels, worker="a", at=at, dice=random.Random(attempt)) == message_id
        found = listing.message(state, "tea", message_id or "")
        assert (found.attempts, found.status) == (attempt, "waiting" if attempt < 4 else "done")
        at = max(at, found.next_at)
    assert [one for one, _ in receiver.got] == [message_id] * 4
    assert receiver.seen == {message_id: b'{"n": 1}'}
    assert deliver_next(state, "tea", channels, worker="a", at=at + dt.timedelta(days=1), dice=random.Random(1)) is None


def test_a_sender_killed_after_the_receiver_took_it_sends_it_again_under_the_same_id(
    state: State, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = {OWNER: Webhook(receiver.url, SECRET)}
    with state.writing() as connection:
        put(connection, "tea", OWNER, "k", {"n": 1}, at=now())

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    at = now()
    monkeypatch.setattr("shopkeeper.jobs.outbox.give_back", killed)
    with pytest.raises(Killed):
        deliver_next(state, "tea", channels, worker="a", at=at, dice=random.Random(1))
    monkeypatch.undo()
    at += dt.timedelta(seconds=91)
    take_back(state, "tea", at=at, dice=random.Random(1))
    assert deliver_next(state, "tea", channels, worker="b", at=at, dice=random.Random(1))
    assert (len(receiver.got), len(receiver.seen)) == (2, 1)


def test_the_owner_is_told_of_a_dead_letter_without_what_the_file_held(
    state: State, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "hook.key"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    text = HEAD + f'[notify]\nwebhook = "{receiver.url}"\nsecret = "file:hook.key"\n'
    settings = parse_settings(text, tmp_path / "shopkeeper.toml")
    with state.writing() as connection:
        job_id = queue.enqueue(connection, "tea", "load", at=now(), by="olive")
    job = queue.claim(state, "tea", worker="a", kinds=("load",), at=now(), lease=dt.timedelta(seconds=60))
    assert job is not None
    error = UsageError(
        "a phone cannot be read", where="a.csv:3", received="13800138000", next_command="shopkeeper quarantine"
    )
    queue.fail(state, job, error, at=now(), dice=random.Random(1), told=told_of_dead_letters(settings))
    deliver_next(state, "tea", channels_of(settings, tmp_path), worker="a", at=now(), dice=random.Random(1))
    ((_, body),) = receiver.got
    assert b"13800138000" not in body
    assert b'"type": "job.dead"' in body
    assert f"shopkeeper jobs show {job_id}".encode() in body


def test_a_secret_in_the_settings_or_open_to_others_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"notify\.secret"):
        parse_settings(HEAD + '[notify]\nwebhook = "https://h.example"\nsecret = "plain"\n', tmp_path / "s.toml")
    with pytest.raises(ConfigError, match="needs a secret"):
        parse_settings(HEAD + '[notify]\nwebhook = "https://h.example"\n', tmp_path / "s.toml")
    (tmp_path / "open.key").write_text("s")
    (tmp_path / "open.key").chmod(0o644)
    text = HEAD + '[notify]\nwebhook = "https://h.example"\nsecret = "file:open.key"\n'
    with pytest.raises(ConfigError, match="open to others"):
        channels_of(parse_settings(text, tmp_path / "s.toml"), tmp_path)
    assert SECRET not in repr(Webhook("https://h.example", SECRET))
