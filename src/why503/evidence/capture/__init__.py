"""Packet captures (pcap, pcapng): every TCP connection in them, summed up."""

from why503.evidence.capture.reader import NAME, bid, read

__all__ = ["NAME", "bid", "read"]
