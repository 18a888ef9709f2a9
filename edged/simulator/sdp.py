"""The session description of a simulated stream (RFC 8866, RFC 6184 §8.2.1, ONVIF Streaming). Pure."""

from __future__ import annotations

import base64

from edged.simulator.rtp import METADATA_TYPE, VIDEO_TYPE

METADATA_FORM = "vnd.onvif.metadata"


def describe(name: str, sps: bytes, pps: bytes, fps: float, kbps: int, *, metadata: bool) -> str:
    """Return the SDP with a video track and, on request, a metadata track."""
    sets = ",".join(base64.b64encode(s).decode("ascii") for s in (sps, pps))
    lines = [
        "v=0", "o=- 0 0 IN IP4 127.0.0.1", f"s={name}", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*", "a=range:npt=now-",
        f"m=video 0 RTP/AVP {VIDEO_TYPE}", f"b=AS:{kbps}", f"a=rtpmap:{VIDEO_TYPE} H264/90000",
        f"a=fmtp:{VIDEO_TYPE} packetization-mode=1;profile-level-id={sps[1:4].hex().upper()};sprop-parameter-sets={sets}",
        f"a=framerate:{fps:g}", "a=control:track1", "a=recvonly",
    ]  # fmt: skip
    if metadata:
        lines += [f"m=application 0 RTP/AVP {METADATA_TYPE}", f"a=rtpmap:{METADATA_TYPE} {METADATA_FORM}/90000", "a=control:track2",
                  "a=recvonly"]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"
