"""What people are shown of applications and exams, as the contract says it. No rule is decided here.

By audience and subject as `contract` is, and for the same reason: a candidate's call loads nothing of the others'.
"""
