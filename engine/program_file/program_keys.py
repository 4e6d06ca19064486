"""The keys of `program` and `point_types`, as the program file writes them."""

import re
from operator import neg
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from core.money import exponent
from core.zones import InvalidTimezone, parse_zone
from engine.program_file.forms import (
    Code,
    Flag,
    ListOf,
    Rate,
    Schema,
    Span,
    Text,
    Whole,
    Word,
    YearDay,
)
from engine.program_file.mappings import CODE, ByCode, Fields, Key, OneOf
from engine.program_file.spot import Refused, Spot, nearest, quoted
from engine.program_file.text import Table

_ORIGIN = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}")
_EVENT = re.compile(r"earn|redeem|event:[a-z0-9_.-]{1,60}")


class Currency:
    """An ISO 4217 code. It is read first: what follows is held to its decimals."""

    def read(self, spot: Spot) -> str:
        text = spot.scalar("a currency such as EUR").text
        exponent(text)
        spot.reading.currency = text
        return text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]}


class Zone:
    """The IANA name of a time zone."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("a time zone such as Europe/Berlin")
        try:
            return parse_zone(scalar.text).key
        except InvalidTimezone as error:
            told = nearest(scalar.text, available_timezones())
            detail = f"expected a time zone such as Europe/Berlin, not {quoted(scalar)}{told}"
            raise Refused(detail, error.code) from None

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "examples": ["Europe/Berlin"]}


class Language:
    """A language, perhaps with a region, for which there are rules."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("a language such as en or pt-BR")
        if not _LANGUAGE.fullmatch(scalar.text) or not _is_language(scalar.text):
            detail = f"expected a language such as en or pt-BR, not {quoted(scalar)}"
            raise Refused(detail, "unknown_locale")
        return scalar.text

    def schema(self) -> Schema:
        return {
            "type": "string",
            "pattern": f"^{_LANGUAGE.pattern}$",
            "examples": ["en", "pt-BR"],
        }


class Origin:
    """A site as browsers name it: scheme, host and port, in small letters, no path."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("a site such as https://shop.example")
        if not _ORIGIN.fullmatch(scalar.text) or len(scalar.text) > 255:
            raise Refused(
                "expected a site such as https://shop.example, in small letters and "
                f"without a path, not {quoted(scalar)}"
            )
        return scalar.text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_ORIGIN.pattern}$"}


class Activity:
    """What resets a time of inactivity: earn, redeem, or an event by its type."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("an activity")
        if not _EVENT.fullmatch(scalar.text):
            detail = (
                f'expected earn, redeem or an event such as "event:visit", not {quoted(scalar)}'
            )
            raise Refused(detail, "not_a_choice")
        return scalar.text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^({_EVENT.pattern})$"}


class Name:
    """What one point and several are called: one word for both, or one for each."""

    both = Fields(
        {
            "one": Key(Text(60), "What one point is called.", required=True),
            "other": Key(Text(60), "What several points are called.", required=True),
        }
    )

    def read(self, spot: Spot) -> Any:
        if not isinstance(spot.node, Table):
            return Text(60, "a name, or {one: Bean, other: Beans}").read(spot)
        name = self.both.read(spot)
        return name.get("one") if name.get("one") == name.get("other") else name

    def schema(self) -> Schema:
        return {"anyOf": [Text(60).schema(), self.both.schema()]}


def _is_language(name: str) -> bool:
    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True


HOLD = OneOf(
    words=("none",),
    mappings={
        "after": Fields(
            {
                "after": Key(Word(("fulfilled",)), "What the days count from.", required=True),
                "days": Key(Whole(0, 36_500), "Days after the order is fulfilled.", 0),
                "timeout": Key(
                    Span("60 days"), "After payment, if it is never fulfilled.", "60 days"
                ),
                "on_timeout": Key(
                    Word(("release", "cancel")), "What happens to the points then.", "release"
                ),
            }
        ),
        "days": Fields({"days": Key(Whole(0, 36_500), "Days after payment.", required=True)}),
    },
    example="{days: 14}",
)

AFTER = {
    "after": Key(Span("12 months"), "How long points live after release.", required=True),
    "round_up_to": Key(
        Word(("day", "month", "quarter", "half_year", "year")),
        "They live on to the end of this. Left out: to the minute.",
    ),
}
OTHER_EXPIRIES = {
    "dates": Fields(
        {
            "dates": Key(
                ListOf(YearDay(), least=1, most=366, rank=str),
                "Points expire at the end of the next of these days.",
                required=True,
            ),
            "at_least": Key(Span("15 days"), "A nearer date is passed over."),
        }
    ),
    "inactivity": Fields(
        {
            "inactivity": Key(
                Span("6 months"), "Points expire after so long without activity.", required=True
            ),
            "reset_by": Key(
                ListOf(Activity(), least=1, rank=str),
                "What counts as activity.",
                ["earn", "redeem"],
            ),
        }
    ),
}
EXPIRY = OneOf(
    words=("never",),
    mappings={
        "after": Fields(
            AFTER
            | {
                "existing": Key(
                    Word(("keep", "from_change")),
                    "What becomes of the points that are already there when this changes.",
                    "keep",
                )
            }
        ),
        **OTHER_EXPIRIES,
    },
    example="{after: 12 months}",
)
DEBT = OneOf(
    words=("allow", "clamp", "pending_only"),
    mappings={
        "allow_up_to": Fields(
            {"allow_up_to": Key(Whole(), "The most points that are owed.", required=True)}
        )
    },
    example="{allow_up_to: 500}",
)

PROGRAM = Fields(
    {
        "slug": Key(Code("a slug"), "The program's short name, for ever.", required=True),
        "name": Key(Text(), "The program's name, for people.", required=True),
        "currency": Key(Currency(), "ISO 4217, such as EUR.", required=True),
        "timezone": Key(Zone(), "IANA name, such as Europe/Berlin.", required=True),
        "locale": Key(Language(), "The language of names and numbers.", "en"),
        "sandbox": Key(Flag(), "Whether the clock can be moved.", default=False),
        "origins": Key(ListOf(Origin(), rank=str), "Sites that may call from a browser.", []),
        "leap_day": Key(
            Word(("feb_28", "mar_1")), "When 29 February is kept in other years.", "feb_28"
        ),
        "guest_claim": Key(
            Span("30 days", may_be_zero=True),
            "How long a guest's order waits to be claimed by enrolling.",
            "30 days",
        ),
        "adjustment_approval_above": Key(
            Whole(), "Adjustments of more points wait for a second person. Left out: none do."
        ),
    }
)

POINT_TYPE = Fields(
    {
        "name": Key(Name(), "What points are called. Left out: their code.", CODE),
        "kind": Key(Word(("spendable", "status", "stamp")), "What they are for.", "spendable"),
        "value": Key(Rate(9, 9), "What one point is worth, in major units.", 0),
        "decimals": Key(Whole(0, 6), "Decimals for display; points are whole.", 0),
        "spend_order": Key(
            Word(("soonest_expiry", "oldest")), "Which points go first.", "soonest_expiry"
        ),
        "hold": Key(HOLD, "How long points stay pending.", "none"),
        "expiry": Key(EXPIRY, "When points expire.", "never"),
        "expiry_reminders": Key(
            ListOf(Whole(1, 3650), most=20, rank=neg),
            "Days before points expire on which members are reminded.",
            [],
        ),
        "max_balance": Key(Whole(1), "The most points a member may have. Left out: no cap."),
        "debt": Key(DEBT, "What taking back does when the points are gone.", "allow"),
        "restore_on_refund": Key(
            Word(("prorated", "full_refund_only", "never")),
            "Whether points spent on an order come back with its refund.",
            "prorated",
        ),
        "min_validity_after_return": Key(
            Span("14 days", may_be_zero=True),
            "How long points live that come back after their own time.",
            "14 days",
        ),
    }
)

POINT_TYPES = ByCode(POINT_TYPE, called="point types", least=1, most=50)
