"""Moving whole galleries in and out, with the ids, paths and stamps that clients have stored."""
