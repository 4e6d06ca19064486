"""The keys of `referral_programs`, as the program file writes them."""

from engine.program_file.forms import Flag, Money, Span, Text, Whole, Word
from engine.program_file.mappings import CODE, ByCode, Fields, Key, OneOf
from engine.program_file.rewards_keys import GIVES, VOUCHER
from referrals.rules.attribution import MODELS
from referrals.rules.fraud import WEIGHTS, FraudTerms
from referrals.rules.program_forms import CAP_SPANS, MOST_MILESTONES, MOST_WEIGHT

FRAUD_DEFAULTS = FraudTerms()

GIFTS = {kind: fields for kind, fields in GIVES.mappings.items() if kind != "pay"}
GIVEN = OneOf(mappings=GIFTS, example='{fixed: "10.00"}')
BY_AMOUNT = Fields(
    {
        **GIFTS["points"].keys,
        "per": Key(Money(least=1), "… for each so much of the friend's order."),
    },
    GIFTS["points"].one_of,
)
GIVEN_TO_A_SIDE = OneOf(mappings=GIFTS | {"points": BY_AMOUNT}, example='{fixed: "10.00"}')
CODE_OF_A_GIFT = Fields({key: VOUCHER.keys[key] for key in ("valid", "uses", "prefix")})

CAP = Fields(
    {
        "times": Key(Whole(1), "For so many friends …", required=True),
        "per": Key(Word(CAP_SPANS), "… within this.", required=True),
    }
)
ADVOCATE = Fields(
    {
        "gives": Key(GIVEN_TO_A_SIDE, "What the advocate is given.", required=True),
        "cap": Key(CAP, "The most that an advocate is paid. Left out: for every friend."),
        "voucher": Key(CODE_OF_A_GIFT, "What its code is like, where it gives one.", {}),
    }
)
FRIEND = Fields(
    {
        "gives": Key(GIVEN_TO_A_SIDE, "What the friend is given.", required=True),
        "at": Key(Word(("qualify", "claim")), "When.", "qualify"),
        "voucher": Key(CODE_OF_A_GIFT, "What its code is like, where it gives one.", {}),
    }
)
MILESTONE = Fields(
    {
        "at": Key(Whole(1, 1_000_000), "For the friend of this number …"),
        "every": Key(Whole(1, 1_000_000), "… or for every so many friends."),
        "gives": Key(GIVEN, "What the advocate is given.", required=True),
    },
    one_of=("at", "every"),
)
ATTRIBUTION = Fields(
    {
        "model": Key(Word(MODELS), "Which of several advocates it was.", MODELS[0]),
        "window": Key(Span("30 days"), "How long a touch counts.", "30 days"),
    }
)
QUALIFY = Fields(
    {
        "on": Key(Text(60, "an event"), "order, signup or an event type of your own.", "order"),
        "minimum": Key(Money(), "What the order comes to, net of refunds. Left out: anything."),
        "first_only": Key(Flag(), "Whether the friend's first order decides.", default=False),
    }
)
BUDGET = Fields(
    {
        "points": Key(Whole(), "The most points in all. Left out: any number."),
        "money": Key(Money(), "The most money in all. Left out: any amount."),
    }
)
FRAUD = Fields(
    {
        "review_at": Key(
            Whole(1), "The score from which on somebody looks at it.", FRAUD_DEFAULTS.review_at
        ),
        "block_at": Key(
            Whole(1), "The score from which on it is turned down.", FRAUD_DEFAULTS.block_at
        ),
        "weights": Key(
            Fields(
                {
                    word: Key(Whole(0, MOST_WEIGHT), "What it adds to the score.", weight)
                    for word, weight in WEIGHTS.items()
                }
            ),
            "What each reason adds to the score.",
            {},
        ),
        "shadow": Key(
            Flag(), "Whether scores are kept and nothing comes of them.", default=False
        ),
    }
)
REFERRAL_PROGRAM = Fields(
    {
        "name": Key(Text(), "For people. Left out: the code.", CODE),
        "attribution": Key(ATTRIBUTION, "Whose friend somebody is.", {}),
        "qualify": Key(QUALIFY, "What the friend has to do.", {}),
        "hold": Key(
            Span("14 days", may_be_zero=True), "How long the advocate waits.", "0 days"
        ),
        "expires": Key(Span("90 days"), "How long a claim is good. Left out: without end."),
        "advocate": Key(ADVOCATE, "What the advocate is given. Left out: nothing."),
        "friend": Key(FRIEND, "What the friend is given. Left out: nothing."),
        "milestones": Key(
            ByCode(MILESTONE, called="milestones", most=MOST_MILESTONES),
            "What the advocate is given for many friends, by code.",
            {},
        ),
        "budget": Key(BUDGET, "The most that is given in all.", {}),
        "on_reversal": Key(
            Word(("recount", "keep")), "Whether a refund takes rewards back.", "recount"
        ),
        "fraud": Key(FRAUD, "What speaks against a referral, and how much.", {}),
    }
)

REFERRAL_PROGRAMS = ByCode(REFERRAL_PROGRAM, called="referral programs", most=20)
