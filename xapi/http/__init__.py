"""The resources of the record store as a Flask blueprint: these files open transactions and read the
clock."""

from xapi.http.blueprint import create_blueprint
from xapi.http.mount import mount

__all__ = ["create_blueprint", "mount"]
