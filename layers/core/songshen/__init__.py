"""Songshen 送审: candidates upload their registration materials, reviewers at the exam site check them."""
