"""The rules: exams, applications, images. Pure Python; nothing in here knows of AWS."""
