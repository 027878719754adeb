"""What PHP does, as far as the clients of its shops rely on it."""
