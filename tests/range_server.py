#!/usr/bin/env python3
"""Serves the files of a folder over HTTPS for tests of downloads: range_server.py FOLDER CERTIFICATE KEY

Prints its port and process id, and appends a line for each request to FOLDER/log: the path, the Range and the
If-Range that were asked for, and the status. How it behaves is the first part of the path:

  /plain/FILE    Range with ETag and If-Range, as servers do
  /cut/FILE      the same, but every answer ends after 1000 bytes of its body
  /cut-once/FILE the same, but only the first request for the file is cut
  /whole/FILE    no Range
  /undated/FILE  Range, but neither ETag nor Last-Modified
  /stubborn/FILE Range with ETag, but If-Range is ignored
  /gone/FILE     404
"""

import hashlib
import http.server
import os
import re
import ssl
import sys

folder, certificate, key = sys.argv[1:]
asked = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        mode, name = self.path.split("?")[0].strip("/").split("/", 1)
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        path = os.path.join(folder, name)
        status = self.answer(mode, path, wanted, condition) if os.path.exists(path) else self.refuse(404)
        with open(os.path.join(folder, "log"), "a") as log:
            log.write(f"{self.path} {wanted or '-'} {'if-range' if condition else '-'} {status}\n")

    def refuse(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return status

    def answer(self, mode, path, wanted, condition):
        if mode == "gone":
            return self.refuse(404)
        with open(path, "rb") as file:
            content = file.read()
        etag = '"%s"' % hashlib.sha256(content).hexdigest()
        begin = 0
        match = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        if match and mode != "whole" and (not condition or condition == etag or mode == "stubborn"):
            begin = int(match[1])
            if begin >= len(content):
                return self.refuse(416)
        status = 206 if begin else 200
        self.send_response(status)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if mode not in ("whole", "undated"):
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        is_cut = mode == "cut" or (mode == "cut-once" and path not in asked)
        asked.add(path)
        self.close_connection = True
        try:
            self.wfile.write(content[begin : begin + 1000] if is_cut else content[begin:])
        except OSError:  # the client has enough
            pass
        return status

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], os.getpid(), flush=True)
server.serve_forever()
