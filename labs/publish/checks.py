"""What works in publish, and what is closed, while it is whole."""

from netproof.labs.publish.names import CLIENT, GATEWAY, HOST, SECOND
from netproof.model import Answers, Closed, Pings, Prints

CHECKS = (
    Answers("web", "The client is answered by web on port 8080.", "client", HOST, 8080, by="web", sees=CLIENT),
    Answers("one", "On port 8081 of the first address one answers.", "client", HOST, 8081, by="one", sees=CLIENT),
    Answers("two", "On port 8081 of the second address two answers.", "client", SECOND, 8081, by="two", sees=CLIENT),
    Answers(
        "datagrams", "Web answers datagrams to port 9000.", "client", HOST, 9000, by="web", sees=CLIENT, proto="udp"
    ),
    Answers("own-address", "The host reaches web at its own address.", "host", HOST, 8080, by="web", sees=HOST),
    Answers("loopback", "The host reaches web at 127.0.0.1.", "host", "127.0.0.1", 8080, by="web", sees=GATEWAY),
    Answers("local", "The host reaches local at 127.0.0.1.", "host", "127.0.0.1", 8082, by="local", sees=GATEWAY),
    Closed("local-closed", "Nobody else reaches the port published on 127.0.0.1.", "client", HOST, 8082),
    Pings("large", "1472 bytes of data pass between client and host in one piece.", "client", HOST, size=1472, df=True),
    Prints(
        "exit-code",
        "The docker command tells by 125 that it could not run a container.",
        "host",
        "docker run --no-such-flag 2>/dev/null; echo $?",
        "125",
    ),
)
