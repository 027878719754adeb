"""What a file is, found out without believing what it says."""
