"""RTP packets of H.264 (RFC 6184, packetization mode 1), RTCP sender reports (RFC 3550), interleaved frames (RFC 2326 §10.12). Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MTU = 1400
VIDEO_TYPE, METADATA_TYPE = 96, 107
"""Dynamic payload types."""
NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 to 1970."""
_FU_A = 28


@dataclass(slots=True)
class Sender:
    """One RTP stream of one session: its source, sequence and counts."""

    ssrc: int
    payload_type: int
    sequence: int
    packets: int = 0
    octets: int = 0

    def picture(self, nals: tuple[bytes, ...], rtp_time: int) -> list[bytes]:
        """Return the packets of one access unit; the last has the marker bit."""
        payloads = [p for nal in nals for p in fragment(nal)]
        return [self._packet(p, rtp_time, n == len(payloads) - 1) for n, p in enumerate(payloads)]

    def document(self, body: bytes, rtp_time: int) -> list[bytes]:
        """Return the packets of one metadata document."""
        parts = [body[n : n + MTU] for n in range(0, len(body), MTU)]
        return [self._packet(p, rtp_time, n == len(parts) - 1) for n, p in enumerate(parts)]

    def report(self, utc_s: float, rtp_time: int) -> bytes:
        """Return a sender report with a CNAME: `utc_s` (POSIX) on the camera's clock is the moment of `rtp_time`."""
        ntp = utc_s + NTP_EPOCH_S
        whole = int(ntp)
        head = struct.pack(">BBHI", 0x80, 200, 6, self.ssrc)
        body = struct.pack(">IIIII", whole & 0xFFFFFFFF, int((ntp - whole) * 2**32), rtp_time & 0xFFFFFFFF, self.packets, self.octets)
        name = b"edged-simulator"
        chunk = struct.pack(">IBB", self.ssrc, 1, len(name)) + name
        chunk += b"\x00" * (4 - len(chunk) % 4)
        return head + body + struct.pack(">BBH", 0x81, 202, len(chunk) // 4) + chunk

    def _packet(self, payload: bytes, rtp_time: int, marker: bool) -> bytes:
        head = struct.pack(">BBHII", 0x80, self.payload_type | (0x80 if marker else 0), self.sequence, rtp_time & 0xFFFFFFFF, self.ssrc)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets = (self.packets + 1) & 0xFFFFFFFF
        self.octets = (self.octets + len(payload)) & 0xFFFFFFFF
        return head + payload


def fragment(nal: bytes) -> list[bytes]:
    """Return a NAL unit as it is, or cut into FU-A payloads."""
    if len(nal) <= MTU:
        return [nal]
    indicator, kind, rest = (nal[0] & 0xE0) | _FU_A, nal[0] & 0x1F, nal[1:]
    cuts = [rest[n : n + MTU - 2] for n in range(0, len(rest), MTU - 2)]
    return [bytes((indicator, kind | (0x80 if n == 0 else 0) | (0x40 if n == len(cuts) - 1 else 0))) + part for n, part in enumerate(cuts)]


def interleave(channel: int, packet: bytes) -> bytes:
    """Return a packet framed for the RTSP connection."""
    return b"$" + struct.pack(">BH", channel, len(packet)) + packet
