"""Products, stores, image types, sets and accounts, as they are brought in from outside."""
