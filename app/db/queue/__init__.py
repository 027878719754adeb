"""The job queue, which is in Postgres, too."""
