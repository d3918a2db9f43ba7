"""Three years of orders drawn from a known process: what a model says can be compared with the truth."""

import random
from collections import namedtuple

#: of the process: rate of purchases per day ~ gamma(r, 1/alpha), chance to leave after each purchase ~ beta(a, b),
#: amount of a customer ~ gamma(p, mean/p) around a mean ~ inverse gamma (q, gamma)
Truth = namedtuple("Truth", "r alpha a b p q gamma")
TRUTH = Truth(r=0.9, alpha=60.0, a=0.8, b=4.0, p=6.0, q=4.0, gamma=900.0)

DAYS = 3 * 365

#: one order: number of the customer, day of the process (0 is the first one), amount
Order = namedtuple("Order", "customer day amount")

#: what the model cannot know about a customer: rate per day, and whether the customer is still one at the end
Nature = namedtuple("Nature", "rate alive leaving")


#: twenty-five invented places and ten trades: no two names made of them look like one customer to the duplicate search
PLACES = (
    "Amberwick", "Blackmoor", "Cloverdale", "Dunharrow", "Eastvale", "Foxcombe", "Greyhaven", "Hollowbrook",
    "Ivybridge", "Juniper", "Kettlewell", "Larkspur", "Mosshill", "Northgate", "Oakfield", "Pinecrest", "Quarryside",
    "Redstone", "Silverlake", "Thornbury", "Underhill", "Violetford", "Westmarch", "Yarrowby", "Zephyr",
)  # fmt: skip
TRADES = (
    "Bakery", "Joinery", "Plumbing", "Print Works", "Garden Centre", "Electrics", "Textiles", "Coach Hire", "Optics",
    "Roofing",
)  # fmt: skip


def names(customers):
    """Names of some companies, all different, neighbours of different places and trades; at most 250.

    >>> names(3)
    ['Amberwick Bakery', 'Blackmoor Joinery', 'Cloverdale Plumbing']
    """
    turns = (divmod(number, len(PLACES)) for number in range(customers))
    return [f"{PLACES[place]} {TRADES[(turn + place) % len(TRADES)]}" for turn, place in turns]


def draw(customers, seed=19, days=DAYS, truth=TRUTH, newest=90):
    """Draw the orders of some customers; the last ``newest`` days bring no new customer.

    The same numbers come out whenever the same is asked for.

    :return: list of :class:`Order` by day, and list of :class:`Nature` by customer
    """
    source = random.Random(seed)
    orders, natures = [], []
    for customer in range(customers):
        rate = source.gammavariate(truth.r, 1 / truth.alpha)
        leaving = source.betavariate(truth.a, truth.b)
        mean = truth.gamma * truth.p / source.gammavariate(truth.q, 1) / truth.q
        day, alive = source.uniform(0, days - newest), True
        while day < days:
            orders.append(Order(customer, int(day), round(source.gammavariate(truth.p, mean / truth.p), 2)))
            if source.random() < leaving:
                alive = False
                break
            day += source.expovariate(rate)
        natures.append(Nature(rate, alive, leaving))
    return sorted(orders, key=lambda order: (order.day, order.customer)), natures


def expected(natures, days):
    """Orders that the process itself would bring in the coming days; nobody who looks at the past can know better.

    Each customer who is still one goes on at the own rate and leaves after each order with the own chance.

    >>> expected([Nature(0.1, True, 0.0), Nature(5.0, False, 0.1)], 50)
    5.0
    """
    total = 0.0
    for nature in natures:
        if not nature.alive:
            continue
        # the number of orders is that of a process that ends with each of them by the chance of leaving
        if nature.leaving < 1e-9:
            total += nature.rate * days
        else:
            total += (1 - 2.718281828459045 ** (-nature.rate * nature.leaving * days)) / nature.leaving
    return total
