"""How many connections are let in, and that each place is given back once."""

from hypothesis import given
from hypothesis import strategies as st

from common.broker.limits import Limits
from common.server.admission import Admission, Ticket

LIMITS = Limits(
    unauthenticated_per_address=3,
    unauthenticated_in_all=7,
    connections_per_address=5,
    connections_in_all=12,
)


def test_the_defaults_are_twenty_an_address_and_a_thousand_in_all() -> None:
    admission = Admission(Limits())
    admitted = [admission.admit("192.0.2.1", 0.0) for _ in range(25)]
    others = [admission.admit(f"198.51.{n // 200}.{n % 200}", 0.0) for n in range(1500)]

    assert sum(ticket is not None for ticket in admitted) == 20
    assert sum(ticket is not None for ticket in others) == 980


def test_who_is_let_in_makes_room_for_others() -> None:
    admission = Admission(LIMITS)
    tickets = [admission.admit("192.0.2.1", 0.0) for _ in range(3)]
    assert admission.admit("192.0.2.1", 0.0) is None

    assert tickets[0] is not None
    admission.authenticated(tickets[0])

    assert admission.admit("192.0.2.1", 0.0) is not None


def test_a_ticket_says_until_when_to_say_hello() -> None:
    ticket = Admission(Limits()).admit("192.0.2.1", 100.0)

    assert ticket is not None
    assert ticket.deadline == 110.0


@given(st.lists(st.tuples(st.sampled_from("cha"), st.integers(0, 5)), max_size=300))
def test_no_bound_is_ever_exceeded_and_nothing_is_forgotten(acts: list[tuple[str, int]]) -> None:
    admission, tickets = Admission(LIMITS), list[Ticket]()
    for act, which in acts:
        if act == "c" and (ticket := admission.admit(f"address {which}", 0.0)):
            tickets.append(ticket)
        elif act == "h" and tickets:
            admission.authenticated(tickets[which % len(tickets)])
        elif act == "a" and tickets:
            gone = tickets.pop(which % len(tickets))
            admission.give_back(gone)
            admission.give_back(gone)
            admission.authenticated(gone)

        unknown = [ticket for ticket in tickets if not ticket.is_authenticated]
        assert admission.connections() == len(tickets) <= 12
        assert len(unknown) <= 7
        for address in {ticket.address for ticket in tickets}:
            assert sum(ticket.address == address for ticket in tickets) <= 5
            assert sum(ticket.address == address for ticket in unknown) <= 3

    for ticket in tickets:
        admission.give_back(ticket)
    assert admission.connections() == 0
    assert [admission.admit("address 0", 0.0) is not None for _ in range(4)] == [True] * 3 + [False]
