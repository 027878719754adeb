"""What is done to a picture, one after the other: each step knows how the size of it changes, and its pixels."""
