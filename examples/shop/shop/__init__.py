"""A basket, prices and a store that keeps them."""
import json


class Basket:
    def __init__(self, prices):
        self.prices = prices
        self.items = {}

    def add(self, name, count=1):
        if name not in self.prices:
            raise KeyError(f"no such thing: {name}")
        self.items[name] = self.items.get(name, 0) + count

    def remove(self, name):
        del self.items[name]

    def total(self):
        return sum(self.prices[name] * count for name, count in self.items.items())


def discounted(total, percent):
    if not 0 <= percent <= 100:
        raise ValueError("a discount is between 0 and 100 percent")
    return total - total * percent // 100


def save(basket, path):
    path.write_text(json.dumps(basket.items))


def load(prices, path):
    basket = Basket(prices)
    basket.items = json.loads(path.read_text())
    return basket
