"""The ledger's state machine: every state with every event, and which states can be reached."""

from itertools import product

import pytest

from bot.digests.ledger import (
    CLOSED,
    EDITION_MOVES,
    PART_MOVES,
    EditionEvent,
    EditionState,
    IllegalMove,
    PartEvent,
    PartState,
    ending,
    moved_edition,
    moved_part,
)

PART_TABLE = """
            pending    sending    sent       uncertain  rejected
try         sending    sending    -          -          -
answer      -          sent       -          -          -
nonce       -          sent       -          -          -
history     sent       sent       -          sent       -
no answer   -          sending    -          -          -
not stored  -          pending    -          -          -
absent      -          pending    -          -          -
unreadable  uncertain  uncertain  -          -          -
unfit       -          pending    -          -          -
hopeless    -          rejected   -          -          -
damaged     rejected   -          -          -          -
again       -          -          -          pending    -
"""
EDITION_TABLE = """
            ready      delivering waiting    blocked    delivered  partial    uncertain  skipped
claim       delivering delivering delivering delivering -          -          -          -
wait        waiting    waiting    waiting    waiting    -          -          -          -
block       blocked    blocked    blocked    blocked    -          -          -          -
all sent    delivered  delivered  delivered  delivered  -          -          -          -
some sent   partial    partial    partial    partial    -          -          -          -
none sent   skipped    skipped    skipped    skipped    -          -          -          -
in doubt    uncertain  uncertain  uncertain  uncertain  -          -          -          -
again       -          -          -          -          -          -          ready      -
"""


def read(table: str) -> dict[tuple[str, str], str]:
    """From a table as printed above: the state after each event in each state."""
    head, *lines = table.strip("\n").splitlines()
    states = head.split()
    return {
        (state, line[:12].strip()): to
        for line in lines
        for state, to in zip(states, line[12:].split(), strict=True)
    }


def test_every_state_of_a_part_moves_by_every_event_as_the_table_says():
    table = read(PART_TABLE)
    assert set(table) == set(product(PartState, PartEvent))
    for (state, event), to in table.items():
        if to == "-":
            with pytest.raises(IllegalMove, match=event):
                moved_part(PartState(state), PartEvent(event))
        else:
            assert moved_part(PartState(state), PartEvent(event)) == to


def test_every_state_of_an_edition_moves_by_every_event_as_the_table_says():
    table = read(EDITION_TABLE)
    assert set(table) == set(product(EditionState, EditionEvent))
    for (state, event), to in table.items():
        if to == "-":
            with pytest.raises(IllegalMove, match=event):
                moved_edition(EditionState(state), EditionEvent(event))
        else:
            assert moved_edition(EditionState(state), EditionEvent(event)) == to


def test_what_is_sent_or_rejected_never_moves_again():
    assert not {state for state, _ in PART_MOVES} & {PartState.SENT, PartState.REJECTED}


def test_what_is_uncertain_is_sent_again_only_when_an_admin_asks():
    moves = {event: to for (state, event), to in PART_MOVES.items() if state is PartState.UNCERTAIN}
    assert moves == {PartEvent.AGAIN: PartState.PENDING, PartEvent.HISTORY: PartState.SENT}
    assert {e for s, e in EDITION_MOVES if s is EditionState.UNCERTAIN} == {EditionEvent.AGAIN}


def test_a_part_is_sent_only_from_sending_or_by_proof():
    """The only way into `sent` without a request from this ledger is the channel's own history."""
    to_sent = {(s, e) for (s, e), to in PART_MOVES.items() if to is PartState.SENT}
    assert to_sent == {
        (PartState.SENDING, PartEvent.ANSWER),
        (PartState.SENDING, PartEvent.NONCE),
        (PartState.SENDING, PartEvent.HISTORY),
        (PartState.PENDING, PartEvent.HISTORY),
        (PartState.UNCERTAIN, PartEvent.HISTORY),
    }


def test_every_state_can_be_reached_and_every_open_one_can_be_left_for_a_closed_one():
    reached, new = {EditionState.READY}, {EditionState.READY}
    while new:
        new = {to for (state, _), to in EDITION_MOVES.items() if state in new} - reached
        reached |= new
    assert reached == set(EditionState)
    for state in set(EditionState) - CLOSED:
        assert {to for (of, _), to in EDITION_MOVES.items() if of is state} >= CLOSED


def expected_end(parts: tuple[PartState, ...]) -> EditionEvent:
    """The rules for an edition's end, written the other way round."""
    if any(state in (PartState.UNCERTAIN, PartState.SENDING) for state in parts):
        return EditionEvent.IN_DOUBT
    sent = sum(state is PartState.SENT for state in parts)
    if sent == 0:
        return EditionEvent.NONE_SENT
    return EditionEvent.ALL_SENT if sent == len(parts) else EditionEvent.SOME_SENT


def test_every_combination_of_up_to_four_parts_has_its_ending():
    for count in range(5):
        for parts in product(PartState, repeat=count):
            assert ending(parts) is expected_end(parts), parts


def test_the_closed_states_are_the_four_in_which_nothing_more_is_done():
    assert {state.value for state in CLOSED} == {"delivered", "partial", "uncertain", "skipped"}
