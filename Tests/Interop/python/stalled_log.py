"""The relay logs each request to a pipe that nobody reads. More lines than pipe and relay hold must hold up nothing."""

import socket

import requests

from relay import URL, call, check, equal, login, new_topic, publish

REQUESTS = 12_000
AT_ONCE = 200


def flood():
    host, port = URL.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        reader = connection.makefile("rb")
        for _ in range(REQUESTS // AT_ONCE):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * AT_ONCE)
            for _ in range(AT_ONCE):
                check(reader.readline().startswith(b"HTTP/1.1 200"), "a request was not answered")
                length = 0
                while (line := reader.readline().strip()) != b"":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                reader.read(length)


token = login()["access_token"]
topic = new_topic()
flood()
for number in range(20):
    publish(token, topic, {"n": number})
equal(requests.get(f"{URL}/ready", timeout=20).status_code, 200, "status of /ready")
metrics = requests.get(f"{URL}/metrics", timeout=20).text.splitlines()
dropped = [float(line.split()[1]) for line in metrics if line.startswith("relay_log_lines_dropped_total ")]
check(dropped and dropped[0] > 0, f"the lines that were dropped are counted: {dropped}")
page = call("GET", f"/api/v1/topics/{topic}/messages?limit=100", token)
equal(len(page["messages"]), 20, "messages in the history")
