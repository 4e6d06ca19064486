"""Addresses that are one, however they are written; and those that are not."""

import pytest

from referrals.rules.addresses import (
    are_alike,
    are_numbered,
    domain_of,
    network_of,
    normal_email,
    normal_ip,
    normal_phone,
)
from referrals.rules.disposable import is_disposable


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        (" ada@example.org ", "ada@example.org"),
        ("ada@example.org.", "ada@example.org"),
        ("ada+shop@example.org", "ada@example.org"),
        ("ada+a+b@example.org", "ada@example.org"),
        ("a.d.a@gmail.com", "ada@gmail.com"),
        ("A.da+x@GoogleMail.com", "ada@gmail.com"),
        ("a.d.a@example.org", "a.d.a@example.org"),
        ("ada.l@outlook.com", "ada.l@outlook.com"),
        ("ada@me.com", "ada@icloud.com"),
        ("ada@mac.com", "ada@icloud.com"),
        ("a-d_a.@pm.me", "ada@proton.me"),
        ("ada@protonmail.com", "ada@proton.me"),
        ("ada.l@ya.ru", "adal@yandex.ru"),
        ("ada-spam@yahoo.com", "ada@yahoo.com"),
        ("ada+2@yahoo.com", "ada@yahoo.com"),
        ("spam@ada.fastmail.com", "ada@fastmail.com"),
        ("ada+x@fastmail.fm", "ada@fastmail.com"),
        ("\uff41\uff44\uff41@\uff45xample.org", "ada@example.org"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("ada@XN--MNCHEN-3YA.de", "ada@xn--mnchen-3ya.de"),
        ("+ada@example.org", "+ada@example.org"),
        ("nobody", ""),
        ("@example.org", ""),
        ("ada@", ""),
    ],
)
def test_an_email_address_has_one_form(written, meant):
    assert normal_email(written) == meant


@pytest.mark.parametrize(
    "written", ["Ada+x@Gmail.com", "a.d.a@pm.me", "x@ada.fastmail.com", "ada-y@yahoo.com"]
)
def test_the_one_form_is_its_own(written):
    assert normal_email(normal_email(written)) == normal_email(written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.org", "bob@example.org"),
        ("ada@example.org", "ada@example.com"),
        ("a.da@example.org", "ada@example.org"),
        ("ada-l@example.org", "ada@example.org"),
        ("ada@hotmail.com", "ada@outlook.com"),
    ],
)
def test_two_people_stay_two(one, other):
    assert normal_email(one) != normal_email(other)


def test_phones_are_compared_by_their_digits():
    assert normal_phone("+49 30 123-456") == "4930123456"
    assert normal_phone("") == ""


@pytest.mark.parametrize(
    ("written", "household", "network"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("[2001:db8:1:2:9::9]", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("unknown", "", ""),
        ("", "", ""),
    ],
)
def test_an_ip_address_is_that_of_a_household_in_a_network(written, household, network):
    assert (normal_ip(written), network_of(written)) == (household, network)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Lovelace", "Lovelace, Ada"),
        ("Ada Lovelace", "ADA LOVELACE"),
        ("José García", "Jose Garcia"),
        ("Ada Lovelace", "Ada Lovelase"),
    ],
)
def test_names_are_alike_that_one_person_would_give(one, other):
    assert are_alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada Lovelace", "Bob Babbage"), ("Ann", "Anna"), ("", ""), ("Ada", "Ada")],
)
def test_names_that_are_short_or_differ_are_not_alike(one, other):
    assert not are_alike(one, other)


def test_addresses_that_differ_by_a_number_are_told():
    assert are_numbered("ada.lovelace1@example.org", "ada.lovelace27@example.org")
    assert not are_numbered("ada1@example.org", "ada2@example.org")
    assert not are_numbered("ada.lovelace1@example.org", "ada.lovelace1@example.com")
    assert not are_numbered("ada.lovelace1@example.org", "ada.lovelace1+x@example.org")


def test_throwaway_domains_are_known_with_what_is_below_them():
    assert is_disposable(domain_of("x@Mailinator.com"))
    assert is_disposable(domain_of("x@inbox.mailinator.com"))
    assert not is_disposable(domain_of("x@notmailinator.com"))
    assert not is_disposable("example.org")
