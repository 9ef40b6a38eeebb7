"""Limits and places of the gateway. Times in milliseconds, sizes in bytes; every queue has a bound named `…_max`."""

import ssl
from pathlib import Path
from typing import Final, Literal

import msgspec

from gateway.addresses import NO_PROXIES, Proxies
from gateway.logins import LoginSettings

# off: members are not asked for a certificate; ask: a key that has one is used with it; require: every program's key has one
ClientCertificates = Literal["off", "ask", "require"]
_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one gateway process runs. `origins`: pages that may open sockets (scheme, host, port, as browsers send them)."""

    env: str = "local"
    host: str = "127.0.0.1"
    port: int = 9101  # 0: any free one, see Gateway.port
    history_file: Path
    logins_file: Path
    logins: LoginSettings = LoginSettings()
    origins: tuple[str, ...] = ()
    proxies: Proxies = NO_PROXIES  # whose word about a visitor's address is taken
    tls: ssl.SSLContext | None = None
    client_certificates: ClientCertificates = "off"

    connections_max: int = 5_000
    connections_per_key_max: int = 32
    connections_per_participant_max: int = 256  # of all keys for its accounts
    connections_per_address_max: int = 2_000
    logins_waiting_max: int = 1_000  # sockets of the member and operator doors that have not logged in
    handshake_ms: int = 5_000  # from the first byte of a socket to the end of its handshake
    login_ms: int = 5_000
    heartbeat_ms: int = 5_000
    silent_heartbeats_max: int = 2
    faults_in_a_row_max: int = 100  # refused frames without one that was understood
    pings_per_heartbeat_max: int = 100

    requests_in_flight_max: int = 8_192  # commands of one connection that the engine has not answered
    queries_in_flight_max: int = 16  # questions of one connection that wait for a store
    channels_per_connection_max: int = 1_024
    channels_per_participant_max: int = 16_384  # followed on all its connections together
    outbox_bytes_max: int = 8 * 1024 * 1024  # not yet given to the kernel, per connection; beyond: close 4008
    outbox_messages_max: int = 65_536
    close_ms: int = 1_000  # how long a closing peer may take to read its last bytes

    feed_flush_ms: int = 50
    history_reports_max: int = 200_000  # written but not yet stored; from half of it on, new orders wait
    history_pause_ms: int = 200
    retry_after_ms: int = 200
    going_away_ms: int = 0  # from saying that the doors will close to closing them
    reconnect_after_ms: int = 1_000
    key_orders_per_second_max: int = 0  # of one key, new orders and changes; 0: no limit
    participant_orders_per_second_max: int = 0  # of all keys for a participant's accounts together
    key_cancels_per_second_max: int = 0  # of one key, in a bucket of their own
    resume_ms: int = 60_000  # how long after a loss session.resume may go on with the session
    resumable_sessions_max: int = 10_000  # lost ones that are kept for it; beyond, the oldest must log in
    cancel_grace_ms: int = 5_000  # of cancel-on-disconnect, where the login names none


def tls_context(
    certificate: Path, key: Path, *, allow_tls_1_2: bool = False, asks_clients: bool = False
) -> ssl.SSLContext:
    """TLS 1.3 for the doors; 1.2 only where asked for. Raises OSError or ssl.SSLError for unusable files.

    Where clients are asked for a certificate, one of an authority that was never listed ends the handshake (`trust_authority`
    makes one known). All else about it (dates, revocation, whose it is) is judged at the login, where a refusal has a number.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2 if allow_tls_1_2 else ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    if asks_clients:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the list names who issues, root or not
        context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)
    return context


def trust_authority(context: ssl.SSLContext, certificate: bytes) -> bool:
    """Let the certificates of an authority (DER) through handshakes from now on; False where TLS cannot read it."""
    try:
        context.load_verify_locations(cadata=certificate)
    except ssl.SSLError:
        return False
    return True
