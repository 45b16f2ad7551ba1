"""`songshen`: running an exam from a shell, over the HTTP API alone."""
