"""Keys of entries that follow from the keys of others."""


def key_of_return(key: str) -> str:
    """Return the key under which a gift is taken back that was given under this one."""
    return f"{key}:back"
