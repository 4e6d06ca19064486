"""Recording what members did that is not an order."""

from collections.abc import Mapping

from loyalty.models import MemberEvent
from loyalty.rules.statements import EventStatement
from loyalty.rules.statements.events import RESERVED_IDS
from loyalty.services.facts import Claim, Fact, Wave
from loyalty.services.orders import ConflictingFact


def event_of(fact: Fact) -> str | None:
    """Return the id of the event that a fact is about."""
    statement = fact.statement
    if isinstance(statement, EventStatement):
        return statement.id
    if isinstance(statement, Claim) and statement.kind == "event":
        return statement.id
    return None


def record_events_of(wave: Wave, events: Mapping[str, MemberEvent]) -> None:
    """Record events as stated; nothing is written yet, and a repeat stops here."""
    for fact in wave.of(EventStatement, Claim):
        event_id = event_of(fact)
        if event_id is None:
            continue
        known = events.get(event_id)
        statement = fact.statement
        if isinstance(statement, EventStatement):
            fact.event = known or _new_event(statement, wave)
            fact.is_created = known is None
            fact.is_applied = known is None
            # What the engine states itself counts as it was stated first.
            is_own = statement.id.startswith(RESERVED_IDS)
            if known and not is_own and not _says_the_same(known, statement):
                fact.error = ConflictingFact(
                    f"event {event_id} was stated before with other content"
                )
                continue
        else:
            fact.event = known
        if fact.event and fact.member:
            fact.event.member = fact.member
        if fact.event:
            fact.event.waiting = fact.event.member_id is None and not fact.is_erased


def _new_event(statement: EventStatement, wave: Wave) -> MemberEvent:
    return MemberEvent(
        program_id=wave.setup.program_id,
        external_id=statement.id,
        type=statement.type,
        member_ref=statement.member,
        occurred_at=statement.occurred_at or wave.at,
        properties=statement.properties,
        recorded_at=wave.at,
    )


def _says_the_same(event: MemberEvent, statement: EventStatement) -> bool:
    stated_at = statement.occurred_at or event.occurred_at
    return (event.type, event.member_ref, event.properties, event.occurred_at) == (
        statement.type,
        statement.member,
        statement.properties,
        stated_at,
    )
