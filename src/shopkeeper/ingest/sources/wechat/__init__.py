"""WeChat Pay: the statement that Tmall gives of orders paid by WeChat, in its two forms."""
