"""What one process is that serves: its connections, the middleware, the fast path in front of it, its health."""
