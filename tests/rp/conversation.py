"""The program's half of the conversation; see README.md."""

import json
import sys


def hear():
    return json.loads(sys.stdin.readline())


def say(line):
    print(json.dumps(line), flush=True)


def browse(url):
    """Sends the person's browser there; gives the address it was sent back to."""
    say({"go": url})
    return hear()["back"]


def done(result):
    say({"result": result})
