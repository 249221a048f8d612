"""The roof: what gunicorn and `flask` load."""

from lms.app import create_app
from lms.cli import register

app = create_app()
register(app)
