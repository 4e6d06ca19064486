"""Write what members can have for their points."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction

from core import bulk
from core.errors import DomainError
from loyalty.models import Program, Reward
from loyalty.queries.programs import point_type_forms, reward_forms
from loyalty.rules.publication import Forms
from loyalty.rules.rewards import compile_rewards, faces_of
from loyalty.services.agreeing import make_agree
from loyalty.services.redemptions.stock import count_taken
from loyalty.services.revisions import renew_program

COLUMNS = ("name", "definition", "stock", "position")


class StockBelowTaken(DomainError):
    """More of a reward is reserved or gone than there would ever have been."""

    code: ClassVar[str] = "stock_below_taken"


@transaction.atomic
def save_rewards(*, program: Program, forms: Forms, at: datetime) -> None:
    """Make the live rewards those of the forms, in their order; archive the rest.

    They count at once: every process reads the program anew. Whoever holds a
    redemption of an archived reward may still use it.

    :raises InvalidInput: if a reward cannot be used; pointers begin at /rewards
    :raises StockBelowTaken: if a stock is less than what is taken of it already
    """
    _check_forms(program, forms)
    # Locked, so that nobody takes one between the look at the stock and the change.
    rows = list(Reward.objects.select_for_update().filter(program=program).order_by("id"))
    newly_stocked = _count_taken(rows, forms)
    _check_stock(rows, forms)
    bulk.update_rows(Reward, ("taken",), [(row.pk, row.taken) for row in newly_stocked])
    wanted = [
        Reward(program=program, code=code, position=position, **_values(form))
        for position, (code, form) in enumerate(forms.items())
    ]
    make_agree(rows, wanted, COLUMNS, at=at)
    renew_program(program)


def check_rewards(program: Program, forms: Forms) -> None:
    """Refuse forms that the rewards cannot be made to agree with.

    :raises StockBelowTaken: if a stock is less than what is taken of it already
    """
    rows = list(Reward.objects.filter(program=program, code__in=forms))
    _count_taken(rows, forms)
    _check_stock(rows, forms)


def check_live_rewards(program: Program) -> None:
    """Refuse a change of a program or its point types that its rewards do not survive.

    :raises InvalidInput: if a reward cannot be used any more
    """
    _check_forms(program, reward_forms(program))


def _check_forms(program: Program, forms: Forms) -> None:
    compile_rewards(
        forms,
        zone=program.zone,
        currency=program.currency,
        point_types=faces_of(point_type_forms(program)),
    )


def _count_taken(rows: Iterable[Reward], forms: Forms) -> list[Reward]:
    """Count, in the rows, what is taken of those that get a stock only now; return them.

    As long as a reward is unlimited, nobody counts.
    """
    new = [row for row in rows if row.stock is None and _stock(row, forms) is not None]
    count_taken(new)
    return new


def _check_stock(rows: Iterable[Reward], forms: Forms) -> None:
    for row in rows:
        stock = _stock(row, forms)
        if stock is not None and stock < row.taken:
            raise StockBelowTaken(
                f"{row.taken} of {row.code} are reserved or gone; the stock says how many "
                "there are in all",
                pointer=f"/rewards/{row.code}/stock",
            )


def _stock(row: Reward, forms: Forms) -> int | None:
    stock: int | None = forms.get(row.code, {}).get("stock")
    return stock


def _values(form: Mapping[str, Any]) -> dict[str, Any]:
    apart = ("name", "stock")
    definition = {
        key: value for key, value in form.items() if key not in apart and value is not None
    }
    name, stock = form.get("name") or "", form.get("stock")
    return {"name": name, "stock": stock, "definition": definition}
