"""Wangdiantong 旺店通, an ERP: trades as its warehouses ship them."""
