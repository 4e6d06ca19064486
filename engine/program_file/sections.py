"""The sections of a program file: a section that is built is one entry in SECTIONS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.program_file.earning_keys import EARNING_RULES
from engine.program_file.forms import Form, Only, attempt
from engine.program_file.mappings import ByCode, Fields, Key
from engine.program_file.program_keys import POINT_TYPES, PROGRAM
from engine.program_file.referral_keys import REFERRAL_PROGRAMS
from engine.program_file.rewards_keys import REWARDS
from engine.program_file.spot import Reading, Spot
from engine.program_file.text import node_of
from engine.program_file.tiers_keys import ACCESS, LADDERS
from loyalty.models import Program
from loyalty.queries.programs import (
    earning_rule_forms,
    point_type_forms,
    program_form,
    reward_forms,
)
from loyalty.rules.publication import Forms
from loyalty.services.programs import check_point_types, save_earning_rules, save_point_types
from loyalty.services.rewards import check_rewards, save_rewards
from referrals.queries.programs import referral_program_forms
from referrals.services.programs import save_referral_programs
from tiers.queries.ladders import access_forms, ladder_forms
from tiers.services.access import save_access
from tiers.services.ladders import check_ladders, save_ladders


class Save(Protocol):
    """Make the rows of a section agree with its forms, and archive the rest."""

    def __call__(self, *, program: Program, forms: Forms, at: datetime) -> None: ...


def allow(_program: Program, _forms: Forms) -> None:
    """Refuse nothing."""


@dataclass(frozen=True)
class Section:
    """A mapping of things by code: how it is written, read from the rows, and saved.

    `check` refuses, by name, forms that the rows cannot be made to agree with.
    """

    things: ByCode
    about: str
    stands: Callable[[Program], Forms]
    save: Save
    check: Callable[[Program, Forms], None] = allow


# In the order in which they are read, saved and dumped: a later one may refer to
# an earlier one.
SECTIONS: Mapping[str, Section] = {
    "point_types": Section(
        things=POINT_TYPES,
        about="The kinds of points, by code; at least one.",
        stands=point_type_forms,
        save=save_point_types,
        check=check_point_types,
    ),
    "earning_rules": Section(
        things=EARNING_RULES,
        about="The ways to earn points, by code.",
        stands=earning_rule_forms,
        save=save_earning_rules,
    ),
    "ladders": Section(
        things=LADDERS,
        about="The ladders of tiers that members climb, by code.",
        stands=ladder_forms,
        save=save_ladders,
        check=check_ladders,
    ),
    "access": Section(
        things=ACCESS,
        about="Products and content only some may see or buy, by code.",
        stands=access_forms,
        save=save_access,
    ),
    "rewards": Section(
        things=REWARDS,
        about="What members can have for their points, by code.",
        stands=reward_forms,
        save=save_rewards,
        check=check_rewards,
    ),
    "referral_programs": Section(
        things=REFERRAL_PROGRAMS,
        about="The ways in which members refer their friends, by code.",
        stands=referral_program_forms,
        save=save_referral_programs,
    ),
}

# Sections of the format that this version does not know what to do with.
NOT_YET = (
    "punch_cards",
    "challenges",
    "badges",
    "streaks",
    "leaderboards",
    "draws",
    "segments",
    "campaigns",
    "surveys",
)

VERSION = 1

FILE = Fields(
    {
        "version": Key(Only(VERSION), "The version of this format: 1.", required=True),
        "program": Key(PROGRAM, "The program as a whole.", required=True),
    }
    | {
        name: Key(section.things, section.about, default={}, required=section.things.least > 0)
        for name, section in SECTIONS.items()
    }
)


def program_as_it_stands(program: Program) -> dict[str, Any]:
    """Return the program section that a dump would write."""
    form: dict[str, Any] = normal(PROGRAM, program_form(program), "program", program.currency)
    return form


def section_as_it_stands(name: str, program: Program) -> dict[str, Any]:
    """Return the section that a dump would write."""
    section = SECTIONS[name]
    return {
        code: normal(section.things.thing, form, code, program.currency)
        for code, form in section.stands(program).items()
    }


def normal(form: Form, value: Any, code: str, currency: str) -> Any:
    """Return a stored form as a file would be read; as it is if it cannot be read."""
    reading = Reading(currency=currency)
    read = attempt(form, Spot(node_of(value), f"/{code}", reading))
    return value if reading.problems else read
