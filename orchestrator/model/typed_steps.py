"""Steps as people type them: what stands for shell words that look something up is what they look up."""

from __future__ import annotations

import re

from netproof.model.changes import Step

# (the shell words, what a person would call what they find); inner ones before those that hold them.
_FOUND = (
    (r"br-\$\(docker network inspect -f '\{\{\.Id\}\}' (\S+) \| cut -c1-12\)", r"<bridge of \1>"),
    (r"\$\(docker exec (\S+) cat /sys/class/net/\w+/iflink\)", r"<port of \1>"),
    (r"\$\(docker exec (\S+) cat /sys/class/net/(\w+)/address\)", r"<MAC of \1's \2>"),
    (r"\$\(docker inspect -f '\{\{\.State\.Pid\}\}' (\S+)\)", r"<PID of \1>"),
    (r"\$\(docker inspect --format '\{\{\.NetworkSettings\.SandboxKey\}\}' (\S+)\)", r"<network namespace of \1>"),
    (r"/run/docker\$\(grep -om1 /netns/1-\S+ /proc/self/mountinfo\)", "/run/docker/netns/1-…"),
    (r"\$\(grep -om1 /netns/lb_\S+ /proc/self/mountinfo \| cut -d_ -f2\)", "…"),
    (r"\$\(echo /run/docker/netns/1-…\*\)", "/run/docker/netns/1-…"),
    (r"\$\((?:nsenter \S+ )?ip -o link \| sed -n \"s/\^<port of (\S+)>:[^)]*\\\)\.\*/\\1/p\"\)", r"<veth of \1>"),
    (r"\$\((?:nsenter \S+ )?ip neigh show (\S+) \| sed '[^']*'\)", r"<MAC of \1>"),
    (r"\$\(ip -o -4 address show to (\S+) \| cut -d' ' -f2\)", r"<interface with \1>"),
    (r"\$\(ss -Hlntp sport = :(\d+) \| sed '[^']*'\)", r"<PID of the server on port \1>"),
    (r"\$\(pgrep -f '([^']*)'\)", lambda found: f"<PID of {_process(found[1])}>"),
)


def _process(pattern: str) -> str:
    """A process by what its command line says: `[d]ocker-proxy .*-host-port 8080` without what only pgrep needs."""
    words = re.sub(r"\[(.)\]", r"\1", pattern).rstrip("$,")
    return re.sub(r",?\s*\.\*\s*", " … ", words)


def typed(step: Step) -> str:
    """A step as somebody would type it in that place, with what has to be looked up in angle brackets."""
    text = step.says or step.run
    for words, found in _FOUND:
        text = re.sub(words, found, text)
    return f"in {step.at}: {text}"
