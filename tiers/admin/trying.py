"""Earning rules, some of which ask for tiers: tried with those that members had then."""

from collections.abc import Mapping, Sequence

from django.contrib import admin

from loyalty.admin.earning import EarningRuleAdmin
from loyalty.models import EarningRule, MemberEvent
from loyalty.queries.trials import Brought
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import Question, held_at, multipliers
from tiers.queries.telling import held_codes

admin.site.unregister(EarningRule)


@admin.register(EarningRule)
class TieredEarningRuleAdmin(EarningRuleAdmin):
    """Rules as below, where it is known which tiers a member held at which time."""

    def brought_to(self, events: Sequence[MemberEvent]) -> Mapping[int, Brought]:
        return {event.pk: _brought_to(event) for event in events}


def _brought_to(event: MemberEvent) -> Brought:
    # One by one: of a member who stated several, each has its own time.
    member = event.member
    if member is None:
        return Brought()
    asked = Question(member, event.occurred_at)
    tiers = held_codes(held_at(member.program, [asked])[member.pk])
    return Brought(tiers, multipliers(tier_setup_of(member.program), tiers, asked.at))
