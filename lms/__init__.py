"""The learning system: composes quizzes, courses and the record store into pages, commands and jobs."""
