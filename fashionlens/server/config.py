"""Settings of gunicorn, which reads them by --config python:fashionlens.server.config.

WEB_CONCURRENCY sets the number of processes.
"""

import os

bind = "127.0.0.1:8000"
worker_class = "fashionlens.server.worker.BufferingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4  # for pages, in each process; photo searches have their own
timeout = 60
# Its control socket would be in the user's home.
control_socket_disable = True
