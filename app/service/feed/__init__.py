"""What the log of changes tells the outside: events, in order, for who asks or follows. Source: native.md, section 8.

A row of the log makes one event of its own kind and some that follow from it; each has its place, a cursor. Whoever
remembers the last one that he has seen goes on behind it, and misses nothing.
"""
