from __future__ import annotations

import pytest
from klingway.domain.addresses import is_public, webhook_problem

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
