"""What a build that failed tells of its lab hosts before they go: afterwards there is nobody left to ask."""

from __future__ import annotations

import difflib
import re
from contextlib import suppress

from netproof.errors import BuildError, HostDied, NetproofError
from netproof.lab.running import RunningLab

_LOG = "/var/log/dockerd.log"
_LINES = "5"
_LIMIT = 20.0
# What a network's driver needs of the kernel, by the name under which it is probed.
_NEEDS = {"macvlan": "macvlan", "ipvlan": "ipvlan", "overlay": "vxlan"}
# What every engine says of a configuration file with names that it does not know.
_UNKNOWN = re.compile(r"directives don't match any configuration option: ([\w., -]+)")


def last_words(said: str) -> str:
    """The end of a log as a sentence of an error."""
    return f"Its last words:\n{said.strip()}" if said.strip() else "It said nothing."


def explained(running: RunningLab, error: BuildError) -> BuildError:
    """The error with what the kernel lacks for the lab, or else with what the engines said last."""
    if isinstance(error, HostDied):
        return error
    lacking = _lacking(running)
    if lacking:
        return type(error)(
            f"{error.problem}\n{' '.join(lacking)}",
            "Use another kernel, or another driver in the definition; `invoke doctor` says what else this one lacks.",
        )
    said = [words for host in running.hosts if (words := _said(running, host))]
    return type(error)("\n".join([error.problem, *said]), error.remedy)


def _lacking(running: RunningLab) -> list[str]:
    """What the lab's networks need of the kernel, and is not in it, in sentences."""
    found = {}
    with suppress(NetproofError):
        for network in running.lab.networks:
            feature = _NEEDS.get(network.driver, "")
            probed = running.features(network.on).get(feature, {"works": True})
            if not probed["works"]:
                found[feature] = (
                    f"This kernel has no {feature}, which network {network.name} needs: {probed['why'].rstrip('.')}."
                )
    return list(found.values())


def _said(running: RunningLab, host: str) -> str:
    with suppress(NetproofError):
        text = running.run(host, ["tail", "-n", _LINES, _LOG], limit=_LIMIT).stdout.strip()
        return f"The end of the engine's log in {host}:\n{text}" if text else ""
    return ""


def of_engine(running: RunningLab, host: str, log: str, *, ended: bool) -> NetproofError:
    """Why an engine did not start: a setting that it does not know is the definition's; else its last words."""
    unknown = _UNKNOWN.search(log)
    if unknown is None:
        what = "ended" if ended else "does not answer"
        return HostDied(
            f"The engine in lab host {host} {what}. Its last words:\n{log.strip()}",
            "Mend the engine settings in the definition, or see `invoke doctor`.",
        )
    name = unknown[1].split(",")[0].strip()
    near = difflib.get_close_matches(name, _known(running, host), n=1)
    # No DefinitionError: what was there before has made room by now.
    return BuildError(
        f"engine of {host} = {name!r}: is not a setting that this engine knows.",
        f"Did you mean {near[0]!r}?" if near else "`dockerd --help` lists them, each as a flag.",
    )


def _known(running: RunningLab, host: str) -> list[str]:
    """The settings of a lab host's engine: dockerd has each as a flag, too, some of them in the singular."""
    with suppress(NetproofError):
        text = running.run(host, ["dockerd", "--help"], limit=_LIMIT).stdout
        return re.findall(r"--([a-z][a-z0-9-]+)", text)
    return []
