"""Tests of faults in a whole installation: real processes and servers, and messages counted at the carrier."""
