"""A program's referral programs as the hot path needs them: read once, kept.

`Program.revision` changes whenever they do, so a stale copy is never looked at again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from loyalty.models import Program
from loyalty.queries.setup import Setup, setup_of
from referrals.models import ReferralProgram, ReferralTerms
from referrals.rules.programs import CompiledReferrals, compile_referral_program


@dataclass(slots=True)
class ReferralSetup:
    """A program's live referral programs by code, in their order, with their newest terms.

    `terms` has the number of the newest terms of each, by code. What referrals were
    claimed under long ago is compiled when it is first asked for. `has_holds` says that
    rewards may wait for time to pass, and `heard` has the kinds of facts that ever
    qualified anybody: under old terms, too.
    """

    program_id: int
    setup: Setup
    programs: Mapping[str, int]
    terms: Mapping[str, int]
    forms: Mapping[str, Mapping[str, Any]]
    has_any: bool
    has_holds: bool
    heard: frozenset[str]
    _compiled: dict[int, CompiledReferrals] = field(default_factory=dict)

    def newest(self, code: str) -> CompiledReferrals:
        """Return what a live referral program promises now."""
        return self.compiled(self.terms[code])

    def compiled(self, terms_id: int) -> CompiledReferrals:
        """Return what some terms promise, those of ended programs included."""
        if terms_id not in self._compiled:
            row = ReferralTerms.objects.select_related("referral_program").get(pk=terms_id)
            self._compiled[terms_id] = compile_referral_program(
                row.referral_program.code,
                row.form(row.referral_program.name),
                currency=self.setup.currency,
                point_types={code: each.face for code, each in self.setup.point_types.items()},
            )
        return self._compiled[terms_id]

    @property
    def has_budget(self) -> bool:
        """Say whether all advocates share what there is: their facts go in single file."""
        return any(self.newest(code).budget.is_limited for code in self.programs)

    @property
    def default(self) -> str | None:
        """Return the referral program that is meant where none is named: the first."""
        return next(iter(self.programs), None)

    def code_of(self, referral_program_id: int) -> str | None:
        """Return the code of a live referral program; None if it has ended."""
        return next((c for c, pk in self.programs.items() if pk == referral_program_id), None)


def referral_setup_of(program: Program) -> ReferralSetup:
    """Return the program's referral programs, from memory unless something has changed."""
    return _load(program.pk, program.revision)


@lru_cache(maxsize=256)
def _load(program_id: int, revision: UUID) -> ReferralSetup:
    program = Program.objects.get(pk=program_id)
    rows = list(ReferralProgram.objects.filter(program=program))
    newest = newest_terms(program)
    terms = ReferralTerms.objects.filter(referral_program__program=program)
    contents = list(terms.values_list("content", flat=True))
    live = [row for row in rows if row.archived_at is None and row.pk in newest]
    return ReferralSetup(
        program_id=program_id,
        setup=setup_of(program),
        programs={row.code: row.pk for row in live},
        terms={row.code: newest[row.pk].pk for row in live},
        forms={row.code: newest[row.pk].form(row.name) for row in live},
        has_any=bool(rows),
        has_holds=any(content.get("hold") for content in contents),
        heard=frozenset(
            (content.get("qualify") or {}).get("on") or "order" for content in contents
        ),
    )


def newest_terms(program: Program) -> dict[int, ReferralTerms]:
    """Return the newest terms by the number of their referral program."""
    rows = ReferralTerms.objects.filter(referral_program__program=program).order_by("number")
    return {row.referral_program_id: row for row in rows}


def referral_program_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live referral programs by code, in their order, in the file's form."""
    newest = newest_terms(program)
    rows = ReferralProgram.objects.live().filter(program=program)
    return {row.code: newest[row.pk].form(row.name) for row in rows if row.pk in newest}


def has_ended(referral_program: ReferralProgram, at: datetime) -> bool:
    """Say whether nobody can be referred by it any more."""
    return referral_program.archived_at is not None and referral_program.archived_at <= at
