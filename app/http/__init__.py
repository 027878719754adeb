"""What all answers share."""
