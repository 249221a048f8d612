"""Attachments in an object store that speaks S3: MinIO, Ceph, Garage, and those of the large clouds.

Buckets are addressed by path (`https://host/bucket/object`), which all of these take. Four requests are all
that is needed, so they are signed here (AWS Signature Version 4) rather than by a library of many megabytes.
"""

import contextlib
import hashlib
import hmac
import http.client
import secrets
import ssl
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

from xapi.store.files import CHUNK, FileMissing, FilesAway, Spool, clear_spools, file_name

TIMEOUT_SECONDS = 10
"""For connecting, and between two pieces of an answer."""
LISTED_MAX = 4 * 2**20
"""Bytes of one page of a listing: a thousand names are far fewer."""
EMPTY = hashlib.sha256(b"").hexdigest()
NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def authorization(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    key: str,
    secret: str,
    region: str,
    service: str = "s3",
) -> str:
    """Answer the header Authorization (AWS Signature Version 4) over a path that is percent-encoded already.

    `headers`, names in lower case, are those that are signed: with them x-amz-date and x-amz-content-sha256.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    """
    moment = headers["x-amz-date"]
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            method,
            path,
            query_text(query),
            *(f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)),
            "",
            names,
            headers["x-amz-content-sha256"],
        ]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing_key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing_key = hmac.digest(signing_key, part.encode(), "sha256")
    signature = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"


def query_text(query: Mapping[str, str]) -> str:
    """Answer a query as it is signed and sent: encoded, in order of the names."""
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in encoded)


class S3Files:
    """Files in a bucket; what is being received lies in a folder of this machine."""

    def __init__(
        self,
        address: str,
        *,
        key: str,
        secret: str,
        region: str,
        spools: Path,
        clock: Callable[[], datetime],
        random: Callable[[int], str] = secrets.token_hex,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`address` is that of the bucket, with what all names begin with: https://host/bucket/prefix."""
        self._parts = urlsplit(address.rstrip("/"))
        _, _, inside = self._parts.path.lstrip("/").partition("/")
        self._prefix = f"{inside}/" if inside else ""
        self._bucket = self._parts.path.lstrip("/").partition("/")[0]
        self._key, self._secret, self._region = key, secret, region
        self._spools = spools
        self._clock = clock
        self._random = random
        self._tls = tls

    def spool(self) -> Spool:
        """Answer a place to receive bytes in."""
        return Spool(self._spools)

    def keep(self, spool: Spool) -> str:
        """Send what a spool holds; the store has it, whole, when it has answered."""
        spool.finish()
        name = file_name(spool, self._random)
        with spool.path.open("rb") as file, self._ask("PUT", name, body=(file, spool)):
            return name

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of an object in pieces."""
        with self._ask("GET", name) as answer:
            while chunk := answer.read(CHUNK):
                yield chunk

    def remove(self, name: str) -> None:
        """Remove an object; that it is gone already is no fault."""
        with contextlib.suppress(FileMissing), self._ask("DELETE", name):
            pass

    def older(self, before: datetime) -> Iterator[str]:
        """Yield the names of the objects that were sent before this moment."""
        query = {"list-type": "2", "prefix": self._prefix}
        while True:
            with self._ask("GET", None, query=query) as answer:
                found = ElementTree.fromstring(answer.read(LISTED_MAX))  # noqa: S314 - by our own store
            for one in found.iter(f"{NAMESPACE}Contents"):
                modified = datetime.fromisoformat(one.findtext(f"{NAMESPACE}LastModified", ""))
                if modified < before:
                    yield one.findtext(f"{NAMESPACE}Key", "").removeprefix(self._prefix)
            token = found.findtext(f"{NAMESPACE}NextContinuationToken")
            if not token:
                return
            query = {**query, "continuation-token": token}

    def clear_spools(self, before: datetime) -> int:
        """Remove what was given up, by a process that was killed say."""
        return clear_spools(self._spools, before)

    @contextmanager
    def _ask(
        self,
        method: str,
        name: str | None,
        *,
        query: Mapping[str, str] | None = None,
        body: tuple[IO[bytes], Spool] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """Answer what the store does, where it is 2xx. Raises FileMissing, FilesAway."""
        target = f"/{self._bucket}" if name is None else f"/{self._bucket}/{self._prefix}{name}"
        path = quote(target, safe="/-_.~")
        headers = {
            "host": self._parts.netloc,
            "x-amz-date": self._clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-content-sha256": EMPTY if body is None else body[1].sha256,
        }
        if body is not None:
            headers["content-length"] = str(body[1].length)
        headers["authorization"] = authorization(
            method,
            path,
            query or {},
            headers,
            key=self._key,
            secret=self._secret,
            region=self._region,
        )
        text = f"?{query_text(query)}" if query else ""
        connection = self._connection()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it refused before it read all
                connection.request(method, path + text, body=body and body[0], headers=headers)
            answer = connection.getresponse()
            if answer.status == 404:
                raise FileMissing(f"there is no {target} in the object store")
            if not 200 <= answer.status < 300:
                said = answer.read(500).decode("utf-8", "replace")
                full = answer.status == 507
                raise FilesAway(f"the object store answered {answer.status}: {said}", full=full)
            yield answer
            answer.read(LISTED_MAX)
            if answer.length:
                raise FilesAway("the object store ended in the middle")
        except (OSError, http.client.HTTPException, ElementTree.ParseError) as error:
            raise FilesAway(f"the object store: {type(error).__name__}: {error}"[:300]) from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
