"""The ways by which codes are passed on, by their names."""

LONGEST_CHANNEL = 40


def normal_channel(text: str) -> str:
    """Return the name of a channel as it is counted: what a link says may be anything."""
    return "".join(filter(str.isprintable, text)).strip()[:LONGEST_CHANNEL]
