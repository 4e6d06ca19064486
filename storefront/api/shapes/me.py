"""What a shopper sees: as everywhere, without what is not for its eyes."""

from storefront.api.shapes import entries
from storefront.api.shapes.entries import EntryAnswer
from storefront.api.shapes.fields import Said, Shape, listed


class MyEntrySource(Shape):
    type = Said()
    id = Said(allow_null=True, help_text="Of an order, an event or a redemption.")


class MyEntryAnswer(EntryAnswer):
    """One movement of one wallet, as its member may see it."""

    source = MyEntrySource()  # type: ignore[assignment]
    reason = Said(allow_null=True, help_text="Always null: reasons are for staff.")
    decision = Said(allow_null=True, help_text="Always null.")


MyEntryList = listed("MyEntryList", MyEntryAnswer)

ENTRIES = {
    "results": [entries.EARNED | {"decision": None}],
    "next": None,
    "previous": None,
}
