"""Courses as files: what a course is, how a folder is read, checked and turned into one document."""
