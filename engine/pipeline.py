"""What happens to every fact. Read this first.

One batch is one transaction. It runs in waves with at most one fact per member
in each, and every wave goes through the same stages in the same order. One order
is a batch of one.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from core.errors import DomainError, Unavailable
from core.reading import one_of, read_rows
from core.transactions import LookAgain, retrying
from engine.answers import announce_facts, answer_of
from engine.batch import Answer, waves_of
from engine.owners import owners_of
from loyalty.models import MemberEvent, Order, Program
from loyalty.queries.setup import Setup, setup_of
from loyalty.services.celebrations import moment_of, take_celebrations
from loyalty.services.earning import earn_points, gather_facts
from loyalty.services.events import event_of, record_events_of
from loyalty.services.facts import Fact, Statement, Wave
from loyalty.services.ledger import Book, WalletClosed, open_book
from loyalty.services.members import enrol_members, find_members
from loyalty.services.orders import has_new_owners, record_orders, stated_orders
from loyalty.services.posting import post_facts
from loyalty.services.spending import settle_redemptions
from referrals.queries.programs import referral_setup_of
from referrals.services import stage as referrals
from tiers.services.counting import brought_by, review_facts, tiers_of

Stage = Callable[[Wave], None]


def record_facts(wave: Wave) -> None:
    """The facts as stated, under lock; stale and repeated ones stop here."""
    program_id, stated = wave.setup.program_id, one_of("external_id", stated_orders(wave))
    # Whoever claims a friend waits for the friend's facts, and they for the claim.
    lock = referral_setup_of(wave.program).has_any and not wave.is_preview
    known = read_rows(Order, program_id, stated) if _must_ask_orders(wave) else ()
    find_members(wave, known, lock=lock)
    _celebrate(wave)
    enrol_members(wave)
    _open_book(wave)
    locked = read_rows(Order, program_id, stated, lock=True)
    orders = {order.external_id: order for order in locked}
    if has_new_owners(wave, orders):
        find_members(wave, orders.values(), lock=lock)
        _celebrate(wave)
        _open_book(wave)
    record_orders(wave, orders)
    event_ids = {event_id for fact in wave.facts if (event_id := event_of(fact))}
    if event_ids:
        events = read_rows(MemberEvent, program_id, one_of("external_id", event_ids), lock=True)
        record_events_of(wave, {event.external_id: event for event in events})


def _celebrate(wave: Wave) -> None:
    """State what these members have to celebrate by now: it came before their facts."""
    members = [fact.member for fact in wave.facts if fact.member]
    for statement in take_celebrations(wave.setup, members, at=wave.at):
        _run_wave(wave.program, wave.setup, [Fact(statement)], moment_of(statement), {})


def _open_book(wave: Wave) -> None:
    """Lock the wallets of the facts' members, and of those who referred them."""
    members = [fact.member.id for fact in wave.facts if fact.member and not fact.error]
    found = wave.brought["referrals"] = referrals.find_referrals(wave)
    members += found.advocates
    try:
        wave.book = open_book(wave.setup, members=members, at=wave.at)
    except WalletClosed as error:
        # Merged or erased since it was found: begin again, with whom it is now.
        raise LookAgain from error


def gather_context(wave: Wave) -> None:
    """What each member brings along: tiers, bonuses and facts, frozen with the order."""
    tiers = tiers_of(wave)
    if tiers:
        tiers.catch_up()
    wave.brought["tiers"] = tiers
    gather_facts(wave, brought_by(wave, tiers) if tiers else {})


def advance_challenges(wave: Wave) -> None:
    """Gamification joins here."""


def qualify_referrals(wave: Wave) -> None:
    """A friend's order pays both sides, or takes back what it paid."""
    wave.brought["referred"] = referrals.qualify_referrals(wave, wave.brought["referrals"])


def review_standing(wave: Wave) -> None:
    """A rise counts now, a fall waits for its date; entering a tier gives its reward."""
    wave.brought["moved"] = review_facts(wave, wave.brought["tiers"])


# What happens to every fact, in this order, in one transaction.
STAGES: Sequence[Stage] = (
    record_facts,  # loyalty: the order or event as stated; stale ones stop here
    settle_redemptions,  # loyalty: points and vouchers that orders were paid with
    gather_context,  # what each member brings with them
    earn_points,  # loyalty: target - already posted = posting
    advance_challenges,  # gamification
    qualify_referrals,  # referrals
    post_facts,  # loyalty: through the only writer of balances
    review_standing,  # tiers: rise now; falls wait for their date
    announce_facts,  # core: what the outside should hear
)


def state_fact(program: Program, statement: Statement, *, at: datetime) -> Answer:
    """Let one fact take effect and return its answer.

    :raises DomainError: if a rule or a state says no; nothing is changed then
    """
    answer = state_facts(program, [statement], at=at, atomic=True)[0]
    if answer.error:
        raise answer.error
    return answer


def state_facts(
    program: Program,
    statements: Sequence[Statement],
    *,
    at: datetime,
    atomic: bool = False,
    lines: Sequence[int] = (),
) -> list[Answer]:
    """Let facts take effect, exactly as if they were stated one by one.

    A refused fact carries its error in its answer and leaves nothing behind;
    with `atomic` the first refusal undoes them all, and names its line if `lines`
    say on which each fact stands.

    :raises DomainError: with `atomic`, the first refusal
    """
    try:
        return _run(program, statements, at, atomic)
    except DomainError as error:
        if atomic and (not lines or isinstance(error, Unavailable)):
            raise
    if atomic:
        return _run_in_order(program, statements, at, lines)
    # One fact was refused after others had been taken in: give each its own try.
    return [_try_alone(program, statement, at) for statement in statements]


@retrying
def _run_in_order(
    program: Program, statements: Sequence[Statement], at: datetime, lines: Sequence[int]
) -> list[Answer]:
    """Find the line that a batch is refused for: waves do not come in their order."""
    answers = []
    for line, statement in zip(lines, statements, strict=True):
        try:
            answers += _run(program, [statement], at, True)
        except DomainError as error:
            error.extra |= {"line": line}
            raise
    return answers


def _try_alone(program: Program, statement: Statement, at: datetime) -> Answer:
    try:
        return _run(program, [statement], at, True)[0]
    except DomainError as error:
        return Answer(applied=False, error=error)


@retrying
def _run(
    program: Program, statements: Sequence[Statement], at: datetime, atomic: bool
) -> list[Answer]:
    setup = setup_of(program)
    owners = owners_of(program, statements) if len(statements) > 1 else {}
    answers: dict[int, Answer] = {}
    waves = waves_of(statements, owners, single_file=_is_single_file(program, setup))
    while waves:
        # A wave is let go of when it is done; an import would fill the memory else.
        facts = waves.pop(0)
        _run_wave(program, setup, facts, at, answers)
        if atomic:
            _raise_first(facts)
    return [answers[id(statement)] for statement in statements]


def _run_wave(
    program: Program,
    setup: Setup,
    facts: Sequence[Fact],
    at: datetime,
    answers: dict[int, Answer],
) -> None:
    wave = Wave(program, setup, at, facts, Book(setup, at))
    # By what was stated: a stage may put what is recorded instead in its place.
    numbers = [id(fact.statement) for fact in facts]
    for stage in STAGES:
        stage(wave)
    for number, fact in zip(numbers, facts, strict=True):
        answers[number] = answer_of(fact, wave)
    follow_ups = [statement for fact in facts for statement in fact.follow_ups]
    for later in waves_of(follow_ups, {}, single_file=_is_single_file(wave.program, setup)):
        _run_wave(program, setup, later, at, {})


def _is_single_file(program: Program, setup: Setup) -> bool:
    """Say whether something is counted over all members: a limit, or a budget."""
    return setup.has_shared_limits or referral_setup_of(program).has_budget


def _raise_first(facts: Sequence[Fact]) -> None:
    for fact in facts:
        if fact.error:
            raise fact.error


def _must_ask_orders(wave: Wave) -> bool:
    """Say whether some fact names its member only through its order."""
    return any(getattr(fact.statement, "member", None) is None for fact in wave.facts)
