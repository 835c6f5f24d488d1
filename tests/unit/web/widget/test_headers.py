import pytest

from opensaldo.web.widget.forms import USER_AGENT_LENGTH_MAX, user_agent
from opensaldo.web.widget.headers import page_headers


def _policy(**options: object) -> dict[str, list[str]]:
    text = page_headers(**options)["Content-Security-Policy"]  # type: ignore[arg-type]
    parts = [part.split() for part in text.split("; ")]
    return {name: sources for name, *sources in parts}


def test_no_page_runs_foreign_scripts_is_framed_or_tells_its_address() -> None:
    policy = _policy()
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["script-src"] == policy["connect-src"] == ["'self'"]
    headers = page_headers()
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_the_page_that_embeds_may_frame_and_nobody_else() -> None:
    policy = _policy(embedder="https://shop.example.com")
    assert policy["frame-ancestors"] == ["https://shop.example.com"]


def test_forms_stay_here_unless_the_page_leads_out() -> None:
    assert _policy()["form-action"] == ["'self'"]
    assert _policy(client_address="http://shop.example.com")["form-action"] == ["'self'"]


def test_a_page_that_leads_out_allows_banks_and_loopback_after_the_form() -> None:
    assert _policy(leads_out=True)["form-action"] == [
        "'self'",
        "https:",
        "http://127.0.0.1:*",
        "http://localhost:*",
    ]


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("http://shop.example.com:81/back?a=b", ["http://shop.example.com:81"]),
        ("https://shop.example.com/back", []),
        ("http://[::1]:9000/back", []),
        ("http://shop.example.com;script-src *", []),
        ("javascript:alert(1)", []),
        (None, []),
    ],
)
def test_a_plain_http_client_is_allowed_by_its_origin_only(
    address: str | None, source: list[str]
) -> None:
    assert _policy(leads_out=True, client_address=address)["form-action"][4:] == source


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "unknown"),
        ("", "unknown"),
        ("\u00e9\u0142\t", "unknown"),
        ("Mozilla/5.0 (X11)\r\nX-Evil: 1", "Mozilla/5.0 (X11)X-Evil: 1"),
        ("a" * 999, "a" * USER_AGENT_LENGTH_MAX),
    ],
)
def test_the_browsers_name_is_one_short_printable_line(header: str | None, said: str) -> None:
    assert user_agent(header) == said
