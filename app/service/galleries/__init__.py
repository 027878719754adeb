"""What each API makes of one gallery: its reads, and its rules for writes."""
