"""Visitors that are programs: link previews, crawlers, scripts."""

import re

# Whoever asks for a link because somebody has shared it, or because it is there.
_BOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp/|telegram|discord|"
    r"slack|skype|embedly|headless|phantom|curl/|wget/|python|java/|go-http|okhttp|axios|"
    r"monitor|uptime|lighthouse",
    re.IGNORECASE,
)


def is_bot(user_agent: str) -> bool:
    """Say whether a visitor calls itself a program, or nothing at all."""
    return not user_agent.strip() or _BOT.search(user_agent) is not None
