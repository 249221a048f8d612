"""The about resource (xAPI 1.0.3 part 3, 2.8): the one resource without version header and credential."""

from xapi.http.call import Call
from xapi.http.service import Answer, Service
from xapi.spec.payload import dump_json
from xapi.spec.version import SUPPORTED


def get_about(service: Service, call: Call) -> Answer:
    """Answer the versions that the store speaks."""
    call.check_parameters(())
    return Answer(200, dump_json({"version": list(SUPPORTED), "extensions": {}}).encode())
