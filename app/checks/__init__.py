"""Whether pictures are what channels ask for: rule sets as data (`*.toml` here, and those of `CHECKS_DIR`), facts, and
verdicts. Nothing here asks anybody. Source: native.md, section 11.

    id = "shop"                            # what `set=` names
    title = "Our shop"
    source = "https://intranet.example/pictures"
    date = 2026-11-01                      # when the source was read

    [[rules]]
    id = "large_enough"
    title = "At least 800 pixels on the shorter side"
    kind = "shortest_side"                 # what is measured; all kinds: `kinds`
    least = 800                            # and `most`: bounds, both included
    result = "warn"                        # where it does not hold; by default `fail`
    from = 2027-01-31                      # from when on the channel refuses it, to be shown; no verdict depends on it
"""
