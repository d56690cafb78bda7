"""Xiaohongshu 小红书: the order export and the settlement of goods of Qianfan (千帆)."""
