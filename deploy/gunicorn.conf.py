"""gunicorn: two processes with threads; each process runs the outbox worker beside its pages."""

import os

bind = os.environ.get("CROSSDESK_BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("CROSSDESK_WORKERS", "2"))
worker_class = "gthread"
threads = 8
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190
limit_request_fields = 100
preload_app = False
control_socket_disable = True


def post_worker_init(worker):
    """Start the outbox worker in each process; leases keep two of them from doing the same thing."""
    from lms.jobs.worker import Worker

    worker.outbox = Worker(worker.app.callable.extensions["crossdesk"])
    worker.outbox.start()


def worker_exit(server, worker):
    """Let the row in hand be finished."""
    outbox = getattr(worker, "outbox", None)
    if outbox is not None:
        outbox.stop()
