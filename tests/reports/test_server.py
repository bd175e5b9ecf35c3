"""The page over HTTP, on this machine alone."""

import http.client
import os
import threading

import pytest
from support.run_directory import make, picture

from tf_gan.errors import UserError
from tf_gan.reports import server


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The port of a server of two runs, and their folder."""
    folder = tmp_path_factory.mktemp("served")
    runs = [make(folder / name, done=3) for name in ("a b", "c")]
    (folder / "secret.png").write_bytes((runs[0] / "real.png").read_bytes())
    with server.make_server(runs, port=0) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one.server_port, folder
        one.shutdown()
        thread.join()


def ask(port: int, path: str, host: str | None = None, method: str = "GET"):
    """Returns the status, the type and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"localhost:{port}")
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.getheader("Content-Type"), body


def test_the_page_and_its_pictures(served):
    port, folder = served
    status, kind, body = ask(port, "/")
    assert status == 200 and kind == "text/html; charset=utf-8"
    assert b'"src":"/0/samples/epoch_0003.png"' in body and b'"reload":5.0' in body
    status, kind, body = ask(port, "/1/real.png")
    assert (status, kind) == (200, "image/png") and body == (folder / "c/real.png").read_bytes()
    assert ask(port, "/0/real.png", method="HEAD")[::2] == (200, b"")
    picture(folder / "c" / "new one.png", (1, 2, 3))  # The page is made anew.
    assert b"/1/new%20one.png" in ask(port, "/")[2]
    assert ask(port, "/1/new%20one.png")[0] == 200
    picture(folder / "c" / os.fsdecode(b"caf\xe9.png"), (1, 2, 3))
    assert b"/1/caf%E9.png" in ask(port, "/")[2]
    assert ask(port, "/1/caf%E9.png")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/0/../secret.png",
            "/0/%2e%2e/secret.png",
            "/0/config.json",
            "/0/samples/",
            "/0",
            "/2/real.png",
        ),
        *("/secret.png", "//etc/passwd", "/etc/passwd", "/0/samples/../../secret.png", "/%00"),
    ],
)
def test_nothing_else(served, path):
    assert ask(served[0], path)[0] == 404


def test_neither_other_hosts_nor_other_methods(served):
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"):
        assert ask(served[0], "/", host=host)[0] == 403
    for host in (f"127.0.0.1:{served[0]}", "localhost", "[::1]:8765"):
        assert ask(served[0], "/", host=host)[0] == 200
    assert ask(served[0], "/", method="POST")[0] == 501


def test_a_query_does_not_count(served):
    assert ask(served[0], "/?time=1")[0] == ask(served[0], "/0/real.png?time=1")[0] == 200


def test_an_address_that_is_none_is_refused(served):
    assert ask(served[0], "http://[x/")[0] == 400


def test_a_run_that_went_away_is_told(served):
    port, folder = served
    (folder / "c").rename(folder / "away")
    status, kind, body = ask(port, "/")
    (folder / "away").rename(folder / "c")
    assert (status, kind) == (500, "text/plain; charset=utf-8")
    assert b"There is no directory" in body


def test_a_browser_asks_again(served):
    connection = http.client.HTTPConnection("127.0.0.1", served[0], timeout=10)
    connection.request("GET", "/0/real.png", headers={"Host": "localhost"})
    response = connection.getresponse()
    assert response.getheader("Cache-Control") == "no-cache"
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    connection.close()


def test_a_port_that_is_taken_and_a_folder_that_is_no_run(served, tmp_path):
    with pytest.raises(UserError, match=rf"Port {served[0]} of 127\.0\.0\.1 cannot be used"):
        server.make_server([make(tmp_path / "run")], served[0])
    with pytest.raises(UserError, match="not a run directory"):
        server.make_server([tmp_path], 0)
