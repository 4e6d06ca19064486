"""Domains that give anybody an e-mail address for ten minutes.

The well-known ones of the lists that are passed around for this purpose, such as
disposable-email-domains (public domain, CC0); put down by hand and far from complete.
Their subdomains are theirs as well.
"""

DISPOSABLE = frozenset(
    """
    10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonbox.net byom.de
    discard.email discardmail.com dispostable.com dropmail.me emailondeck.com fakeinbox.com
    fakemail.net getairmail.com getnada.com guerrillamail.biz guerrillamail.com
    guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
    guerrillamailblock.com harakirimail.com inboxkitten.com incognitomail.org
    jetable.org linshiyouxiang.net mail-temp.com mail.tm mailcatch.com maildrop.cc
    mailexpire.com mailinator.com mailinator.net mailnesia.com mailnull.com mailpoof.com
    mailsac.com mintemail.com moakt.com mohmal.com mytemp.email nada.email objectmail.com
    one-time.email sharklasers.com smailpro.com spam4.me spambog.com spambox.us
    spamgourmet.com tempail.com tempinbox.com tempm.com tempmail.dev tempmail.net
    temp-mail.io temp-mail.org tempmailo.com tempr.email throwawaymail.com trash-mail.com
    trashmail.com trashmail.de trashmail.net wegwerfemail.de wegwerfmail.de yopmail.com
    yopmail.fr yopmail.net
    """.split()  # noqa: SIM905 - a list would be a page of quotes
)


def is_disposable(domain: str) -> bool:
    """Say whether an address there is thrown away after use."""
    labels = domain.split(".")
    return any(".".join(labels[place:]) in DISPOSABLE for place in range(len(labels)))
