"""Broken images without end; a bounded run of them is in tests/property/test_images.py."""
