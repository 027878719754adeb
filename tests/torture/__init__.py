"""The service beside a model of it, while all that it stands on fails: see `docs/reliability.md`."""
