"""What a text may hold that is kept: all of it can be written into a file and read again."""

import re
from typing import Any

# YAML 1.2.2, 5.1: what a text may hold. The rest is NUL, other controls and
# halves of surrogate pairs.
_UNREADABLE = re.compile(
    "[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def find_unreadable(text: str) -> re.Match[str] | None:
    """Return the first character that no file may hold, if there is one."""
    return _UNREADABLE.search(text)


def named(strange: re.Match[str]) -> str:
    """Return how to speak of a character that cannot be shown."""
    return f"the character U+{ord(strange.group()):04X}"


class ReadableTexts:
    """A form of staff whose texts a program file can hold."""

    cleaned_data: dict[str, Any]
    add_error: Any

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc]
        texts = {name: text for name, text in cleaned.items() if isinstance(text, str)}
        for name, text in texts.items():
            if strange := find_unreadable(text):
                self.add_error(name, f"It holds {named(strange)}, which no file can.")
        return cleaned
