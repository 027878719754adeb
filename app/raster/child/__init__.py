"""The child processes in which pictures are decoded and encoded, and the pool that runs them."""
