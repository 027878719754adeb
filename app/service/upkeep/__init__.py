"""What operators do to keep the house clean: sweeps, checks, erasure, new keys."""
