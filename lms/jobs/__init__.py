"""What runs beside the pages: the outbox worker and its tasks."""
