"""The roof: what gunicorn and `flask` load."""

import sys

from flask import Flask

from lms.app import create_app
from lms.cli import doctor_command, register
from lms.config import SettingError

try:
    app = create_app()
    register(app)
except SettingError as error:
    if "doctor" not in sys.argv:
        raise
    app = Flask("lms")  # cannot serve; the doctor alone says why
    app.cli.add_command(doctor_command(None, error.problems))
