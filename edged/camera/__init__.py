"""Cameras as they really are: ONVIF, RTSP, files."""
