"""What is done to a picture on behalf of one image, and which edited pictures that makes."""
