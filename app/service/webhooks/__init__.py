"""Who is told of events at an address of theirs, and how. Source: native.md, section 8; Standard Webhooks 1.0."""
