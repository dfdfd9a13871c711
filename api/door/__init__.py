"""The door: what each request passes before any route sees it.

`door` lets it in, or not. Who asks is found out by `keyring`, `write_keys` and `here`, and what they
may do is in `scopes`. What they bring is bounded by `heads`, `limits` and `unpacking`. `access` is
what is logged of it.
"""
