"""What is asked of Shopify, in GraphQL: nothing personal but e-mail and telephone, which are hashed before anything is kept."""

from __future__ import annotations

_LINES = """
lineItems(first: {lines}) {{
  pageInfo {{ hasNextPage }}
  nodes {{
    id name sku quantity vendor
    originalUnitPriceSet {{ shopMoney {{ amount }} }}
    originalTotalSet {{ shopMoney {{ amount }} }}
    discountedTotalSet {{ shopMoney {{ amount }} }}
    variant {{ compareAtPrice }}
  }}
}}"""
_ORDER = """
id name email phone createdAt updatedAt cancelledAt displayFinancialStatus displayFulfillmentStatus currencyCode sourceName
paymentGatewayNames
subtotalPriceSet { shopMoney { amount } }
totalShippingPriceSet { shopMoney { amount } }
totalPriceSet { shopMoney { amount } }
shippingAddress { province }
transactions(first: 10) { kind status processedAt }"""
_REFUNDS = """
id name updatedAt
refunds(first: 50) {
  id createdAt
  totalRefundedSet { shopMoney { amount } }
  refundLineItems(first: 1) { nodes { quantity } }
}"""
_LIST = """query Pulled($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { %s }
  }
}"""
_ONE = """query Pulled($id: ID!) {
  order(id: $id) { %s }
}"""

QUERIES = {
    "orders": _LIST % (_ORDER + _LINES.format(lines=30)),
    "order": _ONE % (_ORDER + _LINES.format(lines=250)),
    "refunds": _LIST % _REFUNDS,
}
