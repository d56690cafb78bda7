"""Xiaohongshu shops by the open platform of 千帆."""
