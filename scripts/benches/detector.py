"""scripts/bench detector: what the detector costs beside decoding, on a clip made here by PyAV.

The clip: 640 × 512, 8 fps, grey in yuv420p, libx264 preset veryfast, 2 Mbit/s, a key frame every 16 frames, one thread, a yard with sensor
noise of 1.2 levels, seed 7. Decoding: PyAV, one thread, to the luma plane.
Quiet: the yard. Busy: the same with 20 hot spots that come and go.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import time
from datetime import UTC, datetime

import av
import cv2
import numpy as np
import numpy.typing as npt

from edged.camera.picture import pixels
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.frame import Frame
from edged.model.view import View

WIDTH, HEIGHT, FPS, SEED = 640, 512, 8, 7


def scene(busy: int) -> list[npt.NDArray[np.uint8]]:
    """Return 160 pictures of a yard; from the 60th on with `busy` hot spots."""
    rng = np.random.default_rng(SEED)
    yard = np.full((HEIGHT, WIDTH), 110.0, np.float32)
    yard[:128] = 60.0
    for _ in range(60):
        x, y = int(rng.integers(0, WIDTH - 70)), int(rng.integers(130, HEIGHT - 30))
        yard[y : y + 24, x : x + 64] = 110.0 + float(rng.uniform(-15, 15))
    yard = cv2.GaussianBlur(yard, (0, 0), 1.0)
    noise = [rng.normal(0, 1.2, yard.shape).astype(np.float32) for _ in range(16)]
    spots = [(int(rng.integers(20, WIDTH - 20)), int(rng.integers(150, HEIGHT - 20))) for _ in range(busy)]
    out = []
    for number in range(160):
        picture = yard + noise[(5 * number) % 16]
        if number >= 60:
            for i, (x, y) in enumerate(spots):
                cv2.circle(picture, (x, y), 3 + (number + i) % 2, 200.0, -1)
        out.append(picture.clip(0, 255).astype(np.uint8))
    return out


def encode(pictures: list[npt.NDArray[np.uint8]]) -> bytes:
    """Return the clip as MPEG-4."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 2_000_000
        stream.codec_context.gop_size = 16
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "veryfast", "threads": "1"}
        for number, grey in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.vstack([grey, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)]), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def decode(clip: bytes, keep: bool) -> tuple[float, list[Frame]]:
    """Return (milliseconds per frame, the frames when kept)."""
    frames: list[Frame] = []
    start = time.process_time()
    count = 0
    with av.open(io.BytesIO(clip)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for number, picture in enumerate(container.decode(video=0)):
            luma = pixels(picture)
            count += 1
            if keep:
                at = datetime.fromtimestamp(number / FPS, UTC)
                frames.append(Frame(np.ascontiguousarray(luma), number, 10.0 + number / FPS, at, key=bool(picture.key_frame)))
    return 1e3 * (time.process_time() - start) / max(1, count), frames


def judge(frames: list[Frame], skip: int) -> tuple[float, int]:
    """Return (milliseconds per frame after `skip`, sightings)."""
    scalar = Scalar("white-hot")
    detector = Detector(DetectionSettings(), "bench", View("bench", "yard", 1, 0.0, 0.0, 24.0, 0.0))
    sightings, spent = 0, 0.0
    for number, frame in enumerate(frames):
        start = time.process_time()
        sightings += len(detector.judge(scalar.thermogram(frame), frame))
        if number >= skip:
            spent += time.process_time() - start
    return 1e3 * spent / (len(frames) - skip), sightings


def main() -> int:
    """Print the table and, last, the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    rounds = 3 if parser.parse_args().short else 9
    cv2.setNumThreads(1)
    quiet_clip, busy_clip = encode(scene(0)), encode(scene(20))
    decoding, quiet, busy, found = [], [], [], 0
    for _ in range(rounds):
        _, still = decode(quiet_clip, True)
        decoding.append(decode(quiet_clip, False)[0])
        _, moving = decode(busy_clip, True)
        quiet.append(judge(still, 60)[0])
        spent, found = judge(moving, 60)
        busy.append(spent)
    decode_ms, quiet_ms, busy_ms = (float(np.median(v)) for v in (decoding, quiet, busy))
    print(f"clip {hashlib.sha256(quiet_clip).hexdigest()[:16]} {len(quiet_clip) // 1024} kB, {rounds} rounds, median of process time")
    print(f"decode {decode_ms:.3f} ms   quiet {quiet_ms:.3f} ms   20 candidates {busy_ms:.3f} ms   sightings {found}")
    result = {
        "quiet_over_decode": round(quiet_ms / decode_ms, 3), "quiet_ms": round(quiet_ms, 3),
        "busy20_over_decode": round(busy_ms / decode_ms, 3), "busy_ms": round(busy_ms, 3), "decode_ms": round(decode_ms, 3),
    }  # fmt: skip
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
