"""Where all parts are built and put together."""
