"""Documents read from a replica, and why they are never older for it.

A document that is in memory is used until it is heard that it has changed. What takes its place then must show the
change. So with whatever is dropped (`positions`) the primary is asked how far it has written its log, which is behind
all that was heard of by then; before it has answered, only the primary is read. A replica says how far it has replayed
that log, before it is read, never in the statement that reads: a replica that goes on in between would claim more than
it showed. Its rows count where it had come as far as the families that they show need (`reads`). That is asked once the
rows are there: they tell which families these are, as the rows of a document tell under which it is kept.

What nobody has heard of since this process listens needs what the primary had written when it began to, and ten seconds
ago at most, in case that nobody was told. Where changes are not heard of, or late, the primary is read. So it is where
a replica is away, slow, no replica any more, or on another line of history: positions mean something on one alone
(`standing`).
"""
