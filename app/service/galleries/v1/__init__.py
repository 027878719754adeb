"""Images and pictures as the native API shows them."""
