"""Images, what is said of them and of their pictures, and what others see of both."""
