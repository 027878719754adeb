"""What is the matter with a whole catalogue, read page by page: no report is ever held as a whole."""
