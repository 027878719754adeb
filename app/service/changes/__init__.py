"""The log of all changes: who did what, in order."""
