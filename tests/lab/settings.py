"""How fast the lab's netwatch goes where a test is not about its defaults."""

QUICK = {
    "polling": {"icmp_interval_s": 2, "snmp_interval_s": 4, "interface_interval_s": 4, "witness_interval_s": 2},
    "diagnosis": {"learning_s": 10, "recover_s": 5, "blind_s": 4, "blind_snmp_s": 8},
    "incidents": {"close_after_s": 6, "settle_s": 6, "settle_growing_s": 10, "weak_wait_s": 15, "reopen_within_s": 0},
}
