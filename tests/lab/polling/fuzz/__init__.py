"""Mutated SNMP packets against the live receivers: what may come in from anybody, in bulk and from a seed."""
