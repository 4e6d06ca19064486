"""Why a claim is refused, by name."""

from core.errors import DomainError
from referrals.rules.states import Reason


class ExistingCustomer(DomainError):
    """The friend was a customer before."""

    code = Reason.EXISTING_CUSTOMER.value


class SelfReferral(DomainError):
    """The friend is the advocate."""

    code = Reason.SELF_REFERRAL.value


class AlreadyReferred(DomainError):
    """Somebody else has referred this friend, and that holds."""

    code = Reason.ALREADY_REFERRED.value


class ReferralExpired(DomainError):
    """It is too long ago that the friend came by this code."""

    code = Reason.EXPIRED.value


class CapReached(DomainError):
    """The advocate has been paid for as many friends as may be."""

    code = Reason.CAP_REACHED.value


class ProgramEnded(DomainError):
    """Nobody can be referred by this program any more."""

    code = Reason.PROGRAM_ENDED.value


class ReferralRejected(DomainError):
    """The claim was turned down."""

    code = Reason.REJECTED.value


REFUSALS: dict[str, type[DomainError]] = {
    error.code: error
    for error in (
        ExistingCustomer,
        SelfReferral,
        AlreadyReferred,
        ReferralExpired,
        CapReached,
        ProgramEnded,
        ReferralRejected,
    )
}
