"""TLS and passwords on the way to sentinels, servers and nodes alike."""

import datetime
import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.redis_processes import Process
from tests.support.servers import free_port, wait_until
from webapp.store.redis.client import create_client, dedicated_connection

NOWHERE = Path("/nowhere")
Start = Callable[..., int]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its own authority, for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "evergreen tests")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


@pytest.fixture
def start(certificate: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a server that speaks TLS on the port that is answered."""
    running: list[Process] = []

    def start(*lines: str, sentinel: bool = False) -> int:
        process = Process(tmp_path / f"server{len(running)}", sentinel=sentinel)
        tls_port = free_port()
        files = [f"tls-{kind}-file {certificate / kind}.pem" for kind in ("cert", "key")]
        trust = f"tls-ca-cert-file {certificate / 'cert.pem'}"
        common = [f"tls-port {tls_port}", *files, trust, "tls-auth-clients no"]
        process.configure([*common, "tls-replication yes", *lines])
        running.append(process)
        process.start()
        return tls_port

    yield start
    for process in running:
        process.stop()


def test_sentinels_and_servers(start: Start, certificate: Path) -> None:
    server = start("user ada on >theirs ~* +@all")
    sentinel = start(
        f"sentinel monitor prime 127.0.0.1 {server} 1",
        "user guest on >ours +@all",
        sentinel=True,
    )
    client = create_client(
        f"rediss+sentinel://ada:theirs@127.0.0.1:{sentinel}/prime/1"
        f"?sentinel_username=guest&sentinel_password=ours&ssl_ca_certs={certificate}/cert.pem",
        NOWHERE,
    )
    wait_until(lambda: answers(client))
    assert_all_is_well(client)


@pytest.mark.thorough("Sentinel and Cluster")
def test_a_cluster(start: Start, certificate: Path) -> None:
    node = start(*clustered(), "user ada on >theirs ~* +@all")
    options = {"ssl": True, "ssl_ca_certs": f"{certificate}/cert.pem", "protocol": 2}
    with redis.Redis("127.0.0.1", node, **options) as direct:
        direct.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: direct.cluster("info")["cluster_state"] == "ok")
    client = create_client(
        f"rediss+cluster://ada:theirs@127.0.0.1:{node}?ssl_ca_certs={certificate}/cert.pem",
        NOWHERE,
    )
    assert_all_is_well(client)


def test_who_shows_a_certificate_of_another_authority_is_an_outage(start: Start) -> None:
    node = start(*clustered())
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        create_client(f"rediss+cluster://127.0.0.1:{node}", NOWHERE).get("greeting")


def clustered() -> list[str]:
    # The port for the other nodes is 10,000 higher unless it is given: perhaps too high.
    return ["cluster-enabled yes", "tls-cluster yes", f"cluster-port {free_port()}"]


def answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def assert_all_is_well(client: "redis.Redis") -> None:
    assert client.set("greeting", "hello")
    line = dedicated_connection(client, "greeting")
    assert line.server.get("greeting") == "hello"
    assert line.server.acl_whoami() == "ada"
    line.close()
