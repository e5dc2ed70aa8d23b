"""Judgement on a night's data: suites from the contracts for raw rows, written suites for core and marts."""
