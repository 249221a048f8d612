"""Rules without Flask, SQLAlchemy, clock or environment."""
