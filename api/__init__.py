"""The gateway: authenticate, parse, hand over, answer.

Put together:
    `app` is the application, `gateway` what its routes work with, and `serving` runs it all.
What can be asked:
    `routes`, which share the pages of lists (`paging`), the `basis` of a draft, `declaring` a
    table, `trying` a source, the `uses` of what is taken away, and `snippets`; `openapi` completes
    what is said of them.
The door:
    `door` lets a request in, or not. What it brings is bounded by `heads`, `limits` and
    `unpacking`; who asks is found out by `keyring`, `sourcebook`, `write_keys` and `here`, which
    keep what they know `fresh`, and what they may do is in `scopes`. `errors` are what is answered
    instead, and `access` is what is logged.
The way of a change:
    `bodies` reads it in our words, and `posted` in those of a source, with what `fetching` adds:
    that makes a `sending`. `intake` takes it in as a `batch`, and `admission` writes who enters
    (`starting`), who is told, and what came to nothing (`missed`).
    `relay` hands commands over at its `pace` (`carrying`) and writes what became of them
    (`settling`).
Now and then:
    `pruning` forgets what is over; `repairing` takes in what connected systems left `unheard`.
"""
