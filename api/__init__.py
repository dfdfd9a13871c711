"""The gateway: authenticate, parse, hand over, answer.

Put together:
    `app` is the application, `gateway` what its routes work with, and `serving` runs it all.
What can be asked:
    `routes`, which share the pages of lists (`paging`), the `basis` of a draft, `declaring` a
    table and `importing` several, `trying` a source, the `uses` of what is taken away, and
    `snippets`; `openapi` completes what is said of them.
Who may ask:
    `door` lets a request in, or not; `errors` are what is answered instead. Of systems that post it
    asks the `sourcebook`, which keeps what it knows `fresh`, as the keys are kept.
The way of a change:
    `bodies` reads it in our words, and `posted` in those of a source, with what `fetching` adds:
    that makes a `sending`. `intake` takes it in as a `batch`, and `admission` writes who enters
    (`starting`), who is told, and what came to nothing (`missed`).
    `relay` hands commands over at its `pace` (`carrying`) and writes what became of them
    (`settling`).
Now and then:
    `pruning` forgets what is over; `repairing` takes in what connected systems left `unheard`.
"""
