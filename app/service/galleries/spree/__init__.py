"""A gallery as Spree has it."""
