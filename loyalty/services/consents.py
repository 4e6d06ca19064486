"""Consents: given or withdrawn per channel and topic, by whom, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core import bulk
from loyalty.models import ConsentChange, Member
from loyalty.rules.statements.attributes import Consent

# Who says so where nobody says who.
STOREFRONT = "storefront"
COLUMNS = ("program_id", "member_id", "topic", "is_given", "source", "changed_at")


def consents_after(
    member: Member, given: Mapping[str, bool | Consent], *, at: datetime
) -> dict[str, bool]:
    """Return what a member consents to once this is stated, by topic.

    What is stated of an earlier moment than what is known is history, and changes
    nothing; nothing stated at all takes everything away.
    """
    if not given:
        return {}
    last = _last_changes(member, given)
    now: dict[str, bool] = dict(member.consents)
    for topic, consent in _read(given, at).items():
        if topic not in last or last[topic] <= (consent.at or at):
            now[topic] = consent.given
    return now


def record_consents(
    member: Member,
    before: Mapping[str, bool],
    given: Mapping[str, bool | Consent],
    *,
    at: datetime,
) -> None:
    """Write down which consents were given or withdrawn; a repeat is no change.

    `before` is what the member consented to until now. With its own time or source a
    consent is written down even if it says nothing new, but once.
    """
    if not given and not before:
        return
    withdrawn = {topic: Consent(False, STOREFRONT, at) for topic in before if before[topic]}
    stated = _read(given, at) if given else withdrawn
    news = {
        topic: consent
        for topic, consent in stated.items()
        if before.get(topic) != consent.given or isinstance(given.get(topic), Consent)
    }
    known = _known(member, given)
    rows = [
        (member.program_id, member.pk, topic, *consent)
        for topic, consent in news.items()
        if (topic, *consent) not in known
    ]
    bulk.insert_rows(ConsentChange, COLUMNS, rows)


def _read(given: Mapping[str, bool | Consent], at: datetime) -> dict[str, Consent]:
    """Return each consent with who says so and since when."""
    read = {}
    for topic, each in given.items():
        stated = each if isinstance(each, Consent) else Consent(each, "", None)
        read[topic] = Consent(stated.given, stated.source or STOREFRONT, stated.at or at)
    return read


def _last_changes(member: Member, given: Mapping[str, bool | Consent]) -> dict[str, datetime]:
    """Return when the topics that are stated with a time of their own changed last."""
    changes = sorted((moment, topic) for topic, _, _, moment in _known(member, given))
    return {topic: moment for moment, topic in changes}


def _known(member: Member, given: Mapping[str, bool | Consent]) -> set[tuple[Any, ...]]:
    """Return the known changes of topics that are stated in detail; no query if none is."""
    detailed = [topic for topic, each in given.items() if isinstance(each, Consent)]
    if not detailed or not member.pk:
        return set()
    changes = ConsentChange.objects.filter(member=member, topic__in=detailed)
    return set(changes.values_list("topic", "is_given", "source", "changed_at"))
