"""The public door for plain HTTP: health, metrics, the REST twin of the feed, bulletins, and the pages.

It reads only: the engine through `MarketView`, live figures through `PublicFeed`, past trades through `Tape`, bulletins
through `Title`. Read `app.py` first, then `api.py` (JSON) and `pages.py` (HTML); `replies.py` says how an answer looks.
"""

from gateway.http.app import create_app
from gateway.http.serving import HttpServer, serve_http
from gateway.http.settings import HttpSettings
from gateway.http.sources import Sources

__all__ = ["HttpServer", "HttpSettings", "Sources", "create_app", "serve_http"]
