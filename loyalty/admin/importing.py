"""Codes of somebody else's making, pasted or in a file, into the pool of a reward."""

from typing import Any

from django import forms

from core.errors import DomainError, InvalidInput
from loyalty.admin.acting import Act
from loyalty.models import Reward
from loyalty.services.vouchers import import_codes

MOST_CODES = 200_000
MOST_BYTES = 4 * 1024 * 1024
TOLD = 5


class ImportCodes(Act):
    """One code on a line. Codes that are known already are left as they are."""

    title = "Import codes"
    permission = "loyalty.add_voucher"
    refused_at = "codes"
    explanation = (
        "Each code is handed out once, to whoever redeems the reward. What the program "
        "knows already is left as it is, so the same list can be imported again."
    )

    codes = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "code", "spellcheck": "false"}),
        help_text="One on a line.",
    )
    file = forms.FileField(
        required=False,
        help_text="Or a text file with one on a line; of a CSV, the first column counts.",
    )

    @classmethod
    def is_offered(cls, row: Reward) -> bool:
        return (row.definition.get("voucher") or {}).get("codes") == "pool"

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > MOST_BYTES:
            raise forms.ValidationError("At most 4 MB; split the list.")
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError("Expected a text file in UTF-8.") from None
        return "\n".join(line.split(",")[0].split(";")[0] for line in text.splitlines())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        lines = f"{cleaned.get('codes', '')}\n{cleaned.get('file', '')}".splitlines()
        codes = [line.strip().strip('"') for line in lines]
        cleaned["all"] = [code for code in codes if code]
        if not cleaned["all"]:
            self.add_error("codes", "Paste at least one code, or choose a file.")
        elif len(cleaned["all"]) > MOST_CODES:
            self.add_error("codes", f"At most {MOST_CODES:,} codes at once.")
        return cleaned

    def perform(self) -> str:
        codes = self.cleaned_data["all"]
        new = import_codes(reward=self.row, codes=codes)
        known = len(codes) - new
        more = f" {known:,} were known already." if known else ""
        return f"{new:,} new codes in the pool.{more}"

    def adopt(self, error: DomainError) -> None:
        if not isinstance(error, InvalidInput):
            super().adopt(error)
            return
        for problem in error.problems[:TOLD]:
            place = int(problem.pointer.rpartition("/")[2])
            self.add_error("codes", f"Line {place + 1}: {problem.detail}.")
