"""What works in restart while it is whole."""

from netproof.model import Answers, Pings, Prints

CHECKS = (
    Answers(
        "server",
        "The outsider reaches the server at its published port.",
        "outsider",
        "203.0.113.2",
        8080,
        by="server",
        sees="203.0.113.1",
    ),
    Prints(
        "echo",
        "The outsider hears its own word from echo, at its published port.",
        "outsider",
        "echo word | socat -t 2 - TCP4:203.0.113.2:7070,connect-timeout=2",
        "word",
    ),
    Prints(
        "echo-near",
        "The host hears its own word from echo.",
        "host",
        "echo word | socat -t 2 - TCP4:172.17.0.3:7070,connect-timeout=2",
        "word",
    ),
    Pings("echo-out", "Echo pings the outsider.", "echo", "203.0.113.1"),
    Prints("service", "The engine's service can be asked how it is.", "host", "systemctl is-active docker", "active"),
    Prints("kept", "This engine runs with live-restore.", "host", "docker info -f '{{.LiveRestoreEnabled}}'", "true"),
    Prints("ended", "The other runs without.", "plain", "docker info -f '{{.LiveRestoreEnabled}}'", "false"),
)
