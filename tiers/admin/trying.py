"""Rules and rewards that ask for tiers: for those there are, tried with those members had."""

from collections.abc import Mapping, Sequence

from django.contrib import admin

from loyalty.admin.earning import EarningRuleAdmin
from loyalty.admin.reward_form import RewardForm
from loyalty.admin.rewards import RewardAdmin
from loyalty.admin.rule_form import EarningRuleForm
from loyalty.models import EarningRule, Member, MemberEvent, Program, Reward
from loyalty.queries.trials import Brought
from loyalty.rules.fields import Tiers
from tiers.queries.ladders import tier_codes, tier_setup_of
from tiers.queries.standings import Question, held_at, multipliers, standings_of
from tiers.queries.telling import held_codes

admin.site.unregister([EarningRule, Reward])


def tiers_there_are(form: EarningRuleForm | RewardForm) -> Tiers:
    """Return the tiers that conditions in a form may ask for."""
    return tier_codes(form.program)


class TieredEarningRuleForm(EarningRuleForm):
    tiers = tiers_there_are


@admin.register(EarningRule)
class TieredEarningRuleAdmin(EarningRuleAdmin):
    """Rules as below, where it is known which tiers a member held at which time."""

    form = TieredEarningRuleForm

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


class TieredRewardForm(RewardForm):
    tiers = tiers_there_are


@admin.register(Reward)
class TieredRewardAdmin(RewardAdmin):
    """Rewards, some of which are for some tiers only."""

    form = TieredRewardForm

    def tiers_of(
        self, program: Program, members: Sequence[Member]
    ) -> Mapping[Member, Mapping[str, str]]:
        held = standings_of(program, members, program.now())
        return {member: held_codes(held[member.pk]) for member in members}
