"""scripts/bench eye: what an eye costs beside `ffmpeg -threads 1 -i URL -f null -` on the same RTSP URL, and whether it grows.

Both children watch the simulator's thermal stream at the same time (stimulus and lengths: laws/eye.yaml); the eye is the real child
process, judging a held view and recording. Its visible lens is not opened, because ffmpeg has none. Growth: decoder, detector, ring and
recorder in one process on a file, faster than real time, with the pictures' own time.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import json
import os
import pstats
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from shards import law

from edged.camera.secret import Login, with_login
from edged.camera.settings import CameraSettings
from edged.camera.stream import Stream
from edged.camera.stream import with_login as url_with_login
from edged.channel import rss_mb
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.eye import frugal
from edged.messages import Beat, EyeSetup, HoldView, Recorded, Sighted, Stop, Unframer, WatchedView, encode
from edged.model.errors import CameraUnreachable
from edged.model.frame import Frame
from edged.model.view import View
from edged.simulator.encoder import Encoder
from edged.simulator.settings import SimulatedCamera, SimulatorSettings
from edged.simulator.station import Station
from edged.simulator.stream import i420
from edged.store.settings import RecorderSettings
from edged.tape import Tape

CAMERA, PASSWORD = "th-01", "bench-only"
TICKS = os.sysconf("SC_CLK_TCK")
LAW = law("eye")


def clip() -> list[npt.NDArray[np.uint8]]:
    """Return the pictures of the law, after a check of their hash."""
    known = LAW["clip"]
    width, height, rng = known["width"], known["height"], np.random.default_rng(known["seed"])
    yard = np.full((height, width), 110.0, np.float32)
    yard[: height // 4] = 60.0
    for _ in range(known["structures"]):
        x, y = int(rng.integers(0, width - 70)), int(rng.integers(height // 4, height - 30))
        yard[y : y + 24, x : x + 64] = 110.0 + float(rng.integers(-15, 16))
    noise = [(known["noise_levels"] * rng.standard_normal(yard.shape)).astype(np.float32) for _ in range(16)]
    pictures = [(yard + noise[(5 * n) % 16]).round().clip(0, 255).astype(np.uint8) for n in range(known["seconds"] * known["fps"])]
    found = hashlib.sha256(b"".join(picture.tobytes() for picture in pictures)).hexdigest()
    if found != known["sha256"]:
        raise SystemExit(f"the clip drawn here is {found}, the law says {known['sha256']}: use the NumPy of scripts/constraints")
    return pictures


def ffmpeg() -> str:
    """Return an ffmpeg: of the PATH, else that of the imageio-ffmpeg wheel. Ends the bench where there is none."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg
    except ImportError:
        raise SystemExit("no ffmpeg: install one, or `.venv/bin/pip install imageio-ffmpeg` (extra `test`)") from None
    return str(imageio_ffmpeg.get_ffmpeg_exe())


class EyeChild:
    """The real child on a socketpair; says what control would."""

    def __init__(self, url: str, state_dir: Path) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "edged.eye", "--fd", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
        theirs.close()
        self._socket, self._unframer = ours, Unframer()
        self.judged, self.beat, self.recorded = 0, None, None
        self.blind_s: dict[str, float] = {}
        entry = {"id": CAMERA, "kind": "lookout", "address": "127.0.0.1", "username": "edged",
                 "thermal": {"picture": "white-hot", "hfov_deg": 17.5, "stream": url}}  # fmt: skip
        camera = with_login(CameraSettings.model_validate(entry), Login("edged", PASSWORD))
        recorder = RecorderSettings(segment_s=10, min_free_gb=0.05).model_dump(mode="json")
        detection = DetectionSettings().model_dump(mode="json")
        ours.sendall(encode(EyeSetup(camera, detection, str(state_dir), recorder)))
        ours.sendall(encode(HoldView(View(CAMERA, "whole", 1, 0.0, 0.0, 17.5, time.monotonic()))))
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        with suppress(OSError):
            while data := self._socket.recv(65_536):
                for message in self._unframer.feed(data):
                    match message:
                        case WatchedView(watched):
                            self.judged += watched.judged_frames
                            for cause, seconds in watched.blind_s:
                                self.blind_s[cause] = self.blind_s.get(cause, 0.0) + seconds
                        case Beat():
                            self.beat = message
                        case Recorded():
                            self.recorded = message

    def end(self) -> None:
        self._socket.sendall(encode(Stop()))
        self.process.wait(5.0)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, all threads, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def by_thread(pid: int) -> list[float]:
    """Return the CPU seconds of each thread, oldest first (main, recorder, judge, thermal, visible, then libraries' own)."""
    out = []
    for task in sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda path: int(path.name)):
        fields = (task / "schedstat").read_text(encoding="ascii").split()
        out.append(int(fields[0]) / 1e9)
    return out


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def side_by_side(pictures: list[npt.NDArray[np.uint8]], short: bool, folder: Path) -> dict[str, float]:
    """Return CPU seconds of both children over the same seconds, and the eye's memory at their end."""
    program, stream, measure = ffmpeg(), LAW["stream"], LAW["measure"]
    warm_s, length_s = (measure[f"{'short_' if short else ''}{name}"] for name in ("warm_up_s", "length_s"))
    stills = folder / "clip"
    stills.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(stills / f"{number:04d}.png"), picture)
    camera = SimulatedCamera(
        id=CAMERA, kind="thermal", password=PASSWORD, clip=str(stills), fps=LAW["clip"]["fps"], width=LAW["clip"]["width"],
        height=LAW["clip"]["height"], bitrate_kbps=stream["bitrate_kbps"], key_interval_s=stream["key_interval_s"],
    )  # fmt: skip
    with Station(SimulatorSettings(cameras=(camera,))) as station:
        url = f"rtsp://127.0.0.1:{station.camera(CAMERA).rtsp_port}/thermal"
        eye = EyeChild(url, folder / "state")
        address = url_with_login(url, Login("edged", PASSWORD))
        command = [program, "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-threads", "1", "-i", address, "-f", "null", "-"]
        other = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            limit = time.monotonic() + 60.0
            while eye.judged == 0 and time.monotonic() < limit:
                time.sleep(0.2)
            waited("warm-up", warm_s)
            first, judged, threads = (cpu_s(eye.process.pid), cpu_s(other.pid)), eye.judged, by_thread(eye.process.pid)
            waited("measured", length_s)
            last, frames = (cpu_s(eye.process.pid), cpu_s(other.pid)), eye.judged - judged
            memory = resident_mb(eye.process.pid)
            spent_by = [now - then for then, now in zip(threads, by_thread(eye.process.pid), strict=False)]
        finally:
            other.terminate()
            eye.end()
    if frames < 0.9 * length_s * LAW["clip"]["fps"] or eye.recorded is None or eye.recorded.state != "recording":
        raise SystemExit(f"the eye judged {frames} pictures in {length_s} s, blind {eye.blind_s}, recorder {eye.recorded}: no measure")
    ours, theirs = last[0] - first[0], last[1] - first[1]
    print(
        f"{'':<10}{'CPU s':>8}{'ms/frame':>10}     ({length_s} s, {frames} frames judged, recorded {eye.recorded.size_bytes / 1e6:.1f} MB)"
    )
    for name, spent in (("eye", ours), ("ffmpeg", theirs)):
        print(f"{name:<10}{spent:>8.2f}{1e3 * spent / frames:>10.2f}")
    print("the eye's threads in the order of their start: " + " ".join(f"{spent:.2f}" for spent in spent_by))
    return {"eye_cpu_s": ours, "ffmpeg_cpu_s": theirs, "rss_mb": memory, "frames": frames}


def waited(word: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{word}: {left:4.0f} s ")
        time.sleep(min(1.0, left))
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 30 + "\r")


def coded(pictures: list[npt.NDArray[np.uint8]], path: Path) -> None:
    """Write the clip as the simulator's camera encodes it, in MPEG-TS."""
    known, stream = LAW["clip"], LAW["stream"]
    encoder = Encoder(known["width"], known["height"], known["fps"], stream["bitrate_kbps"], stream["key_interval_s"])
    with av.open(str(path), "w", format="mpegts") as container:
        out: Any = container.add_mux_stream("h264", rate=known["fps"])
        out.time_base = Fraction(1, 90_000)
        for number, picture in enumerate(pictures):
            for unit in encoder.encode(i420(picture), number * 90_000 // known["fps"]):
                packet: Any = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals))
                packet.stream, packet.time_base, packet.is_keyframe = out, Fraction(1, 90_000), unit.key
                packet.pts = packet.dts = unit.rtp_time
                container.mux(packet)


class Soak:
    """An eye's stages in one process, as fast as they go."""

    def __init__(self, video: Path, folder: Path) -> None:
        self._video = video
        self._detector = Detector(DetectionSettings(), CAMERA, View(CAMERA, "whole", 1, 0.0, 0.0, 17.5, 0.0))
        self._scalar = Scalar("white-hot")
        self._tape = Tape(folder, CAMERA, RecorderSettings(segment_s=2, min_free_gb=0.05, max_size_gb=0.1))
        self._ended = threading.Event()
        self._tape.start(self._ended)
        self.frames = 0
        self.memory: list[float] = []
        self._begin_s = time.monotonic()
        self._begin = datetime.now().astimezone()

    def run(self, frames: int) -> None:
        """Play the clip again and again until so many frames were judged."""
        while self.frames < frames:
            stream = Stream(CAMERA, str(self._video), Login("", ""), tap=self._tape)
            with suppress(CameraUnreachable):
                stream.run(lambda: self.frames >= frames, self._take)
            if self.frames % 1600 == 0:
                self.memory.append(rss_mb())
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{self.frames} of {frames} frames, {self.memory[-1]:.0f} MB ")
        self._ended.set()
        self._tape.stop()
        self.memory.append(rss_mb())

    def _take(self, frame: Frame) -> None:
        at_s = self._begin_s + self.frames / LAW["clip"]["fps"]
        self.frames += 1
        frame = replace(frame, mono_s=at_s, index=self.frames)
        for sighting in self._detector.judge(self._scalar.thermogram(frame), frame):
            encode(Sighted(sighting))
        self._detector.aims()
        self._detector.held()
        self._detector.spots()
        self._detector.hot_wheels()
        if self.frames % 4 == 0:
            encode(WatchedView(self._detector.watched(at_s)))
            self._tape.report(at_s)


def soak(folder: Path, frames: int, profile: bool) -> None:
    """Run in a process of its own: print the memory in MB, one number for each 1,600 frames, and the milliseconds for each."""
    frugal()
    runner = Soak(folder / "clip.ts", folder / "soak")
    began = time.process_time()
    profiler = cProfile.Profile() if profile else None
    if profiler:
        profiler.enable()
    runner.run(frames)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(30)
    print(json.dumps({"memory": runner.memory, "ms": 1e3 * (time.process_time() - began) / runner.frames}))


def grown(pictures: list[npt.NDArray[np.uint8]], folder: Path, frames: int, profile: bool) -> dict[str, float]:
    """Return how memory grew over `frames`, after the first share of the law."""
    coded(pictures, folder / "clip.ts")
    command = [sys.executable, __file__, "--soak", str(folder), "--frames", str(frames), *(["--profile"] if profile else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    memory = found["memory"]
    first = memory[int(len(memory) * LAW["soak"]["from_share"])]
    print(f"soak      {frames} frames at {found['ms']:.2f} ms: {first:.1f} MB → {memory[-1]:.1f} MB, most {max(memory):.1f} MB")
    return {"growth": memory[-1] - first, "ms": found["ms"], "most": max(memory)}


def main() -> int:
    """Print the table and, last, the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="within 60 s")
    parser.add_argument("--only", choices=("cpu", "soak"), help="one half")
    parser.add_argument("--profile", action="store_true", help="where the soak's time goes, on standard error")
    parser.add_argument("--soak", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--frames", type=int, help="frames of the soak instead of the law's")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.soak:
        soak(args.soak, args.frames, args.profile)
        return 0
    pictures = clip()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="edged-bench-eye-") as name:
        folder = Path(name)
        if args.only != "soak":
            cost = side_by_side(pictures, args.short, folder)
            result |= {"cpu_over_ffmpeg": round(cost["eye_cpu_s"] / cost["ffmpeg_cpu_s"], 3), "rss_mb": round(cost["rss_mb"], 1),
                       "eye_cpu_s": round(cost["eye_cpu_s"], 2), "ffmpeg_cpu_s": round(cost["ffmpeg_cpu_s"], 2)}  # fmt: skip
        if args.only != "cpu":
            frames = args.frames or LAW["soak"]["short_frames" if args.short else "frames"]
            growth = grown(pictures, folder, frames, args.profile)
            result |= {"rss_growth_mb": round(growth["growth"], 1), "soak_frames": frames, "soak_ms": round(growth["ms"], 3)}
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
