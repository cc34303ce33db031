"""
The guides: wand's, and those of the VPNs that it is compared with, from their manuals.  Of several ways that a manual
shows the shortest is taken, and commands that a shell can join without loss are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.first.guide import Guide, Step

_HOSTS: Final = ("198.51.100.1", "198.51.100.2")


def _file(path: str, text: str) -> str:
    return f"cat > {path} <<'END'\n{text}\nEND\n"


def _each(*lines: str) -> list[Step]:
    """
    What is typed on both hosts, with the numbers of the host and of the other.
    """
    return [
        Step(host, line.replace("@other", str(3 - host)).replace("@host", str(host)))
        for line in lines
        for host in (1, 2)
    ]


_wand: Final = Guide(
    "wand",
    {},
    (
        Step(1, "wand init --as founder --yes --no-service", "line", r"^  (echo wand1\.\S+ \| wand init --join -)\r?$"),
        Step(2, "{line} --no-service"),
    ),
    ("/run/wand", "/var/lib/wand", "/etc/wand"),
)

_n2n: Final = Guide(
    "n2n",
    {"edge": "n2n", "supernode": "n2n"},
    (
        Step(1, "supernode -l 7777 >/dev/null 2>&1 &"),
        *_each("edge -d n2n -a 10.77.0.@host -c home -k secret -l 198.51.100.1:7777 -f >/dev/null 2>&1"),
    ),
    (),
)


def _fastdFile(host: int, key: str) -> Step:
    # Only the one that starts second calls: a first call that nobody answers is repeated after 20 seconds.
    remote = f" remote {_HOSTS[0]}:10000;" if host == 2 else ""
    return Step(
        host,
        "cat > fastd.conf <<END\n"
        'mode tap; interface "vpn"; method "salsa2012+umac"; bind any:10000; mtu 1426;\n'
        'secret "$(sed -n s/Secret:.//p key)";\n'
        f'on up "ip address add 10.77.0.{host}/24 dev vpn; ip link set vpn up";\n'
        f'peer "other" {{ key "{{{key}}}";{remote} }}\nEND\n',
    )


_fastd: Final = Guide(
    "fastd",
    {"fastd": "fastd"},
    (
        Step(1, "fastd --generate-key 2>&1 | tee key", "one", r"Public: (\w+)"),
        Step(2, "fastd --generate-key 2>&1 | tee key", "two", r"Public: (\w+)"),
        _fastdFile(1, "two"),
        _fastdFile(2, "one"),
        *_each("fastd --config fastd.conf --daemon >/dev/null 2>&1"),
    ),
    (),
)

_wireguard: Final = Guide(
    "wireguard-go",
    {"wireguard-go": "wireguard-go", "wg-quick": "wireguard-tools"},
    (
        Step(1, "wg genkey | tee key | wg pubkey", "one"),
        Step(2, "wg genkey | tee key | wg pubkey", "two"),
        *(
            Step(
                host,
                "cat > /etc/wireguard/wg0.conf <<END\n"
                f"[Interface]\nPrivateKey = $(cat key)\nListenPort = 51820\nAddress = 10.77.0.{host}/24\n"
                f"[Peer]\nPublicKey = {{{key}}}\nEndpoint = {_HOSTS[2 - host]}:51820\nAllowedIPs = 10.77.0.0/24\nEND\n",
            )
            for host, key in ((1, "two"), (2, "one"))
        ),
        *_each("wg-quick up wg0"),
    ),
    ("/etc/wireguard", "/run/wireguard"),
)

_OPENVPN: Final = """
dev tap
proto udp
cert cert.pem
key key.pem
dh none
ifconfig 10.77.0.{host} 255.255.255.0
<peer-fingerprint>
{{{key}}}
</peer-fingerprint>
{role}"""


def _openvpn(host: int, key: str) -> Step:
    role = "tls-server" if host == 1 else f"tls-client\nremote {_HOSTS[0]}"
    return Step(host, _file("vpn.conf", _OPENVPN.format(host=host, key=key, role=role).strip()))


_CERTIFICATE: Final = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp384r1 -nodes -sha256 -days 3650 -subj /CN=vpn"
    " -keyout key.pem -out cert.pem 2>/dev/null && openssl x509 -fingerprint -sha256 -noout -in cert.pem"
)

_openVPN: Final = Guide(
    "openvpn",
    {"openvpn": "openvpn", "openssl": "openssl"},
    (
        Step(1, _CERTIFICATE, "one", r"=(\S+)"),
        Step(2, _CERTIFICATE, "two", r"=(\S+)"),
        _openvpn(1, "two"),
        _openvpn(2, "one"),
        *_each("openvpn --config vpn.conf --daemon"),
    ),
    (),
)

_TINC_UP: Final = "#!/bin/sh\nip address add 10.77.0.@host/24 dev $INTERFACE\nip link set $INTERFACE up"

_tinc: Final = Guide(
    "tinc",
    {"tincd": "tinc"},
    (
        *_each(
            "mkdir -p /etc/tinc/vpn/hosts",
            _file("/etc/tinc/vpn/tinc.conf", "Name = host@host\nMode = switch\nConnectTo = host@other"),
            _file("/etc/tinc/vpn/hosts/host@host", "Address = 198.51.100.@host"),
            _file(
                "/etc/tinc/vpn/tinc-up",
                "#!/bin/sh\nip address add 10.77.0.@host/24 dev $INTERFACE\nip link set $INTERFACE up",
            ),
            "chmod +x /etc/tinc/vpn/tinc-up",
            "tincd -n vpn -K2048 </dev/null",
        ),
        Step(1, "cat /etc/tinc/vpn/hosts/host1", "one"),
        Step(2, "cat /etc/tinc/vpn/hosts/host2", "two"),
        Step(1, _file("/etc/tinc/vpn/hosts/host2", "{two}")),
        Step(2, _file("/etc/tinc/vpn/hosts/host1", "{one}")),
        *_each("tincd -n vpn --pidfile=pid"),
    ),
    ("/etc/tinc",),
)

_NEBULA: Final = """
pki: {{ca: ca.crt, cert: host{host}.crt, key: host{host}.key}}
static_host_map: {{"10.77.0.1": ["198.51.100.1:4242"]}}
lighthouse: {lighthouse}
listen: {{host: 0.0.0.0, port: 4242}}
firewall:
  outbound: [{{port: any, proto: any, host: any}}]
  inbound: [{{port: any, proto: any, host: any}}]"""


def _nebula(host: int) -> Step:
    lighthouse = "{am_lighthouse: true}" if host == 1 else '{am_lighthouse: false, hosts: ["10.77.0.1"]}'
    return Step(host, _file("config.yml", _NEBULA.format(host=host, lighthouse=lighthouse).strip()))


_nebulaGuide: Final = Guide(
    "nebula",
    {"nebula": "nebula", "nebula-cert": "nebula"},
    (
        Step(1, "nebula-cert ca -name home"),
        Step(1, "nebula-cert sign -name host1 -ip 10.77.0.1/24"),
        Step(1, "nebula-cert sign -name host2 -ip 10.77.0.2/24"),
        Step(1, "tar -cz ca.crt host2.crt host2.key | base64 --wrap=0", "files"),
        Step(2, "echo {files} | base64 -d | tar -xz"),
        _nebula(1),
        _nebula(2),
        *_each("nebula -config config.yml >/dev/null 2>&1 &"),
    ),
    (),
)

#: All of them.
GUIDES: Final[Sequence[Guide]] = (_wand, _n2n, _fastd, _wireguard, _openVPN, _nebulaGuide, _tinc)
