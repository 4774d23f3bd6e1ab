"""What works in isolation, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings

_HOST, _OUTSIDER = "203.0.113.2", "203.0.113.1"

CHECKS = (
    Answers("front", "Containers of front reach each other.", "shop", "10.1.1.3", 80, by="basket", sees="10.1.1.2"),
    Pings("large", "1472 bytes of data pass on front in one piece.", "shop", "10.1.1.3", size=1472, df=True),
    Closed("front-back", "Containers of front do not reach those of back.", "shop", "10.1.2.2", 80),
    Closed("back-front", "Containers of back do not reach those of front.", "ledger", "10.1.1.2", 80),
    Answers("front-out", "Containers of front reach the outsider.", "shop", _OUTSIDER, 80, by="outsider", sees=_HOST),
    Answers("back-out", "Containers of back reach the outsider.", "ledger", _OUTSIDER, 80, by="outsider", sees=_HOST),
    Answers("sealed", "Containers of sealed reach each other.", "vault", "10.1.3.3", 80, by="guard", sees="10.1.3.2"),
    Pings("sealed-gateway", "Containers of sealed reach the host's address there.", "vault", "10.1.3.1"),
    Closed("sealed-out", "Containers of sealed do not reach the outsider.", "vault", _OUTSIDER, 80),
    Closed("published", "The host itself serves nothing on port 8080.", "outsider", _HOST, 8080),
    Closed("quiet", "Containers of quiet do not reach each other.", "mute", "10.1.4.3", 80),
    Answers("quiet-out", "Containers of quiet reach the outsider.", "mute", _OUTSIDER, 80, by="outsider", sees=_HOST),
)
