"""How gunicorn serves the site: `gunicorn -c python:mfasite.server mfasite.wsgi`."""

from mfasite import env, heap, logs

heap.bound()  # before the workers are forked, so in each of them

bind = env.text("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = env.number("WEB_WORKERS", 2)
threads = env.number("WEB_THREADS", 8)
timeout = 30  # seconds
graceful_timeout = 20
keepalive = 5
# It would open a socket in the home folder, which a container or a service user may not have.
control_socket_disable = True
logconfig_dict = logs.configuration(
    env.text("LOG_LEVEL", "INFO"), env.text("LOG_FORMAT", "text" if env.flag("DEMO") else "json")
)
