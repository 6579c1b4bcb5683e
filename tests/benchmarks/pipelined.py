"""A sender written by hand for speed alone: one process, eight conversations, RFC 2920, the same bytes to everybody.

python -m tests.benchmarks.pipelined PORT COUNT MESSAGE prints the seconds it took.
"""

import selectors
import socket
import sys
import time
from pathlib import Path

CONNECTIONS = 8
ENVELOPE = b"MAIL FROM:<hello@doctor.example.org>\r\nRCPT TO:<reader@example.org>\r\nDATA\r\n"
END = b"\r\n.\r\n"


def send(port: int, count: int, message: bytes) -> float:
    selector, left, done = selectors.DefaultSelector(), count, 0
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.recv(4096)
        connection.sendall(b"EHLO bench\r\n")
        connection.recv(4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, [b"", False])
    begun = time.perf_counter()
    for key in selector.get_map().values():
        key.fileobj.sendall(ENVELOPE)
        left -= 1
    while done < count:
        for key, _ in selector.select():
            state = key.data
            state[0] += key.fileobj.recv(65536)
            if b"354 " in state[0]:
                done += state[1]
                state[0], state[1] = b"", True
                more, left = (ENVELOPE, left - 1) if left > 0 else (b"", left)
                key.fileobj.sendall(message + END + more)
            elif state[1] and not left and state[0].endswith(b"\n"):
                done, state[1] = done + 1, False
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(send(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes()))
