"""Shows the page of runs to a browser on another machine, through an SSH tunnel."""

import http.server
import os
import pathlib
import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

from tf_gan.errors import UserError
from tf_gan.reports import page, pictures, read

HOST = "127.0.0.1"
PORT = 8765
RELOAD = 5.0  # Seconds.
OWN_NAMES = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the page, made anew for each request, and with the pictures that it
    shows; with nothing else.
    """

    workdirs: tuple = ()  # Those that `make_server` is given.

    def do_GET(self):
        self._answer(with_body=True)

    def do_HEAD(self):
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        # A page of another site must not read this one by a name that leads here.
        if not OWN_NAMES.fullmatch(self.headers.get("Host", "")):
            self.send_error(403, "Expected 127.0.0.1 or localhost as the name of the host")
            return
        try:
            path = os.fsdecode(unquote_to_bytes(urlsplit(self.path).path))
        except ValueError as error:  # Such as http://[x/
            self.send_error(400, str(error))
            return
        status = 200
        try:
            found = self._content(path)
        except (UserError, OSError) as error:
            status = 500
            found = "text/plain; charset=utf-8", str(error).encode(errors="replace")
        if found is None:
            self.send_error(404)
            return
        kind, body = found
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):  # The page was closed meanwhile.
                self.close_connection = True

    def _content(self, path: str) -> tuple[str, bytes] | None:
        """Returns the type and the bytes of what is at a path, or None."""
        if path == "/":
            html = page.render(
                self.workdirs, lambda file: quote(os.fsencode(self._url_path(file))), RELOAD
            )
            return "text/html; charset=utf-8", html.encode()
        for file in (
            each["path"] for workdir in self.workdirs for each in pictures.all_of(workdir)
        ):
            if self._url_path(file) == path:
                return pictures.TYPES[file.suffix.lower()], file.read_bytes()
        return None

    def _url_path(self, file: pathlib.Path) -> str:
        """Returns the path at which a picture of a run is shown."""
        number = next(
            number
            for number, workdir in enumerate(map(pathlib.Path, self.workdirs))
            if file.parent in (workdir, workdir / "samples")
        )
        return f"/{number}/{file.relative_to(self.workdirs[number])}"

    def log_message(self, *_):
        pass


def make_server(workdirs: list, port: int = PORT) -> http.server.ThreadingHTTPServer:
    """Returns the server of runs, which is at `server_port` of 127.0.0.1.

    Args:
        workdirs: Run directories.
        port: The port; 0 for a free one.

    Raises:
        UserError: for what is no run directory, and for a port that is taken.
    """
    for workdir in workdirs:
        read.check(workdir)
    handler = type("RunHandler", (Handler,), {"workdirs": tuple(workdirs)})
    try:
        return http.server.ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise UserError(
            f"Port {port} of {HOST} cannot be used: {error.strerror or error}. Choose another"
            " --port, or --port=0 for a free one"
        ) from error


def serve(workdirs: list, port: int = PORT) -> None:
    """Serves runs until Ctrl-C, and prints the address."""
    with make_server(workdirs, port) as server:
        address = f"http://{HOST}:{server.server_port}/"
        print(
            f"The report is at {address}. From another machine: ssh -L"
            f" {server.server_port}:{HOST}:{server.server_port} THIS_HOST, then the same address"
            " there. Ctrl-C ends it.",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
