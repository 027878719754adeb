"""What the native API adds: retries, waiting, undo, the log, its feed and its webhooks."""
