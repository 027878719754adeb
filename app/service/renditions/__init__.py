"""What is made of pictures, and when."""
