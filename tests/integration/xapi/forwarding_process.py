"""A process that forwards until it is killed: `python -m … DATABASE_URL`."""

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

from xapi.forwarding import Forwarder, HttpClient, Pace, Timeouts
from xapi.store.engine import own_database
from xapi.store.files import DiskFiles


def main(url: str) -> None:
    database = own_database(url)
    forwarder = Forwarder(
        reading=database.reading,
        writing=database.writing,
        clock=lambda: datetime.now(UTC),
        chance=random.random,
        client=HttpClient(Timeouts(connect=5, read=1, whole=3)),
        files=DiskFiles(Path(gettempdir())),  # no statement of this test has an attachment
        owner=str(uuid4()),
        pace=Pace(
            first=timedelta(milliseconds=5),
            longest=timedelta(milliseconds=50),
            lease=timedelta(milliseconds=300),
        ),
    )
    print("at work", flush=True)
    while True:
        if not forwarder.run_once():
            time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1])
