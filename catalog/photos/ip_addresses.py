"""The IP addresses of a host, and which of them are public."""

import ipaddress
import socket
from ipaddress import IPv4Address

# Networks that `is_global` does not judge right in every version of Python.
_GLOBAL_6 = ipaddress.ip_network("2000::/3")  # all that has been assigned
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_6TO4 = ipaddress.ip_network("2002::/16")
_ODD_4 = [
    ipaddress.ip_network("192.0.0.0/24"),  # for protocols, and a cloud's metadata
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.ip_network("168.63.129.16/32"),  # a platform of Azure, for its guests
]


def resolve(host: str) -> list[str]:
    """Return the host's IP addresses, also for `127.1`. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def is_public(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    if isinstance(address, IPv4Address):
        odd = any(address in network for network in _ODD_4)
        return address.is_global and not address.is_multicast and not odd
    inner = address.ipv4_mapped
    if address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner:
        return is_public(str(inner))
    return address.is_global and address in _GLOBAL_6 and address not in _6TO4
