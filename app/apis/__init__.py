"""The APIs that the service speaks, one folder each; none knows another."""
