"""Douyin shops by the open platform of 抖店."""
