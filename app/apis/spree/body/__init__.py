"""A request's body in each of the forms that it may have."""
