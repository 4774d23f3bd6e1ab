"""What single values of a definition may be: validators and converters for attrs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netproof.errors import DefinitionError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_INTERFACE = re.compile(r"[a-z][a-z0-9._-]{0,14}")
_NETWORK = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
_PUBLISHED = re.compile(r"(?:(?P<ip>\[[0-9a-f:]+\]|[0-9.]+):)?(?P<host>\d+):(?P<container>\d+)(?:/(?P<proto>tcp|udp))?")
_MAX_PORT = 65_535
_TOO_FEW = 2


def one_or_more(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """A converter: one string, several, or none."""
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)  # type: ignore[return-value]  # a wrong type is told by the validator


def several(given: Iterable[Any]) -> tuple[Any, ...]:
    """A converter: any sequence, frozen."""
    return tuple(given)


def words(given: Iterable[str]) -> tuple[str, ...]:
    """A converter for commands, which are words and not one string."""
    if isinstance(given, str):
        raise DefinitionError("command", given, "is one string", 'Write its words: ("sleep", "infinity").')
    return tuple(given)


def each(check: Callable[[Any, Any, Any], None]) -> Callable[[Any, Any, Any], None]:
    """A validator for every element of a tuple."""

    def check_all(instance: Any, attribute: Any, value: Any) -> None:
        for element in value:
            check(instance, attribute, element)

    return check_all


def checked_name(_: Any, attribute: Any, value: Any) -> None:
    """An attrs validator for names of labs and their parts, which become hostnames."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise DefinitionError(
            attribute.alias,
            value,
            "names start with a letter and hold small letters, digits and hyphens, 31 at most",
            "Choose such a name; it becomes a hostname.",
        )


def container_name(instance: Any, attribute: Any, value: Any) -> None:
    """A name for a container: of two characters at least, or engines refuse it."""
    checked_name(instance, attribute, value)
    if len(value) < _TOO_FEW:
        raise DefinitionError(attribute.alias, value, "engines refuse names of one letter", "Use two or more.")


def interface_name(_: Any, attribute: Any, value: Any) -> None:
    """A name the kernel accepts for an interface."""
    if not isinstance(value, str) or not _INTERFACE.fullmatch(value):
        raise DefinitionError(
            attribute.alias,
            value,
            "Linux interface names have 15 characters at most",
            "Use a name such as eth0.",
        )


def network_name(_: Any, attribute: Any, value: Any) -> None:
    """A name that engines accept for a network."""
    if not isinstance(value, str) or not _NETWORK.fullmatch(value):
        raise DefinitionError(
            attribute.alias,
            value,
            "network names hold letters, digits, hyphens, dots and underscores",
            "Use a name such as front.",
        )


def port(_: Any, attribute: Any, value: Any) -> None:
    """A port number."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_PORT:
        raise DefinitionError(attribute.alias, value, "is not a port", f"Use a number from 1 to {_MAX_PORT}.")


def whole_number(_: Any, attribute: Any, value: Any) -> None:
    """A whole number, negative ones included."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise DefinitionError(attribute.alias, value, "is not a whole number", "Use a number such as 10.")


def published(_: Any, attribute: Any, value: Any) -> None:
    """A published port as the docker CLI's `-p` takes it, with the port of the host."""
    found = _PUBLISHED.fullmatch(value) if isinstance(value, str) else None
    good = found is not None and all(1 <= int(found[name]) <= _MAX_PORT for name in ("host", "container"))
    if found is not None and good and found["ip"]:
        good = _is_address(found["ip"].strip("[]"))
    if not good:
        raise DefinitionError(
            attribute.alias,
            value,
            "is not a published port",
            "Write it as docker's -p has it: 8080:80, 203.0.113.100:8080:80, 9000:9000/udp, [2001:db8::1]:8080:80.",
        )


def published_on(text: str) -> tuple[str, str, int]:
    """(protocol, address of the host or "", port of the host) of a published port."""
    found = _PUBLISHED.fullmatch(text)
    assert found is not None, f"{text} was not checked"
    return found["proto"] or "tcp", (found["ip"] or "").strip("[]"), int(found["host"])


def one_of(*allowed: str) -> Callable[[Any, Any, Any], None]:
    """One of several words."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if value not in allowed:
            shown = ", ".join(repr(word) for word in allowed)
            raise DefinitionError(attribute.alias, value, "is not known here", f"Use one of {shown}.")

    return check


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def optional_address(instance: Any, attribute: Any, value: Any) -> None:
    """An address, or None."""
    if value is not None:
        address(instance, attribute, value)


def address(_: Any, attribute: Any, value: Any) -> None:
    """An IPv4 or IPv6 address without a prefix length."""
    if not _is_address(str(value)):
        raise DefinitionError(
            attribute.alias, value, "is not an IP address", "Write it without a prefix length: 203.0.113.2."
        )


def subnet(_: Any, attribute: Any, value: Any) -> None:
    """A subnet in its canonical form."""
    try:
        if str(ipaddress.ip_network(str(value))) != value:
            raise ValueError("not in the form address/prefix length")  # noqa: TRY301 - one message for both
    except ValueError as error:
        raise DefinitionError(
            attribute.alias, value, f"is not a subnet ({error})", "Write the network address: 203.0.113.0/24."
        ) from None


def routes(instance: Any, attribute: Any, value: Mapping[str, str]) -> None:
    """Routes: subnet, or `default`, to gateway."""
    for destination, gateway in value.items():
        if destination != "default":
            subnet(instance, attribute, destination)
        address(instance, attribute, gateway)


def bip(_: Any, attribute: Any, value: Any) -> None:
    """The engine refuses a network address as `bip`, so the definition does, before anything is built."""
    if "bip" not in value:
        return
    given = str(value["bip"])
    name = f"{attribute.alias}['bip']"
    try:
        interface = ipaddress.ip_interface(given)
    except ValueError as error:
        raise DefinitionError(name, given, f"is not an address ({error})", "Write it as 10.0.0.1/8.") from None
    if "/" not in given or interface.network.num_addresses <= _TOO_FEW:
        raise DefinitionError(name, given, "leaves no address for a container", "Give it a subnet: 10.0.0.1/8.")
    if interface.ip == interface.network.network_address:
        first = interface.network.network_address + 1
        raise DefinitionError(
            name,
            given,
            "is the address of the network itself, which the engine refuses to give to its bridge",
            f"Use an address inside it: {first}/{interface.network.prefixlen}.",
        )
