"""Orders as stated: sums, buyers, currency, lists and the limits of size."""
