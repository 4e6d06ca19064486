"""The ledger's one writer. Nothing else touches wallets, entries or lots.

Open a book, which locks the wallets; look at them; then post. A book lives
inside the caller's transaction and holds its locks until that ends.
"""

from loyalty.services.ledger.book import (
    Book,
    Posting,
    WalletClosed,
    close_wallets,
    draft_postings,
    keep_active,
    load_lots,
    open_book,
    post,
    reschedule,
    settle_wallets,
    write,
)

__all__ = [
    "Book",
    "Posting",
    "WalletClosed",
    "close_wallets",
    "draft_postings",
    "keep_active",
    "load_lots",
    "open_book",
    "post",
    "reschedule",
    "settle_wallets",
    "write",
]
