"""Questions, grading, and the memory model: pure rules on the standard library alone.

`item` and `parse` say what a question is, `grading` marks an answer, `rating` turns a mark into an
FSRS rating, `fsrs` keeps the memory of a card, `schedule` chooses days. No clock, database or web here.
"""
