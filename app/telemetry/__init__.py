"""What operators see: log lines and metrics, made of events."""
