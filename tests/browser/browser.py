"""A headless Chromium, driven by the DevTools protocol over a pipe: no driver, no port, no package except the browser.

    with Browser() as browser:
        browser.show("page.html", width=390, dark=True)
        browser.evaluate("document.title")
"""

import base64
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ("chromium-headless-shell", "chromium", "google-chrome", "chrome")


def find():
    """The browser's path, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """`complaints` collects what went wrong on the page shown: console errors, exceptions, requests, dialogs."""

    def __init__(self):
        self.complaints = []
        self._page = ""
        self._number = 0
        self._events = []
        self._messages = []  # received and not yet read
        self._rest = b""     # the beginning of the next
        self._cleanup = contextlib.ExitStack()

    def __enter__(self):
        profile = self._cleanup.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        commands, self._commands = _pipe()
        self._replies, replies = _pipe()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                 "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        # The protocol's pipes are the file descriptors 3 and 4.
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{replies}', "bash", find(), *flags],
            pass_fds=(commands, replies), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(replies)
        target = self.call("Target.createTarget", url="about:blank", session=None)["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True, session=None)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.call("Browser.close", session=None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        os.close(self._replies)
        os.close(self._commands)
        self._cleanup.close()

    def show(self, page, width=1280, height=900, dark=False, density=1):
        """Loads a file and waits until it is whole."""
        self.complaints = []
        self._page = pathlib.Path(page).resolve().as_uri()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=density,
                  mobile=width < 600)
        self.prefer(dark)
        self._events.clear()
        self.call("Page.navigate", url=self._page)
        while "Page.loadEventFired" not in self._events:
            self._receive()
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def prefer(self, dark, paper=False):
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", media="print" if paper else "",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, expression):
        reply = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in reply:
            raise RuntimeError(reply["exceptionDetails"])
        return reply["result"].get("value")

    def screenshot(self, file, whole=False, bottom=None):
        """The first screen, the whole page, or its part above `bottom` and a margin, in CSS pixels."""
        clip = {}
        if whole or bottom is not None:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            height = size["height"] if bottom is None else bottom + 24
            clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1}}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=bool(clip), **clip)["data"]
        pathlib.Path(file).write_bytes(base64.b64decode(data))

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def call(self, method, session="page", **params):
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._receive()
            if reply.get("id") == number:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]

    def _receive(self):
        while not self._messages:
            received = os.read(self._replies, 1 << 20)
            if not received:
                raise RuntimeError("the browser has gone")
            *whole, self._rest = (self._rest + received).split(b"\0")
            self._messages += whole
        event = json.loads(self._messages.pop(0))
        if "method" in event:
            self._events.append(event["method"])
            self._note(event["method"], event["params"])
        return event

    def _note(self, method, params):
        if method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(f"console: {params['args']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {params['exceptionDetails']}")
        elif method == "Log.entryAdded":
            self.complaints.append(f"log: {params['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if url.partition("#")[0] != self._page and not url.startswith("data:"):
                self.complaints.append(f"request: {url}")
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {params['message']}")
            self._number += 1
            os.write(self._commands, json.dumps({"id": self._number, "method": "Page.handleJavaScriptDialog", "params":
                                                 {"accept": True}, "sessionId": self._session}).encode() + b"\0")


def _pipe():
    """Two ends with numbers that are not in the way of 3 and 4."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    return ends


def run(main):
    """Ends the program with what `main` returns for its arguments; without a browser as a test that is skipped."""
    if not find():
        print("skipped: no browser is installed")
        sys.exit(77)
    sys.exit(main(*sys.argv[1:]))


if __name__ == "__main__":
    sys.exit("This is a module: see check_page.py and screenshot.py.")
