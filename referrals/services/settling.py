"""Make referrals agree with what is known: their states, step by step, and what they pay.

The caller holds the wallets of advocates and friends in a book, and then the referrals'
rows. Whatever was stated in whatever order, the same referrals are paid in the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core import bulk
from core.events import NewEvent, rows_of_events
from loyalty.models import Member, Program
from loyalty.services.ledger import Book
from referrals.models import Identity, Referral, ReferralStep
from referrals.queries.friends import News, deeds_of
from referrals.queries.programs import ReferralSetup
from referrals.rules.course import Known, Standing, standing_of
from referrals.rules.fraud import Evidence
from referrals.rules.programs import CompiledReferrals
from referrals.rules.qualification import Verdict, Within, judge
from referrals.rules.states import BY_FACTS, Reason, State, acts_between, after
from referrals.services.identities import COLUMNS as IDENTITY_COLUMNS
from referrals.services.weighing import evidence_of_referral, needs_review

STEP_COLUMNS = (
    "referral_id",
    "number",
    "state",
    "version",
    "at",
    "cause",
    "reason",
    "by",
    "note",
)
COLUMNS = (
    "friend_id",
    "friend_ref",
    "state",
    "resumes",
    "version",
    "reason",
    "signed_up_at",
    "qualified_at",
    "qualified_by",
    "amount",
    "due_at",
    "score",
    "reasons",
    "outcome",
    "approved_at",
    "steps_count",
)
CAME_SO_FAR = (State.QUALIFIED, State.REWARDED, State.REVERSED)


@dataclass(slots=True)
class Settling:
    """Who is settled with: the book with their wallets, and what is new about friends.

    `members` has the advocates and friends by number, `weighed` the referrals of which all
    that speaks against them is known already, `moved` those that have taken a step.
    """

    program: Program
    setup: ReferralSetup
    book: Book
    at: datetime
    members: dict[int, Member] = field(default_factory=dict)
    news: News = field(default_factory=News)
    weighed: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    steps: list[tuple[object, ...]] = field(default_factory=list)
    identities: list[tuple[object, ...]] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)

    def terms(self, referral: Referral) -> CompiledReferrals:
        return self.setup.compiled(referral.terms_id)

    def load(self, referrals: Sequence[Referral]) -> None:
        """Have the members of these referrals at hand."""
        wanted = {pk for r in referrals for pk in (r.advocate_id, r.friend_id) if pk}
        missing = wanted - self.members.keys()
        found = Member.objects.filter(pk__in=missing) if missing else ()
        self.members |= {member.pk: member for member in found}


def settle_states(settling: Settling, referrals: Sequence[Referral], *, cause: str) -> None:
    """Bring the (locked) referrals to the states that they are to have, and write them."""
    settling.load(referrals)
    verdicts = _verdicts(settling, referrals)
    for referral in referrals:
        _settle(settling, referral, verdicts[referral.pk], cause)
    write_referrals(settling, referrals)


def _verdicts(settling: Settling, referrals: Sequence[Referral]) -> Mapping[int, Verdict]:
    asked = {r.pk: settling.terms(r).asked for r in referrals}
    friends = {r.friend_id for r in referrals if r.friend_id}
    kinds = {each.on for each in asked.values()} - {"order", "signup"}
    deeds = deeds_of(friends, kinds, settling.news)
    return {
        r.pk: judge(
            asked[r.pk],
            deeds.of(r.friend_id or 0, asked[r.pk].on, r.signed_up_at),
            Within(r.claimed_at, r.expires_at, r.checkout),
        )
        for r in referrals
    }


def _settle(settling: Settling, referral: Referral, verdict: Verdict, cause: str) -> None:
    """Walk from the state that is written to the one that there is to be."""
    before = _known(settling, referral)
    if before.rejected is None:
        _take_over(settling, referral, verdict)
    standing = standing_of(_known(settling, referral), verdict, at=settling.at)
    if standing.state == referral.state:
        referral.reason = standing.reason or ""
        return
    _come_back(settling, referral, cause)
    passed = _passed(settling, referral, before, standing)
    until = passed or settling.at
    why = Why("time" if passed else cause, standing.reason or "", at=passed)
    for act, state in acts_between(State(referral.state), standing.state):
        if act in ("qualify", "reward") and _is_suspicious(settling, referral, until):
            return
        referral.version += act == "qualify"
        take_step(settling, referral, state, why)


def _known(settling: Settling, referral: Referral) -> Known:
    state = State(referral.state)
    # Who joined before the claim was never let in, and no later fact changes that.
    never_in = referral.friend_id is not None and referral.signed_up_at is None
    for_good = state == State.REJECTED and (never_in or referral.reason not in BY_FACTS)
    return Known(
        signed_up_at=referral.signed_up_at,
        expires_at=referral.expires_at,
        due_at=referral.due_at,
        is_flagged=state == State.FLAGGED,
        rejected=Reason(referral.reason) if for_good else None,
        was_qualified=state in CAME_SO_FAR,
        was_rewarded=state == State.REWARDED,
        keeps=settling.terms(referral).keeps,
    )


def _take_over(settling: Settling, referral: Referral, verdict: Verdict) -> None:
    """Note what qualifies the friend now; it may be another order than before.

    What was rewarded has waited, and waits no second time.
    """
    if verdict.at is None:
        return
    referral.qualified_at, referral.qualified_by = verdict.at, verdict.by
    referral.amount = verdict.amount
    due_at = settling.terms(referral).due_at(verdict.at, settling.book.setup.zone)
    if referral.state != State.REWARDED or referral.due_at is None:
        referral.due_at = due_at


def _come_back(settling: Settling, referral: Referral, cause: str) -> None:
    """Take a referral up again that facts had ended, or time."""
    if referral.state in (State.REJECTED, State.EXPIRED):
        back = State.CLAIMED if referral.signed_up_at is None else State.SIGNED_UP
        state = after(State(referral.state), "reinstate", to=back)
        take_step(settling, referral, state, Why(cause))


def _passed(
    settling: Settling, referral: Referral, before: Known, standing: Standing
) -> datetime | None:
    """Return the moment that alone brought it about, if one did: it did not wait for a job."""
    if referral.pk in settling.moved:
        return None
    if standing.state == State.EXPIRED:
        return referral.expires_at
    waited = referral.state == State.QUALIFIED and before.due_at == referral.due_at
    return referral.due_at if waited and standing.state == State.REWARDED else None


def _is_suspicious(settling: Settling, referral: Referral, until: datetime) -> bool:
    """Look at the score again before anybody is paid; say whether it stops here."""
    evidence = Evidence()
    if referral.pk not in settling.weighed:
        settling.weighed.add(referral.pk)
        advocate, friend = (settling.members[pk] for pk in _pair(referral))
        evidence = evidence_of_referral(referral, advocate, friend, until)
    if not needs_review(referral, settling.terms(referral), evidence):
        return False
    flag(settling, referral)
    return True


def _pair(referral: Referral) -> tuple[int, int]:
    assert referral.friend_id is not None, "nobody qualifies without signing up"
    return referral.advocate_id, referral.friend_id


@dataclass(frozen=True, slots=True)
class Why:
    """What caused a step, and the reason that a shopper may see.

    Who of the staff decided it says more about it in a note. `at` is when it came about,
    if that was before anybody looked.
    """

    cause: str
    reason: str = ""
    by: str = ""
    note: str = ""
    at: datetime | None = None


def flag(settling: Settling, referral: Referral) -> None:
    """Let a referral wait until somebody has looked at it."""
    referral.resumes = referral.state
    why = Why("fraud", note=" ".join(referral.reasons)[:255])
    take_step(settling, referral, State.FLAGGED, why)


def take_step(settling: Settling, referral: Referral, state: State, why: Why) -> None:
    """Note a step in the row and its history, and tell of it."""
    referral.state = state.value
    ended = state in (State.REJECTED, State.EXPIRED, State.REVERSED)
    referral.reason = why.reason if ended else ""
    referral.steps_count += 1
    settling.moved.add(referral.pk)
    number, version, at = referral.steps_count, referral.version, why.at or settling.at
    row = (
        referral.pk,
        number,
        state.value,
        version,
        at,
        why.cause,
        why.reason,
        why.by,
        why.note,
    )
    settling.steps.append(row)
    settling.events.append(_told(settling, referral, at))


def _told(settling: Settling, referral: Referral, at: datetime) -> NewEvent:
    people = settling.members
    friend = people.get(referral.friend_id or 0)
    data = {
        "id": str(referral),
        "state": referral.state,
        "advocate": people[referral.advocate_id].external_id,
        "friend": friend.external_id if friend else None,
        "reason": referral.reason or None,
        "version": referral.version,
    }
    kind = f"referral.{referral.state}"
    return NewEvent(settling.program.pk, referral.advocate_id, kind, data, at)


def write_referrals(settling: Settling, referrals: Sequence[Referral]) -> None:
    """Write the rows as they stand, the steps that they took, and what is told of them."""
    rows = [(r.pk, *(getattr(r, column) for column in COLUMNS)) for r in referrals]
    bulk.update_rows(Referral, COLUMNS, rows)
    bulk.insert_together(
        (ReferralStep, STEP_COLUMNS, settling.steps),
        (Identity, IDENTITY_COLUMNS, settling.identities),
        rows_of_events(settling.events),
    )
    settling.steps, settling.identities, settling.events = [], [], []
