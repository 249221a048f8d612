"""Sends what is stored to the targets: at least once, in stored order, the statement's id making it once in
effect.

A batch that a target refuses is halved until the bad statement stands alone: its neighbours go, it becomes a
dead letter. Everything else that goes wrong is tried again later, from the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy.orm import Session

from xapi import target_changes
from xapi.errors import Invalid
from xapi.forwarding.client import Client, Unreachable
from xapi.forwarding.verdict import Delivered, Later, Pace, Refused, Verdict, judge
from xapi.spec.comparison import same_statement
from xapi.spec.conversion import in_version
from xapi.spec.multipart import Body, Piece, write
from xapi.spec.payload import parse_json
from xapi.spec.version import Version
from xapi.store import dead_letters, targets
from xapi.store.attachments import find_attachments, read_attachment
from xapi.store.dead_letters import Dead
from xapi.store.files import Files, FilesAway
from xapi.store.outgoing import Outgoing, attached, next_batch
from xapi.store.targets import Destination

Transaction = Callable[[], AbstractContextManager[Session]]

BATCH = 100
"""Statements of one request."""
TURNS = 20
"""Batches of one target before the next target has its turn."""
LETTERS = 20
"""Dead letters tried again at one occasion."""
ITSELF = "forwarding"
"""Who paused a target, as the audit trail says it."""
FULL = 1000
"""Dead letters at which a target is paused: it, or what is said of it here, is wrong."""
POISON = 8
"""So many times in a row the same statement, alone, may make a target fail with 500."""
AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
"""When a refused statement is tried again by itself; afterwards only by an administrator."""


class _Stopped(Exception):
    """The target failed, which is written down, or another process has it."""


@dataclass(frozen=True)
class Forwarder:
    """Forwards what is due; the caller sees to the next time, and to a database that is away."""

    reading: Transaction
    writing: Transaction
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    """A random number from 0 to 1, for pauses."""
    client: Client
    files: Files
    """Where the bytes of attachments lie."""
    owner: str
    """The name of this process, as no other has it."""
    pace: Pace = field(default_factory=Pace)
    stopped: Callable[[], bool] = lambda: False

    def run_once(self) -> int:
        """Serve every target that is due, one after the other; answer how many statements were dealt with.

        `Rounds` serves them side by side.
        """
        return sum(self.forward(id) for id in self.due() if not self.stopped())

    def due(self) -> list[UUID]:
        """Answer the targets that may be served now, and that no process is busy with."""
        with self.reading() as session:
            return targets.due_targets(session, now=self.clock())

    def forward(self, target_id: UUID) -> int:
        """Serve one target for a while, unless another process has it; answer as `run_once`."""
        done = 0
        with suppress(_Stopped):
            done += self._send_again(self._lease(target_id))
            for _ in range(TURNS):
                moved = 0 if self.stopped() else self._send_next(self._lease(target_id))
                if not moved:
                    break
                done += moved
        with self.writing() as session:
            targets.release_target(session, target_id, owner=self.owner)
        return done

    def _send_next(self, to: Destination) -> int:
        """Send the next batch and answer how many statements it had, or were passed over; 0 at the end."""
        limit = max(1, BATCH >> min(to.failures, 7))  # a target that fails may manage a smaller batch
        with self.reading() as session:
            batch = next_batch(session, after=to.cursor, chosen=to.filter, limit=limit)
        if batch is None:
            return 0
        groups = [batch.statements] if batch.statements else []
        while groups:
            group = groups.pop()
            sendable, dead = _sendable(group, to.version)
            verdict = self._verdict(to, sendable)
            match verdict:
                case Delivered():
                    self._reach(to, group[-1].seq, dead, sent=bool(sendable))
                case Refused() if len(sendable) > 1:
                    middle = len(group) // 2
                    groups += [group[middle:], group[:middle]]
                case Refused(status, reason):
                    self._reach(to, group[-1].seq, [*dead, self._dead(sendable[0][0], status, reason)])
                case Later(reason, 500) if len(group) == 1 and to.failures >= POISON:
                    self._reach(to, group[-1].seq, [self._dead(group[0], 500, reason)])
                case Later():
                    self._fail(to, verdict)
        if not batch.statements or batch.reached > batch.statements[-1].seq:
            self._reach(to, batch.reached, [])
        return len(batch.statements) or 1

    def _send_again(self, to: Destination) -> int:
        """Send the dead letters that are due, one by one, and answer how many they were."""
        with self.reading() as session:
            due = dead_letters.due_letters(session, to.id, now=self.clock(), limit=LETTERS)
        for letter in due:
            verdict: Verdict = Delivered()  # of a statement that was deleted nothing is left to send
            dead: list[Dead] = []
            if letter.payload is not None:
                one = Outgoing(letter.seq, letter.statement_id, letter.payload, attached(letter.payload))
                sendable, dead = _sendable([one], to.version)
                verdict = self._verdict(to, sendable)
            match verdict:
                case Refused(status, reason):
                    dead = [self._dead(one, status, reason, attempts=letter.attempts)]
                case Later():
                    self._fail(to, verdict)
            with self.writing() as session:
                if dead:
                    dead_letters.bury(session, to.id, dead, now=self.clock())
                else:
                    dead_letters.drop_dead_letters(session, to.id, seq=letter.seq)
        return len(due)

    def _verdict(self, to: Destination, sendable: Sequence[tuple[Outgoing, str]]) -> Verdict:
        """Send statements and answer what came of it; one alone that is there already counts as delivered."""
        if not sendable:
            return Delivered()
        if self.clock() - to.leased >= self.pace.lease / 3:
            self._lease(to.id)
        body, content_type = self._message(sendable)
        try:
            verdict = judge(self.client.post(to, body, content_type=content_type), now=self.clock())
            if isinstance(verdict, Refused) and verdict.status == 409 and len(sendable) == 1:
                return self._compare(to, *sendable[0], verdict)
        except (Unreachable, FilesAway) as error:
            return Later(str(error))
        return verdict

    def _compare(self, to: Destination, one: Outgoing, text: str, refused: Refused) -> Verdict:
        """A conflict over a statement that is the same there is none."""
        for parameter in ("statementId", "voidedStatementId"):
            reply = self.client.get(to, parameter=parameter, id=str(one.id))
            if reply.status == 200:
                return Delivered() if _same(text, reply.body) else refused
            if reply.status == 429 or reply.status >= 500:
                return judge(reply, now=self.clock())
        return refused

    def _message(self, sendable: Sequence[tuple[Outgoing, str]]) -> tuple[bytes | Body, str]:
        body = f"[{','.join(text for _, text in sendable)}]".encode()
        hashes = [sha2 for one, _ in sendable for sha2 in one.attachments]
        if not hashes:
            return body, "application/json"
        with self.reading() as session:
            found = find_attachments(session, hashes)
        if not found:
            return body, "application/json"
        message = write(
            body,
            [
                Piece(
                    one.sha2,
                    one.content_type,
                    one.length,
                    partial(read_attachment, one, files=self.files, reading=self.reading),
                )
                for one in found
            ],
        )
        return message, message.content_type

    # What is written down

    def _lease(self, target_id: UUID) -> Destination:
        now = self.clock()
        with self.writing() as session:
            to = targets.lease_target(
                session, target_id, owner=self.owner, now=now, until=now + self.pace.lease
            )
        if to is None:
            raise _Stopped
        return to

    def _reach(self, to: Destination, cursor: int, dead: Sequence[Dead], *, sent: bool = False) -> None:
        now = self.clock()
        with self.writing() as session:
            mine = targets.reach(session, to.id, owner=self.owner, cursor=cursor, now=now, sent=sent)
            if mine and dead:
                dead_letters.bury(session, to.id, dead, now=now)
                mine = self._bounded(session, to, now=now)
        if not mine:
            raise _Stopped

    def _bounded(self, session: Session, to: Destination, *, now: datetime) -> bool:
        """Pause a target that refuses too much; answer whether it goes on."""
        count = dead_letters.count_dead_letters(session, to.id)
        if count < FULL:
            return True
        reason = f"paused: {count} dead letters; find out why, then retry or drop them and resume"
        targets.fail(session, to.id, owner=self.owner, error=reason, now=now, next_try=now)
        target_changes.pause_target(session, to.id, who=ITSELF, now=now)
        return False

    def _fail(self, to: Destination, later: Later) -> NoReturn:
        now = self.clock()
        pause = max(self.pace.pause(to.failures, chance=self.chance), later.wish)
        with self.writing() as session:
            targets.fail(session, to.id, owner=self.owner, error=later.reason, now=now, next_try=now + pause)
        raise _Stopped

    def _dead(self, one: Outgoing, status: int, reason: str, *, attempts: int = 0) -> Dead:
        again = self.clock() + AGAIN[attempts] if attempts < len(AGAIN) else None
        return Dead(one.seq, one.id, reason, status, again)


def _sendable(group: Sequence[Outgoing], version: Version) -> tuple[list[tuple[Outgoing, str]], list[Dead]]:
    """Answer the statements with their text in the target's version, and those that it has no words for."""
    sendable, dead = [], []
    for one in group:
        try:
            sendable.append((one, in_version(one.payload, version)))
        except Invalid as error:
            dead.append(Dead(one.seq, one.id, str(error)))
    return sendable, dead


def _same(text: str, body: bytes) -> bool:
    try:
        theirs: Any = parse_json(body)
        return same_statement(parse_json(text), theirs)
    except (Invalid, KeyError, TypeError, AttributeError):
        return False  # what came back is no statement
