"""Static files: the hash in their URLs, gzip, and how long caches may keep them.

`url_for('static', …)` puts a hash of all files into the URL, as a folder: `/static/<hash>/js/x.js`.
Scripts import each other by relative paths, so these imports stay in that folder, and a new version
of any file gives all of them new URLs. A URL with another hash (an old page meets a new server, or
the reverse) gets the present file, and so does one without.

With `flask run --debug` files may change at any time: then nothing of this applies.
"""

import gzip
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from posixpath import normpath
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from .services import services

# The hash, and the file's name.
WITH_HASH = re.compile(r"([0-9a-f]{12})/(.+)")
FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"
# Suffix → media type. Other files, such as PNG, are compressed already.
COMPRESSIBLE = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# An SVG opened by itself is a document, and ours have a style element for dark mode.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Compressed(NamedTuple):
    body: bytes
    etag: str


def install(app: Flask) -> None:
    app.url_defaults(add_hash)


def add_hash(endpoint: str, values: dict[str, Any]) -> None:
    """For `url_for`: the hash before the file's name."""
    if endpoint == "static" and not current_app.debug:
        values["filename"] = f"{folder_hash(str(current_app.static_folder))}/{values['filename']}"


def send_static(folder: str, filename: str) -> Response:
    """The file of a URL with or without a hash. Raises NotFound.

    Also for another spelling of its path: `x.css/` and `js/../x.css` are no files.
    """
    found = WITH_HASH.fullmatch(filename)
    name = found[2] if found else filename
    if name != normpath(name):
        raise NotFound
    response = send_compressed(folder, name)
    if not current_app.debug:
        is_current = found and found[1] == folder_hash(folder)
        response.headers["Cache-Control"] = FOREVER if is_current else BRIEFLY
    return response


def send_compressed(folder: str, filename: str) -> Response:
    """The file, as gzip if that makes it smaller and the client takes it. Raises NotFound."""
    path = safe_join(folder, filename) or ""
    media_type = COMPRESSIBLE.get(Path(path).suffix)
    if current_app.debug or not media_type:
        return send_from_directory(folder, filename)
    if accepts_gzip():
        response = send_gzip(path, media_type)
    else:
        response = send_from_directory(folder, filename)
    response.vary.add("Accept-Encoding")
    if media_type == COMPRESSIBLE[".svg"]:
        response.headers["Content-Security-Policy"] = SVG_POLICY
    return response


def accepts_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0


def send_gzip(path: str, media_type: str) -> Response:
    try:
        body, etag = compressed_file(path, Path(path).stat().st_mtime_ns)
    except (OSError, ValueError):  # no file, a folder, or no possible name
        raise NotFound from None
    response = Response(body, mimetype=media_type)
    response.content_encoding = "gzip"
    response.set_etag(etag)
    return response.make_conditional(request)  # type: ignore[return-value]


def folder_hash(folder: str) -> str:
    """12 hex digits; the same on all hosts with the same files.

    Read once a process; in development again after each change, so that no restart is needed.
    """
    may_change = services().settings.mode == "development"
    return hash_of_files(folder, newest_change(folder) if may_change else 0)


def newest_change(folder: str) -> int:
    return max(path.stat().st_mtime_ns for path in Path(folder).rglob("*"))


@cache
def hash_of_files(folder: str, changed_at: int) -> str:
    digest = sha256()
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(b"%b\0%d\0%b" % (bytes(path.relative_to(folder)), len(content), content))
    return digest.hexdigest()[:12]


@cache
def compressed_file(path: str, changed_at: int) -> Compressed:
    """Compressed once: only files that exist are kept. Raises OSError, ValueError."""
    content = Path(path).read_bytes()
    return Compressed(gzip.compress(content, mtime=0), f"{sha256(content).hexdigest()[:16]}-gzip")
