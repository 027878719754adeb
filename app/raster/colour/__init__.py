"""Which colours the numbers of a file mean, and how they become sRGB."""
