"""gunicorn: two processes with threads; each process runs the outbox worker beside its pages."""

import ctypes
import gc
import os

bind = os.environ.get("CROSSDESK_BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("CROSSDESK_WORKERS", "2"))
worker_class = "gthread"
threads = 12  # four more than a process may have at the database: a hanging one must not take them all
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190
limit_request_fields = 100
preload_app = True  # imported once, then forked: back in half the time after a crash; connects to nothing
control_socket_disable = True


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
MEBIBYTE = 1 << 20


def post_fork(server, worker):
    """Give large blocks back to the system: glibc would keep the 19 MiB of each password check, by thread."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except OSError:
        return  # another C library
    mallopt(M_MMAP_THRESHOLD, MEBIBYTE)
    mallopt(M_TRIM_THRESHOLD, MEBIBYTE)
    mallopt(M_ARENA_MAX, 2)


def post_worker_init(worker):
    """Start the outbox worker in each process; leases keep two of them from doing the same thing."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays: the collector need not look at it again
    gc.set_threshold(20_000, 20, 20)
    from lms.jobs.worker import Worker

    worker.outbox = Worker(worker.app.callable.extensions["crossdesk"])
    worker.outbox.start()


def worker_exit(server, worker):
    """Let the row in hand be finished."""
    outbox = getattr(worker, "outbox", None)
    if outbox is not None:
        outbox.stop()
