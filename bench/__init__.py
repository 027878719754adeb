"""What `make bench` runs: our server and a bare aiohttp handler side by side, under the same load."""
