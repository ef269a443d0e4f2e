"""Evergreen. `python3 app.py` sets up what is missing, and serves for development.

`flask run --debug`, `granian --interface wsgi --http 1 app:app` and `gunicorn app:app` find `app`
here.
"""

import os
import signal

if __name__ == "__main__":
    from scripts.bootstrap import ensure

    ensure("app")
    # Ctrl-C while the libraries are still loading: no traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.setdefault("WEBAPP_MODE", "development")

    from scripts.serve import main

    main()
elif __name__ != "__mp_main__":  # the server's own worker, which makes its app by itself
    from scripts.serve import create_app_or_exit

    app = create_app_or_exit()
