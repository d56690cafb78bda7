"""Douyin 抖音: the shop's orders, its settlements and fund flow, and the advertising reports of 巨量千川."""
