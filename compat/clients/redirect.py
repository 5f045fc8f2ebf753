"""A pytest plugin: each folder or memory URI that a test opens becomes a database of the server at LANCELOT_URL."""

import hashlib
import os
import uuid

import lancedb

_URL = os.environ["LANCELOT_URL"]
# Folders of two runs may have the same name.
_RUN = uuid.uuid4().hex
_connect, _connect_async = lancedb.connect, lancedb.connect_async


def _served(uri):
    text = str(uri)
    seed = uuid.uuid4().hex if text.startswith("memory") else _RUN + text
    return "db://t" + hashlib.sha1(seed.encode()).hexdigest()[:20]


def _is_remote(uri):
    return uri is None or str(uri).startswith("db://")


def connect(uri=None, *args, **options):
    if _is_remote(uri):
        return _connect(uri, *args, **options)
    return _connect(_served(uri), api_key="sk_test", region="us-east-1", host_override=_URL)


async def connect_async(uri=None, *args, **options):
    if _is_remote(uri):
        return await _connect_async(uri, *args, **options)
    return await _connect_async(_served(uri), api_key="sk_test", region="us-east-1", host_override=_URL)


lancedb.connect, lancedb.connect_async = connect, connect_async
