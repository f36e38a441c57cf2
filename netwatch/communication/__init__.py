"""Who is told what, when, on which channel, and whether it arrived.

    planning/   playbook, approval, promises: Change -> Plan (pure)
    texts/      template packs, facts, rendering, SMS segments (pure)
    page/       the public outage page: model, HTML, JSON, Atom, atomic publishing
    delivery/   outbox states, outcomes, breakers, the dispatcher
    channels/   siblings behind one protocol: email, webhook

Invariants: a message is a row in the store before it is sent; nobody is told twice of the same update;
only those told of an outage are told of its end; in doubt customers are held and a human is called.
"""
