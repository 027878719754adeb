"""What is kept in memory to be answered again, and why it is never wrong.

Three things are kept. Documents (`documents`): an API's ready answer, under whatever of a request it hangs on; those
not asked for lately are packed (`packed`). Requests (`requests`): from a request as it came to the key of the
document that answered it, so that nothing is parsed twice. Files (`bytes`): renditions and originals, under what
serves them. Each is bounded in bytes, and what is used stays. What products show storefronts has a part of the
documents' memory to itself: many are asked for at a time, and any of them together, so that each is kept alone.

What drops them. A document belongs to the family of products that it shows, or to none if it says that nothing is
there. Every change of the catalogue is reported by the database itself, in the transaction that makes it
(`sql/README.md`), so it is heard whoever wrote, and after it can be read. Families are dropped one by one; a change
of names drops all documents, because an address may mean another product by then; a withdrawn path drops all files; a
change of accounts drops the remembered requests. A process that wrote drops at once and does not wait to hear of it.

Why it is never wrong. A fill that began before a drop is not kept, and nobody who asks after the drop joins it. While
notifications are not heard, nothing is kept and nothing that was kept is used. A remembered request answers nothing
by itself: the document must still be there, its guard is asked whether this caller may have it, and a change of
accounts while the answer was on its way (`era`) keeps it from being remembered. A file's key never means other bytes.
And a document's time is limited all the same (`DOCUMENT_CACHE_SECONDS`), for changes of which no trigger told.

What a restart keeps. Nothing of this. But what was asked for lately is written down (`asked`): keys, which say what a
document shows and to whom, never who asked. The next process has its APIs read all of it before it is ready (`warmth`),
each document as for a request, once changes are heard of. So it shows what Postgres holds then, whatever the former one
held. `/v1` is left out, whose callers are known by keys alone, and so are queries that might hold a secret.
"""
