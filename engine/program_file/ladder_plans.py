"""What a program file's ladders would do to the members there are, before it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.program_file.reading import ProgramFile
from engine.program_file.sections import section_as_it_stands
from loyalty.models import Member, Program
from loyalty.rules.rewards import faces_of
from tiers.queries.trials import try_compiled
from tiers.rules.ladders import compile_ladder
from tiers.rules.trials import LadderTrial


@dataclass(frozen=True)
class LadderPlan:
    """What a change of a ladder would do at once. Counts are of all members, estimated
    where there are too many to look at each.

    `below` are those who keep, until its time is up, a tier that they would no longer
    reach; `points` what entry rewards come to, by point type; `examples` some who move.
    """

    ladder: str
    members: int
    rise: int
    fall: int
    below: int
    points: Mapping[str, int]
    examples: tuple[tuple[str, str | None, str | None], ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "ladder": self.ladder,
            "members": self.members,
            "rise": self.rise,
            "fall": self.fall,
            "below": self.below,
            "points": dict(self.points),
            "examples": [
                {"member": member, "from": before, "to": after}
                for member, before, after in self.examples
            ],
        }


def plan_ladders(file: ProgramFile, *, at: datetime) -> list[LadderPlan]:
    """Return what the ladders that `apply_program` would change at `at` do to members.

    Names move nobody. A program without members has nobody to move.
    """
    program = Program.objects.filter(slug=file.slug).first()
    if program is None or not Member.objects.filter(program=program).exists():
        return []
    standing = section_as_it_stands("ladders", program)
    faces = faces_of(file.section("point_types"))
    plans = []
    for code, form in file.section("ladders").items():
        if _without_name(form) == _without_name(standing.get(code, {})):
            continue
        leap_day = file.data["program"].get("leap_day") or program.leap_day
        ladder = compile_ladder(
            code, form, currency=program.currency, point_types=faces, leap_day=leap_day
        )
        plans.append(_plan_of(code, try_compiled(program, ladder, at=at)))
    return plans


def _without_name(form: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in form.items() if key != "name"}


def _plan_of(code: str, trial: LadderTrial) -> LadderPlan:
    rises, falls = trial.rises_and_falls()
    examples = trial.examples()
    numbers = [example.member_id for example in examples]
    named = dict(Member.objects.filter(pk__in=numbers).values_list("pk", "external_id"))
    return LadderPlan(
        ladder=code,
        members=trial.members,
        rise=trial.estimated(rises),
        fall=trial.estimated(falls),
        below=trial.estimated(trial.below.total()),
        points=trial.points_given(),
        examples=tuple((named[each.member_id], each.before, each.after) for each in examples),
    )
