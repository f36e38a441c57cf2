"""A running netwatch that has nothing more to open: it goes on, and serves again once it can."""

import http.client
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from netwatch.web.sockets import open_tcp

NETWATCH = [sys.executable, "-m", "netwatch"]
#: So many words on the machine's own interfaces, two a second, with nothing to open.
CHECKS = 12


@pytest.fixture
def config(root, tmp_path):
    """Two devices of which loopback answers the pings, every kind of periodic work, and doors on TCP."""
    assert root
    with open_tcp("127.0.0.1", 0, "x") as free:
        port = free.getsockname()[1]
    network = {
        "devices": [{"id": f"core-{n}", "address": f"127.0.9.{n}", "role": "core"} for n in (1, 2)],
        "links": [{"id": "l", "a": "core-1:a", "b": "core-2:b"}],
        "monitor": {"attached_to": ["core-1"]},
    }
    (tmp_path / "network.yaml").write_text(yaml.safe_dump(network))
    (tmp_path / "secret").write_text("s3cret")
    elsewhere = {"host": "127.0.0.1", "port": 9, "user": "page", "directory": "/srv/page", "key_file": "secret"}
    store = {"endpoint": "http://127.0.0.1:9", "bucket": "b", "access_key_id": "k", "secret_key_file": "secret"}
    settings = {
        "inventory": ["network.yaml"],
        "polling": {"icmp_interval_s": 1, "local_interval_s": 1},
        "diagnosis": {"learning_s": 4},
        "storage": {"directory": "state", "backup_every_s": 60},
        "people": [{"id": "anna", "name": "Anna", "email": "anna@example.net", "duties": ["oncall"]}],
        "channels": {
            "email": {"routes": [{"host": "127.0.0.1", "port": 9, "tls": "starttls"}]},
            "webhook": {"routes": [{"url": "http://127.0.0.1:9", "token_file": "secret"}]},
        },
        "web": {"socket": "s", "page_directory": "page", "page_copies": {"ssh": [elsewhere], "s3": [store]}},
        "metrics": {"port": port},
    }
    path = tmp_path / "netwatch.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path, port


def local_checks(connection):
    connection.request("GET", "/metrics")
    answer = connection.getresponse().read().decode()
    return int(float(re.search(r'^netwatch_observations_total\{probe="local"\} (\S+)', answer, re.MULTILINE)[1]))


def lowest_free(pid):
    taken = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    return min(set(range(len(taken) + 1)) - taken)


def until(holds, process, within_s=40.0):
    end = time.monotonic() + within_s
    while not (found := holds()):
        assert process.poll() is None, "netwatch ended"
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def asked(*words):
    done = subprocess.run([*NETWATCH, *words], capture_output=True, text=True, check=False, timeout=30)
    return json.loads(done.stdout) if done.stdout else {}


def test_a_daemon_without_a_free_descriptor_goes_on_and_serves_again_once_it_has_one(config):
    path, port = config
    with path.with_name("log").open("w") as log:
        process = subprocess.Popen([*NETWATCH, "run", "-c", str(path)], stdout=log, stderr=log)
    try:
        until(lambda: asked("status", "-c", str(path), "--json").get("warm"), process)
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        before = local_checks(kept)
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (lowest_free(process.pid), hard))
        until(lambda: local_checks(kept) >= before + CHECKS, process)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        kept.close()
        status = until(lambda: asked("status", "-c", str(path), "--json"), process)
        assert (status["warm"], status["isolated"]) == (True, False)
    finally:
        process.terminate()
        assert process.wait(30) == 0, path.with_name("log").read_text()
