"""JD 京东: the order export of the merchant's back end, and the daily figures by article of 商智."""
