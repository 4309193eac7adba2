from __future__ import annotations

import pytest
from klingway.domain.addresses import Flaw, flaw_of, is_public, webhook_problem

HOOK = "https://example.com/hook?key="


def test_a_webhooks_address_has_a_bound() -> None:
    """2,048 characters: it stands in the job's row, which the table does not take beyond 400 KB."""
    assert webhook_problem("callback_url", HOOK + "x" * (2048 - len(HOOK))) is None

    problem = webhook_problem("callback_url", HOOK + "x" * (2049 - len(HOOK)))

    assert problem is not None
    assert ("callback_url", "too_long", {"max_chars": 2048}) == (problem.field, problem.code, problem.limit)


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://[::1/hook",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com/a b",
    ],
)
def test_a_webhooks_address_is_one_that_can_be_reached(url: str) -> None:
    """Its host and its port are ones."""
    problem = webhook_problem("webhook.url", url)

    assert problem is not None
    assert "wrong_form" == problem.code


@pytest.mark.parametrize(
    "address",
    [
        # This host, its networks, and those of whoever runs it (RFC 1122, 1918, 3927, 6598).
        "0.0.0.0", "0.1.2.3",  # noqa: S104 - refused, not bound
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.127.255.255", "100.100.100.200",
        # Assignments, documentation, benchmarks, multicast, reserved, broadcast (RFC 6890, 5737, 2544).
        "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        # The same in IPv6: unspecified, loopback, link-local with a zone, unique local (AWS's metadata), multicast.
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "3fff::1",
        "5f00::1",
        # With an IPv4 address inside: mapped, compatible, translated, NAT64, 6to4, Teredo.
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:192.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b::c000:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:1:2::80ff:fffe",
    ],
)  # fmt: skip
def test_an_address_that_nothing_from_outside_may_reach(address: str) -> None:
    """IANA's registries say what each is for: none is reachable from the internet, or each leads to one that is not."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "192.0.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)  # fmt: skip
def test_an_address_of_the_internet(address: str) -> None:
    """The neighbours of those above, and a public address within another."""
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "1", "0.0.0.0",  # noqa: S104 - refused, not bound
        "127.0.0.1.", "10.0.0.1:80", "169.254.169.254", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "8.8.8.8.8",
        "134744072",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]", "[fe80::1%25lo]", "[2606:4700:4700::1111%25eth0]",
        "localhost", "LOCALHOST", "localhost.", "api.localhost", "localhost.localdomain", "metadata.google.internal",
        "printer.local",
        "router.home.arpa", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "127\uff610\uff0e0.1",
        "\u2460\u2461\u2466.0.0.1",
        "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54",
    ],
)  # fmt: skip
def test_an_address_that_leads_inside_is_told_however_it_is_spelled(host: str) -> None:
    """By its form alone: as programs read odd IPv4 addresses, dots and letters, and by the names of local networks."""
    assert Flaw.NOT_PUBLIC is flaw_of(f"https://{host}/latest/meta-data")


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "https:///x", "https:example.com", "https:////example.com", "//example.com/x", "example.com",
        "file:///etc/passwd", "gopher://example.com/x", "ftp://example.com/x", "data:text/html,x", "javascript:alert(1)",
        "https://a..b/x", "https://.example.com/x", "https://localhost../x", "https://-a.com/x", "https://xn--/x",
        f"https://{'a' * 64}.com",
        f"https://{'a.' * 127}com", "https://%31%32%37.0.0.1/x", "https://example.com%00/x", "https://exa\tmple.com/x",
        "https://example.com/\r\nHost: x", "https://exam\u00adple.com/x", "https://127.0.0.1\u200b/x", "https://[v1.a]/x", "https://[::1/x",
        "https://example.com\\@127.0.0.1/x", "https://example.com:80:80/x", "https://example.com:-1/x", "https://a<b>.com/x",
    ],
)  # fmt: skip
def test_what_reads_in_two_ways_is_no_address(url: str) -> None:
    """Nor is what has no host, another scheme, or characters that one program drops and another keeps."""
    assert Flaw.NO_LINK is flaw_of(url)


@pytest.mark.parametrize("user", ["me", "me:secret", "", ":", "127.0.0.1%2f", "example.com:443"])
def test_an_address_carries_no_credential(user: str) -> None:
    """It would be kept in the job's row, and sent to whoever fetches."""
    assert Flaw.CREDENTIALS is flaw_of(f"https://{user}@example.com/x")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "HTTP://EXAMPLE.COM:8080/a?b=c#d", "https://example.com./x", "https://a_b.example.com/x", "https://8.8.8.8/x",
        "https://[2606:4700:4700::1111]:8443/x", "https://b\u00fccher.example/\u00e4", "https://xn--bcher-kva.example/x",
        "https://\u0939\u093f\u0928\u094d\u0926\u0940.example/x", "https://127.0.0.1.example.com/x", "https://0x7f.example.com/x",
        "https://example.com/x?user=a@b.c", "https://mylocalhost/x", "https://internal.example.com/x",
    ],
)  # fmt: skip
def test_an_address_of_the_internet_is_taken(url: str) -> None:
    """With a port, a name in any script, or whatever stands in its path."""
    assert flaw_of(url) is None


def test_an_origin_that_is_trusted_may_lie_inside() -> None:
    """That host at that port, and no other; a credential does not stand in it either."""
    trusted = ["http://127.0.0.1:9000"]

    assert flaw_of("http://127.0.0.1:9000/x", trusted_origins=trusted) is None
    assert Flaw.NOT_PUBLIC is flaw_of("http://127.0.0.1:9001/x", trusted_origins=trusted)
    assert Flaw.CREDENTIALS is flaw_of("http://me@127.0.0.1:9000/x", trusted_origins=trusted)
