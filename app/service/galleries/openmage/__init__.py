"""A gallery as OpenMage has it."""
